// The bare ways in a page (../bare/, ../barelane/). TCP only.
import { credit, frame, hello, type FromContent, type ToContent } from "../bare/messages.ts";
import { laneCredit, laneFrame, type LaneWay } from "../barelane/messages.ts";
import { Inbox, type Link, type Peer, type Place } from "./link.ts";

/** A connection at the other end of a port, with so many bytes under way at most, and so many in one message. Resolves when it is open. */
async function linkOver(port: MessagePort, limits: { credit: number; frame: number }): Promise<Link> {
  const inbox = new Inbox();
  /** Bytes that the connection has not taken yet. */
  let underWay = 0;
  let wake = (): void => undefined;
  let ended = false;
  const tell = (message: ToContent, transfer: Transferable[] = []): void => {
    port.postMessage(message, transfer);
  };
  await new Promise<void>((resolve, reject) => {
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
  /** Bytes read and not acknowledged: a quarter of the credit is told at a time. */
  let read = 0;
  return {
    read: async () => {
      const data = await inbox.next();
      read += data.length;
      if (read >= limits.credit / 4) {
        tell({ a: read });
        read = 0;
      }
      return data;
    },
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; at += limits.frame) {
        const { buffer } = bytes.slice(at, at + limits.frame);
        while (underWay + buffer.byteLength > limits.credit && !ended)
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
}

/** Through native messaging. */
export function bare({ tcp }: Place): Peer {
  return {
    open: () => {
      const { port1: port, port2 } = new MessageChannel();
      const link = linkOver(port, { credit, frame });
      window.postMessage(hello, "*", [port2]);
      port.postMessage({ port: tcp } satisfies ToContent);
      return link;
    },
  };
}

/** Through a frame of an extension and its worker, on loopback: bytes come by a WebSocket, or by a stream. */
const lane =
  (stream: boolean) =>
  ({ relay }: Place): Peer => {
    const ports = new URL(relay).hash.slice(1).split(",").map(Number);
    let opened = 0;
    const frame = document.createElement("iframe");
    frame.src = relay;
    const loaded = new Promise((resolve) => {
      frame.onload = resolve;
    });
    document.documentElement.append(frame);
    return {
      async open() {
        await loaded;
        const { port1: port, port2 } = new MessageChannel();
        const link = linkOver(port, { credit: laneCredit, frame: laneFrame });
        const next = ports[opened++ % ports.length];
        if (next === undefined) throw new Error("the bare lane has no port");
        frame.contentWindow?.postMessage({ port: next, stream } satisfies LaneWay, "*", [port2]);
        return await link;
      },
    };
  };
export const bareLane = lane(true);
export const bareSocket = lane(false);
