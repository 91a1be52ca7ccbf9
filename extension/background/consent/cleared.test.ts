// A thousand origins with markers: the first grant that is used waits for one look at all of them, and not for what each of them takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";

const { browser, clock, settled } = installBrowser();
const { local } = browser.storage;
const { jar } = browser.cookies;
/** Cookies that were set, and a brake for it. */
const { sets: written } = browser.cookies;
let slow = Promise.resolve();
const setCookie = browser.cookies.set.bind(browser.cookies);
browser.cookies.set = async (details) => {
  await slow;
  return await setCookie(details);
};
const { stillRemembers, watchCleared } = await import("./cleared.ts");

const originOf = (n: number): string => `https://site${n.toString()}.test`;
const grants = Array.from({ length: 1_000 }, (_, n) => ({
  origin: originOf(n),
  protocol: "tcp",
  host: "example.org",
  port: 7,
  entered: false,
  risk: false,
  created: 1,
  protection: { encryption: "off" },
}));
const markers = Object.fromEntries(
  grants.map(({ origin }, n) => {
    const path = `/.portside-${n.toString().padStart(22, "0")}/`;
    const { hostname: domain } = new URL(origin);
    jar.set(origin + path, {
      ...{ name: "portside-marker", path, value: "v", domain, hostOnly: true, httpOnly: true, secure: true },
      ...{ sameSite: "strict", session: false, storeId: "0", expirationDate: Date.now() / 1_000 + 86_400 },
    });
    return [origin, { path, value: "v", renewed: Date.now() }];
  }),
);
local.stored.set("grants", grants);
local.stored.set("markers", markers);
jar.delete(`${originOf(7)}/.portside-${"7".padStart(22, "0")}/`);

test("a grant is used before the markers of all others are touched, and they are, one after the other", async () => {
  let release = (): void => undefined;
  slow = new Promise((resolve) => {
    release = resolve;
  });
  watchCleared(() => undefined);
  await clock.advance(4_999);
  assert.equal(browser.cookies.looks, 0, "pages that the browser opens at its start come first");
  await clock.advance(1);
  assert.equal(browser.cookies.looks, 1);
  const used = stillRemembers({ origin: originOf(500) });
  const gone = stillRemembers({ origin: originOf(7) });
  release();
  assert.equal(await used, true);
  assert.ok(written.length <= 2, `${written.length.toString()} were touched first`);
  assert.equal(await gone, false);
  while (written.length < 999) await settled();
  assert.equal(new Set(written).size, 999);
});

test("a marker that goes meanwhile is not put back", async () => {
  // The look at all of them is over: whoever has none now has no grant any more.
  assert.equal(jar.size, 999);
  jar.clear();
  const before = written.length;
  assert.equal(await stillRemembers({ origin: originOf(1) }), false);
  assert.equal(written.length, before);
});
