import assert from "node:assert/strict";
import { test } from "node:test";
import { Outgoing } from "./outgoing.ts";

const text = (bytes: number): string => "x".repeat(bytes).replace(/x+/, (s) => Buffer.from(s).toString("base64"));

test("bytes go out as far as the host's credit reaches", () => {
  const outgoing = new Outgoing(0);
  assert.equal(outgoing.writes(text(1)), false);
  outgoing.granted(1_000);
  assert.equal(outgoing.writes(text(998)), true);
  assert.equal(outgoing.writes(text(3)), false);
  assert.equal(outgoing.writes(text(2)), true);
  outgoing.granted(10);
  assert.equal(outgoing.writes(text(10)), true);
});

test("writes of nothing cost nothing, so there are none", () => {
  assert.equal(new Outgoing(100).writes(""), false);
});

test("datagrams cost more than their bytes, and give it back when they are answered", () => {
  const outgoing = new Outgoing(200);
  assert.equal(outgoing.writes("", 1), true);
  assert.equal(outgoing.writes("", 1), false, "the same name twice");
  assert.equal(outgoing.writes(text(64), 2), true);
  assert.equal(outgoing.writes("", 3), false);
  outgoing.answered(2);
  outgoing.answered(2);
  assert.equal(outgoing.writes(text(64), 3), true);
  assert.equal(outgoing.writes("", 4), false);
});

test("credit is given for bytes that came", () => {
  const outgoing = new Outgoing(0);
  const count = (): number => {
    let n = 0;
    while (n < 1_000 && outgoing.credits()) n++;
    return n;
  };
  assert.equal(count(), 16);
  const other = new Outgoing(0);
  for (let n = 0; n < 10; n++) other.heard();
  let n = 0;
  while (n < 1_000 && other.credits()) n++;
  assert.equal(n, 96);
});
