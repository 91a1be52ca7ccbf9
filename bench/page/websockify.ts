// websockify in a page: one WebSocket for each connection. TCP only.
import { Inbox, type Peer, type Place } from "./link.ts";
import { drained } from "./websocket.ts";

export function websockify({ relay }: Place): Peer {
  /** WebSockets that are open now. */
  let count = 0;
  return {
    async open() {
      const socket = new WebSocket(relay);
      count++;
      socket.binaryType = "arraybuffer";
      const inbox = new Inbox();
      socket.onmessage = ({ data }) => {
        inbox.push(new Uint8Array(data as ArrayBuffer));
      };
      socket.onclose = ({ code }) => {
        count--;
        inbox.end(`the WebSocket closed with code ${code}`);
      };
      await new Promise<void>((resolve, reject) => {
        socket.onopen = () => {
          resolve();
        };
        socket.onerror = () => {
          reject(new Error(`no WebSocket to ${relay}`));
        };
      });
      return {
        read: () => inbox.next(),
        write: async (bytes) => {
          socket.send(bytes);
          await drained(socket, count);
        },
        close: async () => {
          const closed = new Promise((resolve) => {
            socket.addEventListener("close", resolve);
          });
          socket.close();
          // A relay that has much to send still sends it first; a connection that is of no use is not waited for.
          await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 500))]);
        },
      };
    },
  };
}
