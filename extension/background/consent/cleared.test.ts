// A thousand origins with markers: the first grant that is used waits for one look at all of them, and not for what each of them takes.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { installStorage } from "../../fake/storage.ts";

const { local } = installStorage();
const silent = { addListener: () => undefined };
interface FakeCookie {
  name: string;
  path: string;
  value: string;
  httpOnly: boolean;
  domain: string;
  secure: boolean;
}
const cookies = new Map<string, FakeCookie>();
/** Cookies that were set, and a brake for it. */
const written: string[] = [];
let slow = Promise.resolve();
/** How often all cookies were looked at. */
let looks = 0;
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  tabs: { onRemoved: silent, onReplaced: silent, onUpdated: silent },
  cookies: {
    onChanged: silent,
    getAll: () => {
      looks++;
      return Promise.resolve([...cookies.values()]);
    },
    get: ({ url }: { url: string }) => Promise.resolve(cookies.get(url) ?? null),
    set: async ({ url }: { url: string }) => {
      await slow;
      written.push(url);
    },
    remove: ({ url }: { url: string }) => Promise.resolve(cookies.delete(url)),
  },
});
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
    cookies.set(origin + path, { name: "portside-marker", path, value: "v", httpOnly: true, domain, secure: true });
    return [origin, { path, value: "v", renewed: Date.now() }];
  }),
);
local.stored.set("grants", grants);
local.stored.set("markers", markers);
cookies.delete(`${originOf(7)}/.portside-${"7".padStart(22, "0")}/`);

test("a grant is used before the markers of all others are touched, and they are, one after the other", async () => {
  let release = (): void => undefined;
  slow = new Promise((resolve) => {
    release = resolve;
  });
  mock.timers.enable({ apis: ["setTimeout"] });
  watchCleared(() => undefined);
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await turns();
  mock.timers.tick(4_999);
  await turns();
  assert.equal(looks, 0, "pages that the browser opens at its start come first");
  mock.timers.tick(1);
  await turns();
  assert.equal(looks, 1);
  mock.timers.reset();
  const used = stillRemembers(originOf(500));
  const gone = stillRemembers(originOf(7));
  release();
  assert.equal(await used, true);
  assert.ok(written.length <= 2, `${written.length.toString()} were touched first`);
  assert.equal(await gone, false);
  while (written.length < 999) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(new Set(written).size, 999);
});

test("a marker that goes meanwhile is not put back", async () => {
  // The look at all of them is over: whoever has none now has no grant any more.
  assert.equal(cookies.size, 999);
  cookies.clear();
  const before = written.length;
  assert.equal(await stillRemembers(originOf(1)), false);
  assert.equal(written.length, before);
});
