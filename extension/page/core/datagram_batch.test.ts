// What gathers datagrams for the lane, and takes them apart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { batchBytes, batchDatagrams } from "../../../protocol/message.ts";
import { isBatch } from "../../../protocol/lane_batch.ts";
import { DatagramBatch, eachDatagram } from "./datagram_batch.ts";

const task = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A batch, and what it has sent: the number of the first of each frame, and the sizes of the datagrams. */
function world(): { batch: DatagramBatch; frames: { ack: number; sizes: number[]; frame: ArrayBuffer }[] } {
  const frames: { ack: number; sizes: number[]; frame: ArrayBuffer }[] = [];
  const batch = new DatagramBatch({
    datagrams(frame, ack) {
      assert.ok(isBatch(new Uint8Array(frame), frame.byteLength), "it does not fill its frame");
      const sizes: number[] = [];
      eachDatagram(frame, (bytes) => sizes.push(bytes.length));
      frames.push({ ack, sizes, frame });
    },
  });
  return { batch, frames };
}

test("datagrams of one turn go in one frame, before anything else runs", async () => {
  const { batch, frames } = world();
  batch.add(new Uint8Array([1, 2]), 7);
  batch.add(new Uint8Array(0), 8);
  await Promise.resolve();
  batch.add(new Uint8Array([3]), 9);
  assert.equal(frames.length, 0);
  await task();
  assert.deepEqual(
    frames.map(({ ack, sizes }) => ({ ack, sizes })),
    [{ ack: 7, sizes: [2, 0, 1] }],
  );
  const got: number[][] = [];
  eachDatagram(frames[0]?.frame as ArrayBuffer, (bytes) => got.push([...bytes]));
  assert.deepEqual(got, [[1, 2], [], [3]]);
  batch.add(new Uint8Array(5), 10);
  await task();
  assert.deepEqual(frames[1]?.sizes, [5]);
  assert.equal(frames[1].ack, 10);
});

test("a page that never pauses holds up no datagram", async () => {
  const { batch, frames } = world();
  for (let ack = 0; frames.length === 0; ack++) {
    assert.ok(ack < 20, "it waits for a pause that does not come");
    batch.add(new Uint8Array(1), ack);
    await Promise.resolve();
  }
});

test("a frame has bounds in bytes and in datagrams; a large one goes alone", async () => {
  const { batch, frames } = world();
  const sizes = [65_507 + 259, 60_000, 6_000, ...Array.from({ length: batchDatagrams + 1 }, () => 1)];
  sizes.forEach((size, ack) => {
    batch.add(new Uint8Array(size), ack);
  });
  await task();
  assert.deepEqual(
    frames.map((frame) => frame.sizes.length),
    [1, 1, batchDatagrams, 2],
  );
  assert.deepEqual(
    frames.map(({ ack }) => ack),
    [0, 1, 2, 2 + batchDatagrams],
  );
  for (const { frame, sizes } of frames)
    assert.ok(sizes.length === 1 || frame.byteLength <= batchBytes, "a frame with several is too long");
  assert.deepEqual(
    frames.flatMap((frame) => frame.sizes),
    sizes,
  );
});

test("flush() sends what is there at once, and nothing twice", async () => {
  const { batch, frames } = world();
  batch.flush();
  batch.add(new Uint8Array(1), 0);
  batch.flush();
  assert.equal(frames.length, 1);
  await task();
  assert.equal(frames.length, 1);
});
