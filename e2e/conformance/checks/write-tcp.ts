// The streams of a TCPSocket: writing, FIN and RST.
import { equal, givesUndefined, isError, ok, rejects, same, sleep, stateOf, text } from "../kit/assert.ts";
import { group, nativeAtFault } from "../kit/check.ts";

const add = group("Writing to a TCPSocket");
const noHalfClose = "Chromium sends no FIN while the readable is open.";

const sources: Record<string, () => BufferSource> = {
  "a Uint8Array": () => new Uint8Array([97, 98, 99]),
  "an ArrayBuffer": () => new Uint8Array([97, 98, 99]).buffer,
  "a DataView": () => new DataView(new Uint8Array([97, 98, 99]).buffer),
  "a part of a buffer": () => new Uint8Array([0, 0, 97, 98, 99, 0]).subarray(2, 5),
  "a view of wider elements": () => new Uint16Array(new Uint8Array([97, 98, 99, 100]).buffer),
};
for (const [what, make] of Object.entries(sources))
  add(`write-${what.replaceAll(" ", "-")}`, `Takes ${what}: these bytes, and no others.`, async (scene) => {
    const far = await scene.far.tcp({ does: "sink" });
    const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
    const source = make();
    await scene.writer(writable).write(source);
    const { connections } = await far.report({ received: source.byteLength });
    equal(connections[0]?.text, "abcd".slice(0, source.byteLength), "what the other side got");
  });

const wrong: Record<string, () => unknown> = {
  "a string": () => "abc",
  undefined: () => undefined,
  null: () => null,
  "a number": () => 7,
  "an object": () => ({ data: new Uint8Array(1) }),
  "an array": () => [1, 2, 3],
  "a Blob": () => new Blob(["abc"]),
  "a shared buffer": () => new SharedArrayBuffer(8),
  "a view of a shared buffer": () => new Uint8Array(new SharedArrayBuffer(8)),
};
for (const [what, make] of Object.entries(wrong))
  add(
    `write-refuses-${what.replaceAll(" ", "-")}`,
    `A chunk that is ${what}: TypeError, and the writable is errored.`,
    async (scene) => {
      const { port } = await scene.far.tcp({ does: "sink" });
      const { writable } = await scene.tcp("127.0.0.1", port).opened;
      const writer = scene.writer(writable);
      await rejects(writer.write(make()), "TypeError", "the write");
      await rejects(writer.closed, "TypeError", "writer.closed");
      await rejects(writer.write(new Uint8Array(1)), "TypeError", "the next write");
    },
  );

add("write-resolves", "A write resolves with undefined.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "sink" });
  const { writable } = await scene.tcp("127.0.0.1", port).opened;
  await givesUndefined(scene.writer(writable).write(new Uint8Array(1)), "the write");
});
add("write-empty", "An empty chunk is fine, and sends nothing.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
  const writer = scene.writer(writable);
  await writer.write(new Uint8Array(0));
  await writer.write(new TextEncoder().encode("x"));
  equal((await far.report({ received: 1 })).connections[0]?.text, "x", "what the other side got");
});
add(
  "write-copies",
  "The bytes are copied when they are written: what the page changes later does not count.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "sink" });
    const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
    const chunk = new Uint8Array([97, 97, 97, 97]);
    const write = scene.writer(writable).write(chunk);
    await sleep(0);
    chunk.fill(98);
    await write;
    equal((await far.report({ received: 4 })).connections[0]?.text, "aaaa", "what the other side got");
  },
);
add("write-keeps-buffer", "The buffer of a chunk stays the page's: it is not detached.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "sink" });
  const { writable } = await scene.tcp("127.0.0.1", port).opened;
  const chunk = new Uint8Array([1, 2, 3]);
  await scene.writer(writable).write(chunk);
  equal(chunk.length, 3, "its length");
});
add("write-order", "Writes arrive in their order, also without awaiting.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
  const writer = scene.writer(writable);
  const writes = Array.from({ length: 200 }, (_, index) => writer.write(new Uint8Array([index % 251])));
  await Promise.all(writes);
  same(
    await far.report({ received: 200 }).then(({ connections: [first] }) => [first?.received, first?.pattern]),
    [200, true],
    "what the other side got",
  );
});
add(
  "write-large",
  "One write of four megabytes arrives whole.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "sink" });
    const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
    await scene.writer(writable).write(Uint8Array.from({ length: 4_194_304 }, (_, index) => index % 251));
    same(
      await far.report({ received: 4_194_304 }).then(({ connections: [first] }) => [first?.received, first?.pattern]),
      [4_194_304, true],
      "what the other side got",
    );
  },
  { limit: 4_000 },
);
add("write-backpressure", "Writes to a peer that reads nothing stop resolving.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "silent" });
  const { writable } = await scene.tcp("127.0.0.1", port).opened;
  const writer = scene.writer(writable);
  const chunk = new Uint8Array(1_000_000);
  let state = "resolved";
  for (let writes = 0; writes < 40 && state === "resolved"; writes++) {
    const write = writer.write(chunk);
    write.catch(() => undefined);
    state = await stateOf(write, 200);
  }
  equal(state, "pending", "the last write");
});
add("write-echo-large", "A megabyte comes back from an echo while it is still being written.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "echo" });
  const { readable, writable } = await scene.tcp("127.0.0.1", port).opened;
  const reader = scene.reader(readable);
  const writing = scene.writer(writable).write(new Uint8Array(1_000_000).fill(5));
  let bytes = 0;
  while (bytes < 1_000_000) bytes += (await reader.read()).value?.length ?? 1_000_001;
  equal(bytes, 1_000_000, "bytes");
  await writing;
});

add(
  "fin-on-close",
  "close() of the writable sends FIN, and the readable goes on.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "answer-after-fin" });
    const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
    const closing = scene.writer(writable).close();
    const { value } = await scene.reader(readable).read();
    equal(text(value ?? new Uint8Array()), "late", "what came after our FIN");
    await closing;
  },
  nativeAtFault(noHalfClose),
);
add(
  "fin-after-data",
  "What was written before close() arrives before the FIN.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "sink" });
    const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
    const writer = scene.writer(writable);
    void writer.write(new TextEncoder().encode("abc"));
    await writer.close();
    const { connections } = await far.report({ ended: true });
    same([connections[0]?.text, connections[0]?.ended], ["abc", true], "what the other side got");
  },
  nativeAtFault(noHalfClose),
);
add(
  "fin-on-abort",
  "abort() of the writable sends FIN, and the readable goes on.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "answer-after-fin" });
    const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
    await scene.writer(writable).abort();
    const { value } = await scene.reader(readable).read();
    equal(text(value ?? new Uint8Array()), "late", "what came after our FIN");
    equal((await far.report({ ended: true })).connections[0]?.error, "", "the other side's error");
  },
  nativeAtFault(noHalfClose),
);
add("writer-close-resolves", "close() of the writable resolves, and so does writer.closed.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "sink" });
  const { writable } = await scene.tcp("127.0.0.1", port).opened;
  const writer = scene.writer(writable);
  await givesUndefined(writer.close(), "close()");
  await givesUndefined(writer.closed, "writer.closed");
});
add(
  "writer-abort-resolves",
  "abort() of the writable resolves, and later writes reject with its reason.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "sink" });
    const { writable } = await scene.tcp("127.0.0.1", port).opened;
    const writer = scene.writer(writable);
    const reason = new Error("mine");
    await givesUndefined(writer.abort(reason), "abort()");
    const error: unknown = await writer.write(new Uint8Array(1)).catch((caught: unknown) => caught);
    equal(error, reason, "the error of a later write");
  },
);
add("write-after-close", "A write after close() rejects with TypeError.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "sink" });
  const { writable } = await scene.tcp("127.0.0.1", port).opened;
  const writer = scene.writer(writable);
  await writer.close();
  await rejects(writer.write(new Uint8Array(1)), "TypeError", "the write");
});
add("write-after-reset", "A write after the other side's RST rejects with NetworkError.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const { writable } = await scene.tcp("127.0.0.1", far.port).opened;
  const writer = scene.writer(writable);
  await far.report({ connections: 1 });
  await far.act("reset");
  await sleep(100);
  // What is in flight when the RST comes may still resolve.
  for (let writes = 0; writes < 20; writes++) {
    const error: unknown = await writer.write(new Uint8Array(1_000)).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (error !== undefined) {
      ok(isError(error, "NetworkError"), "the write rejects with NetworkError");
      return;
    }
    await sleep(20);
  }
  ok(false, "no write was rejected");
});
add(
  "closed-both-directions",
  "closed resolves with undefined when both directions have ended.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "sink" });
    const socket = scene.tcp("127.0.0.1", port);
    const { readable, writable } = await socket.opened;
    await scene.writer(writable).close();
    equal((await scene.reader(readable).read()).done, true, "the other side's FIN");
    await givesUndefined(socket.closed, "closed");
  },
  nativeAtFault(noHalfClose),
);
add("closed-fin-then-close", "After the other side's FIN, close() of the writable ends the socket.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "fin" });
  const socket = scene.tcp("127.0.0.1", port);
  const { readable, writable } = await socket.opened;
  equal((await scene.reader(readable).read()).done, true, "the other side's FIN");
  await scene.writer(writable).close();
  await givesUndefined(socket.closed, "closed");
});
add("closed-pending-half", "closed stays pending while one direction is open.", async (scene) => {
  const { port } = await scene.far.tcp({ does: "fin" });
  const socket = scene.tcp("127.0.0.1", port);
  const { readable } = await socket.opened;
  await scene.reader(readable).read();
  equal(await stateOf(socket.closed), "pending", "closed");
});
add("closed-cancel-close", "cancel() of the readable and close() of the writable end the socket.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const socket = scene.tcp("127.0.0.1", far.port);
  const { readable, writable } = await socket.opened;
  await readable.cancel();
  await writable.close();
  await givesUndefined(socket.closed, "closed");
  equal((await far.report({ closed: true })).connections[0]?.closed, true, "the other side's connection is over");
});
add(
  "closed-cancel-abort",
  "cancel() of the readable and abort() of the writable end the socket: closed settles.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "sink" });
    const socket = scene.tcp("127.0.0.1", far.port);
    const { readable, writable } = await socket.opened;
    await readable.cancel();
    await writable.abort();
    ok((await stateOf(socket.closed, 1_000)) !== "pending", "closed has settled");
    equal((await far.report({ closed: true })).connections[0]?.closed, true, "the other side's connection is over");
  },
);
add("closed-reset", "After a RST closed rejects with the error of the readable.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const socket = scene.tcp("127.0.0.1", far.port);
  const { readable, writable } = await socket.opened;
  const reader = scene.reader(readable);
  await far.report({ connections: 1 });
  await far.act("reset");
  const error = await rejects(reader.read(), "NetworkError", "the read");
  // The writable may hear of it by a write only.
  await writable.abort().catch(() => undefined);
  ok(error instanceof DOMException, "a DOMException");
  await rejects(socket.closed, "NetworkError", "closed");
});
