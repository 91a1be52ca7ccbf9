// Where the browser's own implementation falls short, as it was seen with Chromium 156. Portside must not.
import type { API } from "../kit/api.ts";
import { equal, ok, rejects, same, stateOf } from "../kit/assert.ts";
import { group, nativeAtFault } from "../kit/check.ts";

const add = group("Shortcomings of Chromium 156");

add(
  "short-bad-chunk-closed",
  "After a chunk that is no BufferSource, and the end of the readable, closed rejects with its TypeError.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "sink" });
    const socket = scene.tcp("127.0.0.1", port);
    const { readable, writable } = await socket.opened;
    await rejects(scene.writer(writable).write("a string"), "TypeError", "the write");
    await readable.cancel();
    await rejects(socket.closed, "TypeError", "closed");
  },
  nativeAtFault("closed never settles after a bad chunk."),
);
add(
  "short-bad-message-closed",
  "UDP: after a bad message, and the end of the readable, closed rejects with its TypeError.",
  async (scene) => {
    const far = await scene.far.udp("sink");
    const socket = scene.udp({ remoteAddress: "127.0.0.1", remotePort: far.port });
    const { readable, writable } = await socket.opened;
    await rejects(scene.writer(writable).write("a string"), "TypeError", "the write");
    await readable.cancel();
    await rejects(socket.closed, "TypeError", "closed");
  },
  nativeAtFault("closed never settles after a bad chunk."),
);
for (const [id, count, size] of [
  ["short-loss-64k", 64, 65_536],
  ["short-loss-32k", 128, 32_768],
  ["short-loss-1k", 4_096, 1_024],
] as const)
  add(
    id,
    `${count} awaited writes of ${size} bytes all arrive.`,
    async (scene) => {
      const far = await scene.far.tcp({ does: "sink" });
      const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
      const writer = scene.writer(writable);
      const all = Uint8Array.from({ length: count * size }, (_, index) => index % 251);
      for (let sent = 0; sent < all.length; sent += size) await writer.write(all.subarray(sent, sent + size));
      const { connections } = await far.report({ received: all.length });
      same(
        [connections[0]?.received, connections[0]?.pattern],
        [all.length, true],
        "bytes, and whether they are right",
      );
    },
    {
      ...nativeAtFault(
        "A write that is issued when the pipe of 64 KiB is exactly full is lost, yet resolves.",
        "now and then",
      ),
      limit: 5_000,
    },
  );
for (const [id, does, words] of [
  ["short-frame-tcp", "sink", "A TCPSocket of a frame that is removed"],
  ["short-frame-data", "send", "A TCPSocket with data of a frame that is removed"],
] as const)
  add(
    id,
    `${words} can be closed from outside, and the page lives.`,
    async (scene) => {
      const far = await scene.far.tcp(does === "send" ? { does, bytes: 100_000, then: "nothing" } : { does });
      const element = document.createElement("iframe");
      element.src = "/frame";
      const loaded = new Promise((resolve) => (element.onload = resolve));
      document.body.append(element);
      await loaded;
      const window = element.contentWindow as unknown as API;
      const socket = new window.TCPSocket("127.0.0.1", far.port);
      await socket.opened;
      socket.closed.catch(() => undefined);
      await far.report({ connections: 1 });
      element.remove();
      ok((await stateOf(socket.close(), 1_000)) !== "pending", "close() has settled");
      equal((await far.report({ closed: true })).connections[0]?.closed, true, "the connection is over");
    },
    { ...nativeAtFault("close() of a socket whose frame is gone hangs, or crashes the page."), limit: 4_000 },
  );
add(
  "short-frame-removed-ends",
  "When a frame is removed, its sockets end for the other side.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "sink" });
    const element = document.createElement("iframe");
    element.src = "/frame";
    const loaded = new Promise((resolve) => (element.onload = resolve));
    document.body.append(element);
    await loaded;
    const socket = new (element.contentWindow as unknown as API).TCPSocket("127.0.0.1", far.port);
    await socket.opened;
    await far.report({ connections: 1 });
    element.remove();
    equal((await far.report({ closed: true })).connections[0]?.closed, true, "the connection is over");
  },
  { limit: 4_000 },
);
add("short-server-stream-error", "A server whose accepted sockets are not looked at goes on.", async (scene) => {
  const { readable, localPort } = await scene.server("127.0.0.1").opened;
  const reader = scene.reader(readable);
  for (let count = 0; count < 10; count++) {
    const far = await scene.far.connect(localPort, { does: "fin" });
    await reader.read();
    ok(far.port > 0, "a connection");
  }
  equal(await stateOf(reader.closed), "pending", "reader.closed");
});
