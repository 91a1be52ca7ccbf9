import assert from "node:assert/strict";
import { test } from "node:test";
import { Budgets } from "./budgets.ts";

test("each name has a budget of its own, at a rate", () => {
  const budgets = new Budgets({ atOnce: 1, burst: 5, perSecond: 2 });
  const count = (name: string, now: number): number => {
    let n = 0;
    while (n < 100 && budgets.spend(name, now)) n++;
    return n;
  };
  assert.deepEqual([count("a", 0), count("b", 0), count("a", 1_000), count("b", 1_000)], [5, 5, 2, 2]);
});

test("those that are whole are forgotten, others never", () => {
  const budgets = new Budgets({ atOnce: 1, burst: 5, perSecond: 5 });
  budgets.of("in use", 0).take(0);
  for (let n = 0; n < 10_000; n++) budgets.spend(n.toString(), n * 1_000);
  assert.ok(budgets.size <= 130, `${budgets.size.toString()} are remembered`);
  assert.equal(budgets.of("in use", 10_000_000).has(10_000_000), false);
});
