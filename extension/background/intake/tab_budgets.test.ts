import assert from "node:assert/strict";
import { test } from "node:test";
import { takeAll } from "./budgets.ts";
import { TabBudgets } from "./tab_budgets.ts";

const bound = { atOnce: 100, burst: 1_000, perSecond: 100 };

function take(tabs: TabBudgets, site: string, ofPage: boolean, { now = 0, end = false, tabId = 1 } = {}): number {
  let taken = 0;
  for (; taken < 10_000; taken++) {
    const budgets = tabs.of({ tabId, site, ofPage }, now);
    if (!takeAll(budgets, now)) break;
    if (end) for (const budget of budgets) budget.give();
  }
  return taken;
}

test("a frame of another site has half of a tab, all of them three quarters, and the page the rest", () => {
  const tabs = new TabBudgets(bound);
  assert.deepEqual(
    [take(tabs, "ad.test", false), take(tabs, "ad2.test", false), take(tabs, "ad3.test", false)],
    [50, 25, 0],
  );
  assert.equal(take(tabs, "page.test", true), 25);
  assert.equal(take(tabs, "ad.test", false, { tabId: 2 }), 50);
});

test("the page's own site may have all of a tab", () => {
  assert.equal(take(new TabBudgets(bound), "page.test", true), 100);
});

test("in the long run, too", () => {
  const tabs = new TabBudgets(bound);
  const counts = (now: number): number[] => [
    take(tabs, "ad.test", false, { now, end: true }),
    take(tabs, "ad2.test", false, { now, end: true }),
    take(tabs, "page.test", true, { now, end: true }),
  ];
  assert.deepEqual(counts(0), [500, 250, 250]);
  assert.deepEqual(counts(1_000), [50, 25, 25]);
});
