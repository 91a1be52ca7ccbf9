// Which press an activation comes from.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Presses, activationLifetime } from "./activation.ts";
import type { Seen } from "./activation.ts";

const event = (type: string, timeStamp: number, more: Partial<Seen> = {}): Seen => ({
  isTrusted: true,
  type,
  timeStamp,
  ...more,
});
const mouse = { pointerType: "mouse" };
const finger = { pointerType: "touch" };
const forEver = Number.POSITIVE_INFINITY;

test("a press begins when a key or a button goes down; the rest of it is the same press", () => {
  const presses = new Presses(0);
  presses.see(event("pointerdown", 10_000, mouse));
  assert.equal(presses.age(10_005, forEver), 5);
  presses.see(event("pointerup", 10_100, mouse));
  assert.equal(presses.age(10_105, forEver), 105);
  presses.see(event("keydown", 11_000, { key: "a" }));
  assert.equal(presses.age(11_001, forEver), 1);
});

test("a key that is held is one press for as long as it is held", () => {
  const presses = new Presses(0);
  presses.see(event("keydown", 1_000, { key: "a" }));
  for (let at = 1_500; at < 20_000; at += 30) presses.see(event("keydown", at, { key: "a", repeat: true }));
  assert.equal(presses.age(20_000, forEver), 19_000);
  // One that was held before it looked is no new one either.
  const late = new Presses(50_000);
  late.see(event("keydown", 50_030, { repeat: true }));
  assert.equal(late.age(50_040, forEver), activationLifetime + 40);
});

test("a finger counts when it comes up, from when it went down; one that scrolls does not", () => {
  const presses = new Presses(0);
  presses.see(event("pointerdown", 1_000, mouse));
  presses.see(event("pointerdown", 2_000, finger));
  assert.equal(presses.age(2_100, forEver), 1_100, "the mouse's, until then");
  presses.see(event("pointerup", 2_200, finger));
  assert.equal(presses.age(2_200, forEver), 200);
});

test("what a script makes is no press, and Escape is none", () => {
  const presses = new Presses(0);
  presses.see(event("pointerdown", 1_000, mouse));
  presses.see(event("pointerdown", 2_000, { ...mouse, isTrusted: false }));
  presses.see(event("keydown", 2_000, { key: "Escape" }));
  assert.equal(presses.age(2_000, forEver), 1_000);
});

test("what it has not seen began at most a lifetime ago, and not before the page", () => {
  const presses = new Presses(0);
  assert.equal(presses.age(100_000, forEver), activationLifetime);
  assert.equal(presses.age(300, 300), 300);
  // Activation that outlives the press which it saw comes from another frame.
  presses.see(event("pointerdown", 1_000, mouse));
  assert.equal(presses.age(1_000 + activationLifetime + 1, forEver), activationLifetime);
});
