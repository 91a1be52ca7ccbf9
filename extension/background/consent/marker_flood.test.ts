// Markers of sites with grants, and a site that has none: whatever it does with cookies and headers takes nobody's time.

import assert from "node:assert/strict";
import { before, mock, test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";

const { browser } = installBrowser();
const { local, session } = browser.storage;
const { jar, onChanged } = browser.cookies;
const { Stored } = await import("../../storage/stored.ts");
const { clearedByItself, stillRemembers, watchCleared } = await import("./cleared.ts");

const domainOf = (n: number): string => `site${n.toString()}.test`;
const originOf = (n: number): string => `https://${domainOf(n)}`;
const markerOf = (n: number): chrome.cookies.Cookie => ({
  ...{ name: "portside-marker", path: `/.portside-${n.toString().padStart(22, "0")}/`, value: "v", storeId: "0" },
  ...{ httpOnly: true, secure: true, session: false, domain: domainOf(n), hostOnly: true, sameSite: "strict" },
});
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const useOne = async (): Promise<void> => {
  assert.equal(await stillRemembers({ origin: originOf(0) }), true);
};
/** How often somebody asks for what is kept while `work` is done: each turn does, also where the answer is known already. */
async function reads(work: () => Promise<void>): Promise<number> {
  const get = mock.method(Stored.prototype, "get");
  await work();
  const count = get.mock.callCount();
  get.mock.restore();
  return count;
}

const forgotten: string[] = [];
before(async () => {
  const sites = [...Array(10).keys()];
  const grant = { protocol: "tcp", host: "example.org", port: 7, entered: false, risk: false, created: 1 };
  const protection = { encryption: "off" };
  local.stored.set(
    "grants",
    sites.map((n) => ({ ...grant, origin: originOf(n), protection })),
  );
  local.stored.set(
    "markers",
    Object.fromEntries(sites.map((n) => [originOf(n), { path: markerOf(n).path, value: "v", renewed: Date.now() }])),
  );
  for (const n of sites) jar.set(originOf(n) + markerOf(n).path, markerOf(n));
  session.stored.set("markersLooked", Date.now());
  watchCleared((origins) => {
    for (const origin of origins) forgotten.push(origin);
  });
  // The worker was started by it: nothing is known yet, and the first event is not lost.
  jar.delete(originOf(9) + markerOf(9).path);
  onChanged.emit({ removed: true, cause: "explicit", cookie: markerOf(9) });
  await settled();
});

test("what starts the worker is not lost", () => {
  assert.ok(forgotten.includes(originOf(9)), "its grant is still there");
});

test("what pages do with cookies that look like markers is dropped at once, and nobody waits for it", async () => {
  const idle = await reads(useOne);
  const cookie = { ...markerOf(0), path: `/.portside-${"A".repeat(22)}/`, httpOnly: false, domain: "evil.test" };
  const flooded = await reads(async () => {
    for (let n = 0; n < 3_000; n++)
      onChanged.emit({ removed: n % 2 === 0, cause: "explicit", cookie: { ...cookie, value: n.toString() } });
    await useOne();
    await settled();
  });
  assert.equal(flooded, idle);
});

test("nor do origins that have nothing remembered, by saying that their data is to be deleted; one that has, once", async () => {
  const idle = await reads(useOne);
  const flooded = await reads(async () => {
    for (let n = 0; n < 3_000; n++) clearedByItself({ origin: `https://s${(n % 100).toString()}.evil.test` });
    await useOne();
    await settled();
  });
  assert.equal(flooded, idle);
  forgotten.length = 0;
  const deleted = await reads(async () => {
    for (let n = 0; n < 3_000; n++) for (const own of [1, 2]) clearedByItself({ origin: originOf(own) });
    await settled();
  });
  assert.deepEqual(forgotten, [originOf(1), originOf(2)]);
  assert.ok(deleted < 20, deleted.toString());
  assert.equal(await stillRemembers({ origin: originOf(1) }), false);
});

test("a marker of somebody's that goes, or becomes another, takes the grants at once", async () => {
  for (const [n, value, removed] of [
    [3, "v", true],
    [4, "another", false],
  ] as const) {
    forgotten.length = 0;
    onChanged.emit({ removed, cause: "explicit", cookie: { ...markerOf(n), value } });
    await settled();
    assert.deepEqual(forgotten, [originOf(n)]);
  }
});
