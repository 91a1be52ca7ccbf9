import assert from "node:assert/strict";
import { test } from "node:test";
import { iterateDatagrams } from "./datagram_iterator.ts";

const source = { remoteAddress: "192.0.2.1", remotePort: 9 };

function world(): { readable: ReadableStream<{ data: Uint8Array<ArrayBuffer> }>; controller: Controller } {
  let controller!: Controller;
  const readable = new ReadableStream<{ data: Uint8Array<ArrayBuffer> }>({
    start(given) {
      controller = given;
    },
  });
  return { readable, controller };
}
type Controller = ReadableStreamDefaultController<{ data: Uint8Array<ArrayBuffer> }>;

const datagram = (text: string): { data: Uint8Array<ArrayBuffer> } => ({ data: new TextEncoder().encode(text) });

test("each datagram is a Blob, with the address that it came from; after the last the lock is given back", async () => {
  const { readable, controller } = world();
  for (const text of ["one", "two"]) controller.enqueue(datagram(text));
  controller.close();
  const seen: unknown[] = [];
  for await (const [from, blob] of iterateDatagrams(readable, source)) seen.push(from, await blob.text());
  assert.deepEqual(seen, [source, "one", source, "two"]);
  assert.equal(readable.locked, false);
});

test("leaving an iteration ends a next() that waits, without an error, and one may iterate again", async () => {
  const { readable, controller } = world();
  const iterator = iterateDatagrams(readable, source);
  const waiting = iterator.next();
  assert.deepEqual(await iterator.return?.(), { done: true, value: undefined });
  assert.deepEqual(await waiting, { done: true, value: undefined });
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  const again = iterateDatagrams(readable, source).next();
  controller.enqueue(datagram("here"));
  const next = (await again) as { value: [unknown, Blob] };
  assert.equal(await next.value[1].text(), "here");
});

test("an iteration hears of an error, and gives the lock back", async () => {
  const { readable, controller } = world();
  const iterator = iterateDatagrams(readable, source);
  const waiting = iterator.next();
  const failure = new Error("the socket is gone");
  controller.error(failure);
  await assert.rejects(waiting, failure);
  assert.equal(readable.locked, false);
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
});

test("while somebody else reads, next() rejects", async () => {
  const { readable } = world();
  readable.getReader();
  await assert.rejects(iterateDatagrams(readable, source).next(), TypeError);
});
