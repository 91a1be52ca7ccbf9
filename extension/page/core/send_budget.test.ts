import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chunkBytes,
  laneChunkBytes,
  laneWindowBytes,
  stdioWindowBytes,
  windowBytes,
} from "../../../protocol/message.ts";
import { SendBudget, Traffic } from "./send_budget.ts";

/** A document whose time the test tells, and its sockets on the lane. */
function world(): { at(ms: number): void; socket(onLane?: boolean): SendBudget } {
  let time = 0;
  const traffic = new Traffic(() => time);
  return {
    at: (ms) => {
      time = ms;
    },
    socket: (onLane = true) => new SendBudget(traffic, onLane),
  };
}

const much = 1 << 20;
const alone = [laneWindowBytes, windowBytes];
const together = [4 * chunkBytes, 4 * chunkBytes];
const beside = [2 * chunkBytes, 3 * chunkBytes];
const of = (share: SendBudget): number[] => [share.toPage(), share.toHost()];

test("a socket that is alone has all there is, from its first byte on", () => {
  const { at, socket } = world();
  const bulk = socket();
  assert.deepEqual(of(bulk), alone);
  bulk.moves(10); // its request
  assert.deepEqual(of(bulk), alone);
  for (let ms = 0; ms < 3_000; ms += 100) {
    at(ms);
    bulk.moves(much);
    assert.deepEqual(of(bulk), alone, `after ${ms} ms`);
  }
  // One that is open and says nothing is not in its way.
  socket();
  assert.deepEqual(of(bulk), alone);
});

test("a socket that opens beside others knows of them before its first byte", () => {
  const { at, socket } = world();
  const bulk = socket();
  bulk.moves(much);
  assert.deepEqual(of(socket()), together);
  socket().moves(1);
  assert.deepEqual(of(socket()), beside);
  at(2_000); // nobody has moved anything since
  assert.deepEqual(of(socket()), alone);
});

test("a socket that was light once is not taken for the one that types now", () => {
  const { at, socket } = world();
  const [bulk, typing] = [socket(), socket()];
  bulk.moves(20);
  at(5_000);
  typing.moves(1);
  assert.deepEqual(of(bulk), beside);
});

test("sockets that move much share", () => {
  const { at, socket } = world();
  const [one, other] = [socket(), socket()];
  for (let ms = 0; ms < 3_000; ms += 100) {
    at(ms);
    one.moves(much);
    other.moves(much);
    assert.deepEqual([of(one), of(other)], [together, together], `after ${ms} ms`);
  }
  // The other pauses.
  at(3_500);
  one.moves(much);
  assert.deepEqual(of(one), together, "it was busy just now");
  at(4_100);
  one.moves(much);
  assert.deepEqual(of(one), alone);
});

test("beside a socket that moves little there is little on its way", () => {
  const { at, socket } = world();
  const [bulk, typing] = [socket(), socket()];
  bulk.moves(much);
  for (let ms = 0; ms < 3_000; ms += 300) {
    at(ms);
    bulk.moves(much);
    typing.moves(1);
    assert.deepEqual(of(bulk), beside, `after ${ms} ms`);
  }
  at(3_100);
  bulk.moves(much);
  assert.deepEqual(of(bulk), beside, "somebody typed just now");
  at(4_100);
  bulk.moves(much);
  assert.deepEqual(of(bulk), alone);
});

test("a request does not count against the answer that follows it", () => {
  const { at, socket } = world();
  const bulk = socket();
  at(500);
  bulk.moves(20);
  at(520); // another span
  bulk.moves(much);
  assert.deepEqual(of(bulk), alone);
  const other = socket();
  other.moves(20);
  assert.deepEqual(of(bulk), beside);
  other.moves(much);
  assert.deepEqual([of(bulk), of(other)], [together, together]);
});

test("a socket that is over is in nobody's way", () => {
  for (const bytes of [20, much])
    for (const ends of [0, 400, 600]) {
      const { at, socket } = world();
      const [bulk, other] = [socket(), socket()];
      bulk.moves(much);
      other.moves(bytes);
      at(ends);
      bulk.moves(much);
      other.moves(bytes);
      assert.notDeepEqual(of(bulk), alone);
      other.end();
      assert.deepEqual(of(bulk), alone, `${bytes} bytes, at ${ends} ms`);
    }
});

test("native messaging knows one amount", () => {
  const { socket } = world();
  const [one, other] = [socket(false), socket(false)];
  assert.deepEqual(of(one), [stdioWindowBytes, stdioWindowBytes]);
  one.moves(much);
  other.moves(1);
  assert.deepEqual(of(one), [stdioWindowBytes, stdioWindowBytes]);
});

test("large messages are for who is alone on the lane, once they are known to be faster, and for all who are", () => {
  const { at, socket } = world();
  const one = socket();
  let ms = 0;
  const send = (share: number): void => {
    for (let sent = 0; sent < 20 * much; sent += chunkBytes) {
      at((ms += one.chunk(share) === chunkBytes ? 2 : 1));
      one.sent(chunkBytes, share);
    }
  };
  send(4 * chunkBytes); // beside others: not measured
  assert.equal(one.chunk(windowBytes), chunkBytes);
  send(windowBytes);
  assert.equal(one.chunk(windowBytes), laneChunkBytes);
  one.end();
  assert.equal(socket().chunk(windowBytes), laneChunkBytes, "the next socket's, too");
  assert.equal(socket().chunk(4 * chunkBytes), chunkBytes);
  assert.equal(socket(false).chunk(stdioWindowBytes), chunkBytes);
  assert.equal(socket(false).chunk(windowBytes), chunkBytes);
});

test("what the host may owe is never more than a page keeps back", () => {
  // The host gives credit back from two chunks on; the page waits with less than half a chunk of room.
  assert.ok((beside[1] ?? 0) - chunkBytes / 2 >= 2 * chunkBytes, "a page and its host might wait for each other");
});
