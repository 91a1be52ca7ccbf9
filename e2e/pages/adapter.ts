// Node's sockets in the shape of Portside's, so that the clients here can first be tried against the real servers
// without a browser: what fails then is the client, not Portside.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { Writable } from "node:stream";
import type { Duplex } from "../../examples/imap/reader.ts";
import type { DatagramSocket } from "./dns.ts";

export async function openTCP(port: number, host: string): Promise<Duplex> {
  const socket = connect({ port, host, allowHalfOpen: true });
  await once(socket, "connect");
  // Not Readable.toWeb(): that one ends only when both directions have.
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      socket.on("data", (chunk: Buffer) => {
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) socket.pause();
      });
      socket.on("end", () => {
        controller.close();
      });
      socket.on("error", (error) => {
        controller.error(error);
      });
    },
    pull() {
      socket.resume();
    },
  });
  return {
    readable,
    writable: Writable.toWeb(socket) as WritableStream<BufferSource>,
    close: () => {
      socket.destroy();
      return Promise.resolve();
    },
  };
}

export async function openUDP(port: number, host: string): Promise<DatagramSocket> {
  const socket = createSocket("udp4");
  socket.connect(port, host);
  await once(socket, "connect");
  const messages = new ReadableStream<[unknown, Blob]>({
    start(controller) {
      socket.on("message", (data) => {
        controller.enqueue([{ remoteAddress: host, remotePort: port }, new Blob([new Uint8Array(data)])]);
      });
    },
  });
  return {
    send: (data) =>
      new Promise((resolve, reject) => {
        socket.send(new Uint8Array(data), (error) => {
          if (error === null) resolve(undefined);
          else reject(error);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        socket.close(() => {
          resolve(undefined);
        });
      }),
    [Symbol.asyncIterator]: () => messages[Symbol.asyncIterator](),
  };
}
