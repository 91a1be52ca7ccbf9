// The worker of the bare lane: a WebSocket for each connection, and where the page wants one a stream for what comes.
import type { FromContent, ToContent } from "../bare/messages.ts";
import { headBytes, kindAck, type LaneWay } from "./messages.ts";

const little = true;

addEventListener("message", ({ data: { port, stream }, ports: [page] }: MessageEvent<LaneWay>) => {
  if (page === undefined) return;
  const tell = (message: FromContent, transfer: Transferable[] = []): void => {
    page.postMessage(message, transfer);
  };
  const id = stream ? crypto.randomUUID() : "";
  const host = new WebSocket(`ws://127.0.0.1:${port.toString()}/?id=${id}`);
  host.binaryType = "arraybuffer";
  host.onopen = () => {
    page.onmessage = ({ data }: MessageEvent<ToContent | null>) => {
      if (data === null) host.close();
      else if ("buffer" in data) host.send(data.buffer);
      else if ("a" in data) host.send(data.a.toString());
    };
    tell({ open: true });
  };
  host.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data === "string") tell({ a: Number(data) });
    else tell({ buffer: data }, [data]);
  };
  host.onclose = () => {
    tell({ closed: true });
  };
  if (stream)
    read(`http://127.0.0.1:${port.toString()}/down?id=${id}`, tell).catch(() => {
      host.close();
    });
});

/** Reads parts of a stream for as long as it lasts. Each is read into a buffer of its own, which goes on to the page. */
async function read(url: string, tell: (message: FromContent, transfer?: Transferable[]) => void): Promise<void> {
  const { body } = await fetch(url);
  const reader = body?.getReader({ mode: "byob" });
  if (reader === undefined) throw new Error("there is no stream");
  let head = new ArrayBuffer(headBytes);
  const whole = async (bytes: number, into: ArrayBuffer): Promise<ArrayBuffer> => {
    const { value } = await reader.read(new Uint8Array(into), { min: bytes });
    if (value?.byteLength !== bytes) throw new Error("the stream has ended");
    return value.buffer;
  };
  for (;;) {
    head = await whole(headBytes, head);
    const view = new DataView(head);
    const length = view.getUint32(4, little);
    if (view.getUint32(0, little) === kindAck) tell({ a: length });
    else {
      const buffer = await whole(length, new ArrayBuffer(length));
      tell({ buffer }, [buffer]);
    }
  }
}
