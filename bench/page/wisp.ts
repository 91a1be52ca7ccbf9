// Wisp in a page: all connections share one WebSocket (@mercuryworkshop/wisp-js, its own client).
import { client, type ClientStream, type ClientConnection } from "@mercuryworkshop/wisp-js/client";
import { Inbox, type Datagrams, type Link, type Peer, type Place } from "./link.ts";
import { drained } from "./websocket.ts";

/** The client tells nobody when the server has room again: it is listened to here, since a page that does not wait would fill its memory. */
function onRoom(stream: ClientStream, tell: () => void): void {
  const own = stream.continue_received.bind(stream);
  stream.continue_received = (room) => {
    own(room);
    tell();
  };
}

function link(connection: ClientConnection, stream: ClientStream): Link {
  const inbox = new Inbox();
  let wake = (): void => undefined;
  stream.onmessage = (data) => {
    inbox.push(data);
  };
  stream.onclose = (reason) => {
    inbox.end(`the Wisp stream closed with reason ${reason}`);
    wake();
  };
  onRoom(stream, () => {
    wake();
  });
  return {
    read: () => inbox.next(),
    write: async (bytes) => {
      stream.send(bytes);
      while (stream.send_buffer.length > 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      await drained(connection.ws);
    },
    close: async () => {
      stream.close();
    },
  };
}

export function wisp({ relay, address, tcp, udp }: Place): Peer {
  // What is on its way when a page closes a stream is warned of, packet for packet; the console is not what is measured.
  console.warn = () => undefined;
  let connecting: Promise<ClientConnection> | undefined;
  const connect = (): Promise<ClientConnection> =>
    (connecting ??= new Promise((resolve, reject) => {
      const connection = new client.ClientConnection(relay);
      connection.onopen = () => {
        resolve(connection);
      };
      connection.onerror = () => {
        reject(new Error(`no Wisp server at ${relay}`));
      };
    }));
  return {
    async open() {
      const connection = await connect();
      return link(connection, connection.create_stream(address, tcp));
    },
    async openDatagrams(): Promise<Datagrams> {
      const connection = await connect();
      const stream = connection.create_stream(address, udp, "udp");
      const inbox = new Inbox();
      stream.onmessage = (data) => {
        inbox.push(data);
      };
      return {
        send: async (data) => {
          stream.send(data);
          await drained(connection.ws);
        },
        receive: () => inbox.next(),
        close: async () => {
          stream.close();
        },
      };
    },
  };
}
