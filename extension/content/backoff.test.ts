import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "./backoff.ts";

/** The times within ten seconds at which a document asks that wants to ask in each millisecond, where `full` tells what the broker says. */
function asks(backoff: Backoff, full: (at: number) => boolean): number[] {
  const times: number[] = [];
  for (let now = 0; now < 10_000; now++) {
    if (!backoff.may(now)) continue;
    backoff.sent(now, now);
    times.push(now);
    if (full(now)) backoff.full(now);
    else backoff.answered(now);
  }
  return times;
}

test("while there is room, as often as the page likes", () => {
  assert.equal(asks(new Backoff(), () => false).length, 10_000);
});

test("where there is none, less and less often", () => {
  assert.deepEqual(
    asks(new Backoff(), () => true),
    [0, 250, 750, 1_750, 3_750, 5_750, 7_750, 9_750],
  );
});

test("from the first that finds room on as before", () => {
  const times = asks(new Backoff(), (at) => at < 700);
  assert.deepEqual(times.slice(0, 5), [0, 250, 750, 751, 752]);
  assert.equal(times.length, 2 + 10_000 - 750);
});

test("many opens that find no room at one moment are one time; who asks again waits for the answer", () => {
  const backoff = new Backoff();
  for (let id = 0; id < 100; id++) backoff.sent(id, 0);
  for (let id = 0; id < 100; id++) {
    backoff.full(1);
    backoff.answered(id);
  }
  assert.deepEqual([backoff.may(250), backoff.may(251)], [false, true]);
  backoff.sent(100, 251);
  assert.equal(backoff.may(252), false);
  backoff.answered(50); // an old one, which had room
  assert.equal(backoff.may(252), false);
  backoff.answered(100);
  assert.equal(backoff.may(252), true);
});
