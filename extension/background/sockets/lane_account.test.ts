// What a document may say on its lane where the background carries it.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { batchHeaderBytes, batchOverhead, writeLength } from "../../../protocol/lane_batch.ts";
import type { LaneRequest } from "../../../protocol/lane.ts";
import { firstReopenedId, reopensAtOnce } from "../../../protocol/message.ts";
import { DocumentLaneAccount } from "./lane_account.ts";
import { Outgoing } from "./outgoing.ts";

const first = firstReopenedId;
function world(): {
  account: DocumentLaneAccount;
  useless: () => number;
  cutOff: () => number;
  allows: (...requests: LaneRequest[]) => boolean[];
} {
  const [useless, cutOff] = [mock.fn(), mock.fn()];
  const account = new DocumentLaneAccount(useless, cutOff);
  return {
    account,
    useless: () => useless.mock.callCount(),
    cutOff: () => cutOff.mock.callCount(),
    allows: (...requests) => requests.map((request) => account.allows(request)),
  };
}
const write = (id: number, bytes: number, ack?: number): LaneRequest => ({
  type: "write",
  id,
  data: new ArrayBuffer(bytes),
  ...(ack === undefined ? {} : { ack }),
});
const open = (id: number): LaneRequest => ({ type: "open", id: first + id, of: 1 });
const close = (id: number): LaneRequest => ({ type: "close", id });
function datagrams(id: number, ack: number, ...lengths: number[]): LaneRequest {
  const frame = new Uint8Array(lengths.reduce((sum, length) => sum + batchOverhead + length, batchHeaderBytes));
  let at = batchHeaderBytes;
  for (const length of lengths) {
    writeLength(frame, at, length);
    at += batchOverhead + length;
  }
  return { type: "datagrams", id, ack, data: frame.buffer };
}

test("bytes go as far as the host's credit reaches, of each socket by itself", () => {
  const { account, allows, useless, cutOff } = world();
  account.opened(1, new Outgoing(100));
  account.opened(2, new Outgoing(100));
  assert.deepEqual(allows(write(1, 60), write(1, 41), write(1, 40), write(2, 100)), [true, false, true, true]);
  account.heard({ type: "credit", id: 1, bytes: 50 });
  account.heard({ type: "credit", id: 3, bytes: 50 });
  assert.deepEqual(allows(write(1, 51), write(1, 50), write(2, 1)), [false, true, false]);
  assert.deepEqual([useless(), cutOff()], [0, 3], "a document that goes beyond it is cut off");
});

test("datagrams cost as much in one message as by themselves, and give it back when they are answered", () => {
  const { account, allows } = world();
  account.opened(1, new Outgoing(400));
  assert.deepEqual(allows(write(1, 36, 1), datagrams(1, 2, 36, 36), write(1, 36, 4)), [true, true, true]);
  assert.deepEqual(allows(write(1, 0, 5)), [false]);
  account.heard({ type: "sent", id: 1, ack: 2, count: 2 });
  account.heard({ type: "wrote", id: 1, ack: 1 });
  assert.deepEqual(allows(datagrams(1, 5, 36, 36, 36), write(1, 0, 8)), [true, false]);
});

test("credit is given for what has come, and each socket is shut and closed once", () => {
  const { account, allows, useless } = world();
  account.opened(1, new Outgoing(0));
  const credit: LaneRequest = { type: "credit", id: 1, bytes: 1 };
  const given = (): number => {
    let n = 0;
    while (n < 1_000 && account.allows(credit)) n++;
    return n;
  };
  assert.equal(given(), 16);
  const { account: other } = world();
  other.opened(1, new Outgoing(0));
  for (let n = 0; n < 3; n++) other.heard({ type: "data", id: 1, data: new ArrayBuffer(1) });
  let n = 0;
  while (n < 1_000 && other.allows(credit)) n++;
  assert.equal(n, 40);
  const before = useless();
  const shutdown: LaneRequest = { type: "shutdown", id: 1 };
  assert.deepEqual(allows(shutdown, shutdown, close(1), close(1)), [true, false, true, false]);
  assert.equal(useless(), before + 2);
});

test("what is nobody's, and what is said of a socket that has ended beyond its credit, is of no use", () => {
  const { account, allows, useless, cutOff } = world();
  account.opened(1, new Outgoing(100));
  account.heard({ type: "closed", id: 1 });
  assert.deepEqual(allows(write(1, 60), write(1, 60), write(2, 1), close(3)), [true, false, false, false]);
  // The broker tells of an end, too, and remembers only so many.
  for (let id = 10; id < 80; id++) account.opened(id, new Outgoing(1));
  for (let id = 10; id < 80; id++) account.left(id);
  assert.deepEqual(allows(write(10, 1), write(79, 1)), [false, true]);
  assert.equal(useless(), 4);
  assert.equal(cutOff(), 0);
});

test("what is opened again is known when it is open, may be given up before, and goes with its lane", () => {
  const { account, allows } = world();
  assert.deepEqual(allows(open(1), open(2), open(3)), [true, true, true]);
  assert.deepEqual(allows(write(first + 1, 1), close(first + 2), close(first + 2)), [false, true, false]);
  account.heard({
    type: "opened",
    id: first + 1,
    remoteAddress: "a",
    remotePort: 1,
    localAddress: "b",
    localPort: 2,
    window: 10,
  });
  assert.deepEqual(allows(write(first + 1, 10), write(first + 1, 1)), [true, false]);
  account.opened(7, new Outgoing(5));
  account.lost();
  assert.deepEqual(allows(close(first + 1), write(7, 5)), [false, true]);
});

test("so many opens wait at a time; a script that makes more is cut off, and so is one whose words do not fit", () => {
  const { account, allows, cutOff } = world();
  for (let id = 1; id <= reopensAtOnce; id++) assert.deepEqual(allows(open(id)), [true]);
  account.heard({ type: "declined", id: first + 1 });
  account.heard({ type: "closed", id: first + 2 });
  assert.deepEqual(allows(open(201), open(202)), [true, true]);
  assert.equal(cutOff(), 0);
  assert.deepEqual(allows(open(203)), [false]);
  assert.equal(cutOff(), 1);
  account.misfit();
  assert.equal(cutOff(), 2);
});
