// Noes in a row, and what follows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { afterDenial, asOf, fresh, isExpired, denialLifetime, delays, nextDelay, weights } from "./backoff.ts";
import type { BackOff } from "./backoff.ts";

const minute = 60_000;
const no = (backOff: BackOff, now: number): BackOff => afterDenial(backOff, now, weights.no);

test("three denials within ten minutes mute, and the user is told before the third", () => {
  let backOff = no(fresh, 0);
  assert.equal(nextDelay(backOff, 0), undefined);
  backOff = no(backOff, 4 * minute);
  assert.equal(backOff.until, 0);
  assert.equal(nextDelay(backOff, 9 * minute), delays[0]);
  backOff = no(backOff, 9 * minute);
  assert.equal(backOff.until, 9 * minute + 10 * minute);
});

test("denials that are older do not count", () => {
  let backOff = no(no(fresh, 0), 1);
  assert.equal(nextDelay(backOff, denialLifetime + 1), undefined);
  backOff = no(backOff, denialLifetime + 1);
  assert.equal(backOff.until, 0);
  assert.equal(backOff.denials.length, 1);
});

test("ten minutes, then an hour, then a day each time", () => {
  let backOff: BackOff = fresh;
  let now = 0;
  const lengths: number[] = [];
  for (let time = 0; time < 4; time++) {
    backOff = no(no(no(backOff, now), now), now);
    lengths.push((backOff.until - now) / minute);
    now = backOff.until + 1;
  }
  assert.deepEqual(lengths, [10, 60, 24 * 60, 24 * 60]);
});

test("a question that is taken back while it is on the screen is half a no", () => {
  let backOff: BackOff = fresh;
  for (let n = 0; n < 5; n++) {
    backOff = afterDenial(backOff, n, weights.withdrawn);
    assert.equal(backOff.until, 0);
  }
  assert.ok(afterDenial(backOff, 5, weights.withdrawn).until > 0, "not muted");
});

test("it is forgotten once nothing counts any more, a day after the end of it", () => {
  assert.equal(isExpired(fresh, 1), true);
  const once = no(fresh, 0);
  assert.equal(isExpired(once, 1), false);
  assert.equal(isExpired(once, denialLifetime), true);
  const waits = no(no(once, 0), 0);
  assert.equal(isExpired(waits, waits.until + 23 * 60 * minute), false);
  assert.equal(isExpired(waits, waits.until + 25 * 60 * minute), true);
});

test("a clock that was a year ahead mutes nobody for a year: no longer than the term", () => {
  const year = 365 * 24 * 60 * minute;
  const once = no(no(no(fresh, year), year), year);
  assert.equal(asOf(once, 1_000).until, 1_000 + 10 * minute);
  const again = no(no(no(once, year), year), year);
  assert.equal(asOf(again, 1_000).until, 1_000 + 60 * minute);
  const said = asOf(no(no(fresh, year), year), 1_000);
  assert.equal(nextDelay(said, 1_000), 10 * minute);
  assert.equal(
    nextDelay(said, 1_000 + denialLifetime),
    undefined,
    "denials that were not yet count no longer than others",
  );
  assert.equal(asOf(once, year + minute), once, "a clock that goes on changes nothing");
});
