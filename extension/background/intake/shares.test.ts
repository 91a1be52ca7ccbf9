import assert from "node:assert/strict";
import { test } from "node:test";
import { takeAll } from "./budgets.ts";
import { TabShares } from "./shares.ts";

const bound = { atOnce: 100, burst: 1_000, perSecond: 100 };

function take(shares: TabShares, site: string, ofPage: boolean, { now = 0, end = false, tabId = 1 } = {}): number {
  let taken = 0;
  for (; taken < 10_000; taken++) {
    const budgets = shares.of({ tabId, site, ofPage }, now);
    if (!takeAll(budgets, now)) break;
    if (end) for (const budget of budgets) budget.give();
  }
  return taken;
}

test("a frame of another site has half of a tab, all of them three quarters, and the page the rest", () => {
  const shares = new TabShares(bound);
  assert.deepEqual(
    [take(shares, "ad.test", false), take(shares, "ad2.test", false), take(shares, "ad3.test", false)],
    [50, 25, 0],
  );
  assert.equal(take(shares, "page.test", true), 25);
  assert.equal(take(shares, "ad.test", false, { tabId: 2 }), 50);
});

test("the page's own site may have all of a tab", () => {
  assert.equal(take(new TabShares(bound), "page.test", true), 100);
});

test("in the long run, too", () => {
  const shares = new TabShares(bound);
  const counts = (now: number): number[] => [
    take(shares, "ad.test", false, { now, end: true }),
    take(shares, "ad2.test", false, { now, end: true }),
    take(shares, "page.test", true, { now, end: true }),
  ];
  assert.deepEqual(counts(0), [500, 250, 250]);
  assert.deepEqual(counts(1_000), [50, 25, 25]);
});
