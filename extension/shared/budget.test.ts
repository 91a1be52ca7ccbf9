import assert from "node:assert/strict";
import { test } from "node:test";
import { Budget } from "./budget.ts";

const bound = { atOnce: 3, burst: 5, perSecond: 2 };

/** How many it lets take. */
function takes(budget: Budget, now: number, tries = 10): number {
  let taken = 0;
  for (let n = 0; n < tries; n++) if (budget.take(now)) taken++;
  return taken;
}

test("so many at a time; what is given back may be taken again", () => {
  const budget = new Budget(bound, 0);
  assert.equal(takes(budget, 0), 3);
  budget.give();
  assert.equal(takes(budget, 0), 1);
});

test("so many in a row, and so many in a second from then on", () => {
  const budget = new Budget({ ...bound, atOnce: 100 }, 0);
  assert.equal(takes(budget, 0), 5);
  assert.equal(takes(budget, 499), 0);
  assert.equal(takes(budget, 500), 1);
  assert.equal(takes(budget, 1_500), 2);
  assert.equal(takes(budget, 3_600_000, 100), 5, "a long pause saves up no more than the burst");
});

test("a clock that goes back gives nothing", () => {
  const budget = new Budget({ ...bound, atOnce: 100 }, 1_000);
  assert.equal(takes(budget, 1_000), 5);
  assert.equal(takes(budget, 0), 0);
});

test("it is whole when nothing is in use and nothing is owed", () => {
  const budget = new Budget(bound, 0);
  assert.equal(budget.isWhole(0), true);
  budget.take(0);
  assert.equal(budget.isWhole(10_000), false);
  budget.give();
  assert.equal(budget.isWhole(10_000), true);
  budget.take(10_000);
  budget.give();
  assert.equal(budget.isWhole(10_000), false);
  assert.equal(budget.isWhole(10_500), true);
});
