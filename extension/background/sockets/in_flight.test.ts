import assert from "node:assert/strict";
import { test } from "node:test";
import type { DocumentMessage } from "../../../protocol/page.ts";
import { datagramOverhead } from "../../../protocol/message.ts";
import { InFlight } from "./in_flight.ts";
import { Outgoing } from "./outgoing.ts";

const datagram = (id: number, ack: number): DocumentMessage => ({ type: "write", id, data: "", ack });

test("what the credit allowed may cross the end of a socket, and no more", () => {
  const inFlight = new InFlight();
  inFlight.ended(1, new Outgoing(100 * datagramOverhead));
  const covered = Array.from({ length: 150 }, (_, ack) => inFlight.covers(datagram(1, ack))).filter(Boolean).length;
  assert.equal(covered, 100);
  const credits = Array.from({ length: 50 }, () => inFlight.covers({ type: "credit", id: 1, bytes: 1 }));
  assert.equal(credits.filter(Boolean).length, 16);
  assert.equal(inFlight.covers(datagram(2, 1)), false, "there never was one of this number");
});

test("a socket is closed once, and nothing comes after that", () => {
  const inFlight = new InFlight();
  inFlight.ended(1, new Outgoing(100 * datagramOverhead));
  assert.equal(inFlight.covers({ type: "shutdown", id: 1 }), false);
  assert.equal(inFlight.covers({ type: "close", id: 1 }), true);
  assert.equal(inFlight.covers({ type: "close", id: 1 }), false);
  assert.equal(inFlight.covers(datagram(1, 1)), false);
});

test("it is remembered of the last 64", () => {
  const inFlight = new InFlight();
  for (let id = 1; id <= 65; id++) inFlight.ended(id, new Outgoing(1_000));
  assert.deepEqual(
    [1, 2, 65].map((id) => inFlight.covers(datagram(id, 1))),
    [false, true, true],
  );
});
