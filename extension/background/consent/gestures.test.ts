// The account of gestures: one press, one question, whichever documents of the page it has activated.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GestureLedger } from "./gestures.ts";

const here = { origin: "https://a.test", tabId: 1 };

/** A ledger whose clock stands at `time.now`. */
function ledger(): { time: { now: number }; take: (began: number, at: number, who?: typeof here) => boolean } {
  const time = { now: 1_000_000 };
  const gestures = new GestureLedger(() => time.now);
  return { time, take: (began, at, who = here) => gestures.of(who, { began, at }).take() };
}

test("a press counts once for all documents of a tab and a site; another press counts anew", () => {
  const { take } = ledger();
  const subdomain = { origin: "https://b.a.test:8443", tabId: 1 };
  assert.equal(take(10_000, 10_010), true);
  for (let frame = 0; frame < 16; frame++) assert.equal(take(10_000, 10_020 + frame), false);
  assert.equal(take(10_000, 10_200, subdomain), false, "a subdomain");
  // A frame that did not see the press knows only how long activation lives.
  assert.equal(take(10_100 - 5_500, 10_100), false);
  assert.equal(take(11_000, 11_005), true);
  assert.equal(take(17_000 - 5_500, 17_000), true, "when that one must be over");
});

test("other tabs and other sites have presses of their own", () => {
  const { take } = ledger();
  assert.equal(take(10_000, 10_010), true);
  assert.equal(take(10_000, 10_010, { origin: "https://a.test", tabId: 2 }), true);
  assert.equal(take(10_000, 10_010, { origin: "https://other.test", tabId: 1 }), true);
});

test("the order in which calls are judged does not matter, nor how long that takes", () => {
  const { time, take } = ledger();
  assert.equal(take(12_000, 12_005), true, "the second press");
  time.now += 60_000;
  assert.equal(take(10_000, 10_005), true, "the first one");
  assert.equal(take(10_000, 10_005), false);
  assert.equal(take(12_000, 12_900), false);
});

test("one call has one gesture, and none without activation", () => {
  const gestures = new GestureLedger(() => 20_000);
  const call = gestures.of(here, { began: 10_000, at: 10_001 });
  assert.deepEqual([call.take(), call.take()], [true, true]);
  assert.equal(gestures.of(here, { began: 10_000, at: 10_002 }).take(), false);
  assert.equal(gestures.of(here, undefined).take(), false);
});

test("a clock that is put back locks nobody out, and no call is later than now", () => {
  const { time, take } = ledger();
  assert.equal(take(2_000_000, 3_000_000), true, "counts as a call of this moment");
  time.now += 10;
  assert.equal(take(time.now - 5, time.now), true);
  time.now -= 500_000;
  assert.equal(take(time.now - 5, time.now), true);
});

test("what is remembered has a bound", () => {
  const { time, take } = ledger();
  for (let n = 0; n < 3_000; n++) {
    time.now += 10;
    take(time.now, time.now, { ...here, tabId: n });
  }
  assert.equal(take(time.now, time.now, { ...here, tabId: 2_999 }), false);
  assert.equal(take(time.now, time.now, { ...here, tabId: 0 }), true);
});
