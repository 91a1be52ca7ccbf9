// Noes in a row, and what follows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { afterNo, asOf, begin, isOver, memory, terms, threat, weights } from "./streak.ts";
import type { Streak } from "./streak.ts";

const minute = 60_000;
const no = (streak: Streak, now: number): Streak => afterNo(streak, now, weights.no);

test("three noes within ten minutes mute, and the user is told before the third", () => {
  let streak = no(begin, 0);
  assert.equal(threat(streak, 0), undefined);
  streak = no(streak, 4 * minute);
  assert.equal(streak.until, 0);
  assert.equal(threat(streak, 9 * minute), terms[0]);
  streak = no(streak, 9 * minute);
  assert.equal(streak.until, 9 * minute + 10 * minute);
});

test("noes that are older do not count", () => {
  let streak = no(no(begin, 0), 1);
  assert.equal(threat(streak, memory + 1), undefined);
  streak = no(streak, memory + 1);
  assert.equal(streak.until, 0);
  assert.equal(streak.noes.length, 1);
});

test("ten minutes, then an hour, then a day each time", () => {
  let streak: Streak = begin;
  let now = 0;
  const lengths: number[] = [];
  for (let time = 0; time < 4; time++) {
    streak = no(no(no(streak, now), now), now);
    lengths.push((streak.until - now) / minute);
    now = streak.until + 1;
  }
  assert.deepEqual(lengths, [10, 60, 24 * 60, 24 * 60]);
});

test("a question that is taken back while it is on the screen is half a no", () => {
  let streak: Streak = begin;
  for (let n = 0; n < 5; n++) {
    streak = afterNo(streak, n, weights.withdrawn);
    assert.equal(streak.until, 0);
  }
  assert.ok(afterNo(streak, 5, weights.withdrawn).until > 0, "not muted");
});

test("it is forgotten once nothing counts any more, a day after the end of it", () => {
  assert.equal(isOver(begin, 1), true);
  const once = no(begin, 0);
  assert.equal(isOver(once, 1), false);
  assert.equal(isOver(once, memory), true);
  const muted = no(no(once, 0), 0);
  assert.equal(isOver(muted, muted.until + 23 * 60 * minute), false);
  assert.equal(isOver(muted, muted.until + 25 * 60 * minute), true);
});

test("a clock that was a year ahead mutes nobody for a year: no longer than the term", () => {
  const year = 365 * 24 * 60 * minute;
  const once = no(no(no(begin, year), year), year);
  assert.equal(asOf(once, 1_000).until, 1_000 + 10 * minute);
  const again = no(no(no(once, year), year), year);
  assert.equal(asOf(again, 1_000).until, 1_000 + 60 * minute);
  const said = asOf(no(no(begin, year), year), 1_000);
  assert.equal(threat(said, 1_000), 10 * minute);
  assert.equal(threat(said, 1_000 + memory), undefined, "noes that were not yet count no longer than others");
  assert.equal(asOf(once, year + minute), once, "a clock that goes on changes nothing");
});
