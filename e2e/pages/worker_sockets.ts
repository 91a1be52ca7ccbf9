// A worker that has sockets of its own, and streams that its page hands over.
import "../../sdk/worker/main.ts";

/** What the page asks for. */
export type Asked =
  | { do: "echo"; port: number; text: string }
  | { do: "receive"; port: number; bytes: number }
  | { do: "read"; readable: ReadableStream<Uint8Array>; bytes: number };

/** Reads so many bytes; resolves with how many came in how many milliseconds. */
async function read(readable: ReadableStream<Uint8Array>, bytes: number): Promise<{ got: number; ms: number }> {
  const start = performance.now();
  const reader = readable.getReader();
  let got = 0;
  while (got < bytes) {
    const { done, value } = await reader.read();
    if (done) break;
    got += value.byteLength;
  }
  reader.releaseLock();
  return { got, ms: performance.now() - start };
}

addEventListener("message", ({ data, ports: [answer] }: MessageEvent<Asked | undefined>) => {
  if (data === undefined || answer === undefined || !("do" in data)) return;
  void (async () => {
    switch (data.do) {
      case "echo": {
        const socket = new TCPSocket("127.0.0.1", data.port);
        const { readable, writable, remotePort } = await socket.opened;
        const writer = writable.getWriter();
        await writer.write(new TextEncoder().encode(data.text));
        const { value } = await readable.getReader().read();
        return { text: new TextDecoder().decode(value), remotePort };
      }
      case "receive": {
        const { readable } = await new TCPSocket("127.0.0.1", data.port).opened;
        return await read(readable, data.bytes);
      }
      case "read": {
        const result = await read(data.readable, data.bytes);
        return { ...result, back: data.readable };
      }
    }
  })().then(
    (result) => {
      answer.postMessage(result, "back" in result ? [result.back] : []);
    },
    (error: unknown) => {
      answer.postMessage({ error: String(error) });
    },
  );
});
