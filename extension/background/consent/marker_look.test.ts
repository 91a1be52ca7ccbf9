// The look at all markers: when the browser starts, and once a day.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";
import type * as Cleared from "./cleared.ts";
import type { Grant } from "./grants.ts";

const { browser, clock, settled } = installBrowser();
const day = 86_400_000;
/** A worker that starts: nothing of the one before is in memory. */
async function startWorker(name: string): Promise<void> {
  const copy = `./cleared.ts?${name}`;
  const { watchCleared } = (await import(copy)) as typeof Cleared;
  watchCleared(() => undefined);
  await settled();
}

const grantOf = (origin: string): Grant => ({
  ...{ origin, protocol: "tcp", host: "example.org", port: 7, entered: false, risk: false, created: 1 },
  protection: { encryption: "off" },
});
const origins = ["https://stays.test", "https://goes.test"] as const;
const pathOf = (n: number): string => `/.portside-${n.toString().padStart(22, "0")}/`;
const urlOf = (n: number): string => `${origins[n] ?? ""}${pathOf(n)}`;
const remembered = (): string[] =>
  ((browser.storage.local.stored.get("grants") ?? []) as Grant[]).map(({ origin }) => origin);

/** Both are remembered, with their markers. */
async function rememberBoth(): Promise<void> {
  const markers = origins.map((origin, n) => [origin, { path: pathOf(n), value: "v", renewed: clock.now }]);
  browser.storage.local.put({ grants: origins.map(grantOf), markers: Object.fromEntries(markers) });
  for (const [n] of origins.entries())
    await browser.cookies.set({
      ...{ url: urlOf(n), name: "portside-marker", value: "v", path: pathOf(n), httpOnly: true },
      expirationDate: clock.now / 1_000 + 1_000,
    });
  await settled();
}

test("when the browser starts: what lost its marker while nobody was told is forgotten, and what stays is touched", async () => {
  await rememberBoth();
  const [, first] = [...browser.cookies.jar.values()];
  browser.cookies.delete(urlOf(1), { quietly: true });
  browser.cookies.sets.length = 0;
  await startWorker("first");
  await clock.advance(4_999);
  assert.deepEqual(remembered(), [...origins], "pages that the browser opens at its start come first");
  await clock.advance(1);
  assert.deepEqual(remembered(), ["https://stays.test"]);
  // To the browser, which throws out cookies that were not used for long, it is used; it lives no longer for that.
  assert.deepEqual(browser.cookies.sets, [urlOf(0)]);
  assert.equal(browser.cookies.jar.get(urlOf(0))?.expirationDate, first?.expirationDate);
});

test("once a day: a worker that starts again within it does not look, and the first one after it does", async () => {
  await rememberBoth();
  browser.cookies.delete(urlOf(1), { quietly: true });
  await clock.advance(day / 2);
  await startWorker("second");
  await clock.advance(10_000);
  assert.deepEqual(remembered(), [...origins]);
  await clock.advance(day / 2);
  await startWorker("third");
  await clock.advance(10_000);
  assert.deepEqual(remembered(), ["https://stays.test"]);
});

test("without the permission for websites nothing is forgotten: the browser tells of no cookies", async () => {
  await rememberBoth();
  browser.cookies.delete("", { quietly: true });
  browser.access.given = false;
  browser.storage.session.stored.clear(); // a start of the browser
  await startWorker("without access");
  await clock.advance(10_000);
  assert.deepEqual(remembered(), [...origins]);
  browser.access.given = true;
  browser.storage.session.stored.clear();
  await startWorker("with access again");
  await clock.advance(10_000);
  assert.deepEqual(remembered(), []);
});

test("cookies that look like markers and stand for nothing are taken away", async () => {
  const stray = `https://stray.test${pathOf(9)}`;
  await browser.cookies.set({ url: stray, name: "portside-marker", value: "x", path: pathOf(9), secure: true });
  browser.storage.session.stored.clear(); // a start of the browser
  await startWorker("fourth");
  await clock.advance(10_000);
  assert.equal(browser.cookies.jar.has(stray), false);
});
