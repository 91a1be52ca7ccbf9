// The streams of a TCPSocket: reading.
import type { TCPInfo } from "../kit/api.ts";
import { equal, givesUndefined, ok, rejects, same, sleep, stateOf } from "../kit/assert.ts";
import { group, nativeAtFault, type Scene } from "../kit/check.ts";
import type { TCPBehaviour } from "../far-protocol.ts";

const add = group("Reading from a TCPSocket");

async function open(scene: Scene, behaviour: TCPBehaviour): Promise<TCPInfo> {
  const { port } = await scene.far.tcp(behaviour);
  return await scene.tcp("127.0.0.1", port).opened;
}

/** Reads to the end; gives the number of bytes, and whether all of them are the pattern. */
async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<{ bytes: number; pattern: boolean }> {
  let bytes = 0;
  let pattern = true;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes, pattern };
    for (let index = 0; index < value.length; index++) if (value[index] !== (bytes + index) % 251) pattern = false;
    bytes += value.length;
  }
}

add("read-chunk-type", "A chunk is a Uint8Array over a buffer of this window.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 10, then: "nothing" });
  const { value } = await scene.reader(readable).read();
  ok(value instanceof Uint8Array, "a Uint8Array");
  ok(value.buffer instanceof ArrayBuffer, "over an ArrayBuffer");
});
add("read-bytes", "The bytes are those that the other side sent, and no more.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 10, then: "fin" });
  same(await readAll(scene.reader(readable)), { bytes: 10, pattern: true }, "what was read");
});
add(
  "read-short-answers",
  "A short answer that comes with the FIN is read, a hundred times out of a hundred.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "send", bytes: 10, then: "fin-at-once" });
    let whole = 0;
    for (let times = 0; times < 100; times++) {
      const info = await scene.tcp("127.0.0.1", port).opened.catch(() => undefined);
      if (info !== undefined && (await readAll(scene.reader(info.readable))).bytes === 10) whole++;
    }
    equal(whole, 100, "answers that were whole");
  },
  {
    ...nativeAtFault(
      "Chromium now and then takes the FIN for the end before it has read what came before, and the answer is lost.",
      "now and then",
    ),
    limit: 5_000,
  },
);
add("read-large", "Four megabytes arrive whole and in order.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 4_194_304, then: "fin" });
  same(await readAll(scene.reader(readable)), { bytes: 4_194_304, pattern: true }, "what was read");
});
add("read-slowly", "A page that reads slowly loses nothing.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 3_000_000, then: "fin" });
  await sleep(300);
  const reader = scene.reader(readable);
  await reader.read();
  await sleep(200);
  ok((await readAll(reader)).bytes > 0, "more to read");
});
add("read-fin", "After the other side's FIN a read is done, and the reader is closed.", async (scene) => {
  const { readable } = await open(scene, { does: "fin" });
  const reader = scene.reader(readable);
  const result = await reader.read();
  equal(result.done, true, "done");
  equal(result.value, undefined, "value");
  await givesUndefined(reader.closed, "reader.closed");
});
add("read-fin-leaves-writable", "After the other side's FIN the writable goes on.", async (scene) => {
  const far = await scene.far.tcp({ does: "fin" });
  const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
  equal((await scene.reader(readable).read()).done, true, "done");
  await scene.writer(writable).write(new TextEncoder().encode("after"));
  const { connections } = await far.report({ received: 5 });
  equal(connections[0]?.text, "after", "what the other side got");
});
add("read-reset", "After a RST a read rejects with NetworkError.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const { readable } = await scene.tcp("127.0.0.1", far.port).opened;
  const reader = scene.reader(readable);
  const read = reader.read();
  await far.report({ connections: 1 });
  await far.act("reset");
  await rejects(read, "NetworkError", "the read");
  await rejects(reader.closed, "NetworkError", "reader.closed");
});
add("read-before-reset", "What came before a RST is read first.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 100, then: "reset" });
  const reader = scene.reader(readable);
  equal((await reader.read()).value?.length, 100, "the bytes");
  await rejects(reader.read(), "NetworkError", "the next read");
});
add(
  "read-two-requests",
  "Reads are answered in their order.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "echo" });
    const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
    const reader = scene.reader(readable);
    const [first, second] = [reader.read(), reader.read()];
    const writer = scene.writer(writable);
    await writer.write(new Uint8Array([1]));
    equal((await first).value?.[0], 1, "the first read");
    await writer.write(new Uint8Array([2]));
    equal((await second).value?.[0], 2, "the second read");
  },
  nativeAtFault("Data that comes while a second read waits kills the page.", "now and then"),
);
add("read-release", "A reader can let go of its lock, and the next one reads on.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 8, then: "fin" });
  const first = scene.byobReader(readable);
  same([...((await first.read(new Uint8Array(3))).value ?? [])], [0, 1, 2], "the first reader");
  first.releaseLock();
  const second = scene.reader(readable);
  same([...((await second.read()).value ?? [])], [3, 4, 5, 6, 7], "the second reader");
});
add(
  "read-pending-release",
  "A read that is given up by releaseLock() rejects with TypeError, and no byte is lost.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "echo" });
    const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
    const reader = scene.reader(readable);
    const read = reader.read();
    reader.releaseLock();
    await rejects(read, "TypeError", "the read");
    await scene.writer(writable).write(new Uint8Array([7]));
    equal((await scene.reader(readable).read()).value?.[0], 7, "the next reader's byte");
  },
);

add("byob-reader", "The readable is a byte stream: it has BYOB readers.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 10, then: "nothing" });
  const reader = scene.byobReader(readable);
  const view = new Uint8Array(4);
  const { value } = await reader.read(view);
  same([...(value ?? [])], [0, 1, 2, 3], "the bytes");
  equal(view.byteLength, 0, "the view that was given is detached");
});
add("byob-same-buffer", "A BYOB read fills the memory that it is given.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 10, then: "nothing" });
  const { value } = await scene.byobReader(readable).read(new Uint8Array(new ArrayBuffer(64), 8, 16));
  ok(value, "there is a view");
  equal(value.buffer.byteLength, 64, "the size of the buffer");
  equal(value.byteOffset, 8, "the offset");
});
add("byob-other-view", "A BYOB read gives the kind of view that it is given.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 8, then: "nothing" });
  const { value } = await scene.byobReader(readable).read(new Uint16Array(2));
  ok(value instanceof Uint16Array, "a Uint16Array");
  equal(value.length, 2, "its length");
});
add(
  "byob-min",
  "A BYOB read with min waits for so many elements.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "echo" });
    const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
    const read = scene.byobReader(readable).read(new Uint8Array(10), { min: 6 });
    const writer = scene.writer(writable);
    await writer.write(new Uint8Array(3));
    equal(await stateOf(read, 200), "pending", "after three bytes");
    await writer.write(new Uint8Array(3));
    equal((await read).value?.length, 6, "after six");
  },
  nativeAtFault("Data that does not satisfy a read with min kills the page.", "now and then"),
);
add(
  "byob-fin",
  "A BYOB read after the other side's FIN is done, and gives the view back.",
  async (scene) => {
    const { readable } = await open(scene, { does: "fin" });
    const { done, value } = await scene.byobReader(readable).read(new Uint8Array(4));
    equal(done, true, "done");
    ok(value, "the view comes back");
    equal(value.byteLength, 0, "the length of the view");
    equal(value.buffer.byteLength, 4, "the length of its buffer");
  },
  nativeAtFault("A BYOB read that waits when FIN comes never ends."),
);
add(
  "byob-large",
  "A megabyte read by BYOB arrives whole and in order.",
  async (scene) => {
    const { readable } = await open(scene, { does: "send", bytes: 1_048_576, then: "fin" });
    const reader = scene.byobReader(readable);
    let buffer = new ArrayBuffer(100_000);
    let bytes = 0;
    let pattern = true;
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      for (let index = 0; index < value.length; index++) if (value[index] !== (bytes + index) % 251) pattern = false;
      bytes += value.length;
      buffer = value.buffer;
    }
    same({ bytes, pattern }, { bytes: 1_048_576, pattern: true }, "what was read");
  },
  nativeAtFault("A BYOB read that waits when FIN comes never ends."),
);

add("read-cancel", "cancel() resolves, and reads are done.", async (scene) => {
  const { readable } = await open(scene, { does: "sink" });
  const reader = scene.reader(readable);
  const read = reader.read();
  await givesUndefined(reader.cancel("enough"), "cancel()");
  equal((await read).done, true, "the read that waited");
});
add(
  "read-cancel-leaves-writable",
  "After cancel() the writable goes on, and the other side sees no end.",
  async (scene) => {
    const far = await scene.far.tcp({ does: "sink" });
    const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
    await readable.cancel();
    await scene.writer(writable).write(new TextEncoder().encode("after"));
    const { connections } = await far.report({ received: 5 });
    equal(connections[0]?.text, "after", "what the other side got");
    equal(connections[0]?.ended, false, "it saw FIN");
  },
);
add(
  "read-cancel-leaves-closed",
  "closed stays pending after cancel(), as long as the writable is open.",
  async (scene) => {
    const { port } = await scene.far.tcp({ does: "sink" });
    const socket = scene.tcp("127.0.0.1", port);
    await (await socket.opened).readable.cancel();
    equal(await stateOf(socket.closed), "pending", "closed");
  },
);
add("read-tee", "tee() gives the bytes twice.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 1_000, then: "fin" });
  const [one, two] = readable.tee();
  same(
    await Promise.all([readAll(one.getReader()), readAll(two.getReader())]),
    [
      { bytes: 1_000, pattern: true },
      { bytes: 1_000, pattern: true },
    ],
    "both branches",
  );
});
add("read-async-iteration", "for await reads to the end.", async (scene) => {
  const { readable } = await open(scene, { does: "send", bytes: 1_000, then: "fin" });
  let bytes = 0;
  for await (const chunk of readable) bytes += chunk.length;
  equal(bytes, 1_000, "bytes");
});
add("read-pipe-through", "The readable can be piped through a transform.", async (scene) => {
  const far = await scene.far.tcp({ does: "sink" });
  const { readable } = await scene.tcp("127.0.0.1", far.port).opened;
  await far.report({ connections: 1 });
  const words = scene.reader(
    readable.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array<ArrayBuffer>, string>),
  );
  await far.act("hello");
  equal((await words.read()).value, "hello", "the word");
});
add(
  "echo-pipe",
  "The readable can be piped to the writable of another socket.",
  async (scene) => {
    const source = await open(scene, { does: "send", bytes: 100_000, then: "fin" });
    const sink = await scene.far.tcp({ does: "sink" });
    const { writable } = await scene.tcp("127.0.0.1", sink.port).opened;
    await source.readable.pipeTo(writable);
    const { connections } = await sink.report({ ended: true });
    same(
      [connections[0]?.received, connections[0]?.pattern, connections[0]?.ended],
      [100_000, true, true],
      "bytes, whether they are right, and whether FIN came",
    );
  },
  nativeAtFault("writer.close() sends no FIN while the readable is open."),
);
add("answer-after-write", "The acknowledgement of a write comes before the data that answers it.", async (scene) => {
  const far = await scene.far.tcp({ does: "echo" });
  const { readable, writable } = await scene.tcp("127.0.0.1", far.port).opened;
  const reader = scene.reader(readable);
  const writer = scene.writer(writable);
  for (let turn = 0; turn < 20; turn++) {
    let acknowledged = false;
    const write = writer.write(new Uint8Array([turn])).then(() => (acknowledged = true));
    await reader.read();
    ok(acknowledged, `write ${turn} was acknowledged before its answer was read`);
    await write;
  }
});
