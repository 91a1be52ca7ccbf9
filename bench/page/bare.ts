// The bare way through native messaging in a page (../bare/). TCP only.
import { credit, frame, hello, type FromContent, type ToContent } from "../bare/messages.ts";
import { Inbox, type Peer, type Place } from "./link.ts";

export function bare({ tcp }: Place): Peer {
  return {
    async open() {
      const { port1: port, port2 } = new MessageChannel();
      const inbox = new Inbox();
      /** Bytes that the connection has not taken yet. */
      let underWay = 0;
      let wake = (): void => undefined;
      let ended = false;
      const tell = (message: ToContent, transfer: Transferable[] = []): void => {
        port.postMessage(message, transfer);
      };
      const opened = new Promise<void>((resolve, reject) => {
        port.onmessage = ({ data: message }: MessageEvent<FromContent>) => {
          if ("buffer" in message) inbox.push(new Uint8Array(message.buffer));
          else if ("a" in message) {
            underWay -= message.a;
            wake();
          } else if ("open" in message) resolve();
          else {
            ended = true;
            inbox.end("the bare way has closed");
            reject(new Error("the bare way has closed"));
            wake();
          }
        };
      });
      window.postMessage(hello, "*", [port2]);
      tell({ port: tcp });
      await opened;
      /** Bytes read and not acknowledged: a quarter of the credit is told at a time. */
      let read = 0;
      return {
        read: async () => {
          const data = await inbox.next();
          read += data.length;
          if (read >= credit / 4) {
            tell({ a: read });
            read = 0;
          }
          return data;
        },
        write: async (bytes) => {
          for (let at = 0; at < bytes.length; at += frame) {
            const { buffer } = bytes.slice(at, at + frame);
            while (underWay + buffer.byteLength > credit && !ended)
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
            if (ended) throw new Error("the bare way has closed");
            underWay += buffer.byteLength;
            tell({ buffer }, [buffer]);
          }
        },
        close: async () => {
          port.postMessage(null);
          port.close();
        },
      };
    },
  };
}
