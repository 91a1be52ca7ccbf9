import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkBytes, laneChunkBytes, windowBytes } from "../../../protocol/message.ts";
import { MessageSize } from "./message_size.ts";

/** A document on a computer that moves so many KiB a millisecond in large and in small messages. */
function world(
  large: number,
  small: number,
): { size: MessageSize; send(bytes: number): void; wait(ms: number): void; turn(large: number, small: number): void } {
  let time = 0;
  const rates = new Map([
    [laneChunkBytes, large],
    [chunkBytes, small],
  ]);
  const size = new MessageSize(() => time);
  return {
    size,
    send: (bytes) => {
      for (let sent = 0; sent < bytes; sent += chunkBytes) {
        time += chunkBytes / 1_024 / (rates.get(size.bytes) ?? NaN);
        size.sent(chunkBytes);
      }
    },
    wait: (ms) => {
      time += ms;
    },
    turn: (ofLarge, ofSmall) => {
      rates.set(laneChunkBytes, ofLarge).set(chunkBytes, ofSmall);
    },
  };
}

/** What both sizes take to be measured. */
const look = 2 * (windowBytes + 4 * windowBytes);
const MiB = 1 << 20;

test("messages are large until both sizes were measured, each once what is on its way is its own", () => {
  const { size, send } = world(300, 200);
  send(look / 2 - chunkBytes);
  assert.equal(size.bytes, laneChunkBytes);
  send(chunkBytes);
  assert.equal(size.bytes, chunkBytes);
  send(look / 2);
  assert.equal(size.bytes, laneChunkBytes, "the faster");
});

test("a computer on which small messages are faster gets small ones", () => {
  const { size, send } = world(100, 200);
  send(look);
  assert.equal(size.bytes, chunkBytes);
  send(63 * MiB);
  assert.equal(size.bytes, chunkBytes);
});

test("where the size makes no difference, as to a slow peer, they stay large", () => {
  const { size, send } = world(100, 110);
  send(look);
  assert.equal(size.bytes, laneChunkBytes);
});

test("it looks again, more and more seldom, and follows what has changed", () => {
  const { size, send, turn } = world(300, 200);
  /** How many bytes go by until it tries the other size. */
  const untilLook = (): number => {
    const now = size.bytes;
    let sent = 0;
    for (; size.bytes === now && sent < 4_096 * MiB; sent += MiB) send(MiB);
    return sent / MiB;
  };
  send(look);
  // The rest, and what the size of now is measured by.
  assert.equal(untilLook(), 64 + 4);
  send(look / 2);
  assert.equal(size.bytes, laneChunkBytes);
  assert.equal(untilLook(), 128 + 4);
  send(look / 2);
  turn(100, 200);
  assert.equal(untilLook(), 256 + 4);
  send(look / 2);
  assert.equal(size.bytes, chunkBytes);
  for (const rest of [512, 1_024, 1_024]) {
    assert.equal(untilLook(), rest + 4);
    send(look / 2);
    assert.equal(size.bytes, chunkBytes);
  }
});

test("a page that pauses is measured from the beginning", () => {
  const { size, send, wait } = world(300, 200);
  send(2 * MiB);
  wait(101);
  send(look / 2 - chunkBytes);
  assert.equal(size.bytes, laneChunkBytes);
  send(chunkBytes);
  assert.equal(size.bytes, chunkBytes);
  // In the midst of the second size: its pause does not count as slowness.
  send(3 * MiB);
  wait(5_000);
  send(look / 2);
  assert.equal(size.bytes, laneChunkBytes);
});

test("a page that sends a little now and then never changes the size", () => {
  const { size, send, wait } = world(100, 300);
  for (let i = 0; i < 1_000; i++) {
    send(chunkBytes);
    wait(200);
    assert.equal(size.bytes, laneChunkBytes);
  }
});
