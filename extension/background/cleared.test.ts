// A thousand origins with markers: the first grant that is used waits for one look at all of them, and not for what each of them takes; and
// a site that has none takes nobody's time with cookies and headers.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { installStorage } from "../fake_storage.ts";

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
let cookieChanged = (_: { removed: boolean; cause: string; cookie: FakeCookie }): void => undefined;
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  tabs: { onRemoved: silent, onReplaced: silent, onUpdated: silent },
  cookies: {
    onChanged: {
      addListener: (listener: typeof cookieChanged) => {
        cookieChanged = listener;
      },
    },
    getAll: () => Promise.resolve([...cookies.values()]),
    get: ({ url }: { url: string }) => Promise.resolve(cookies.get(url) ?? null),
    set: async ({ url }: { url: string }) => {
      await slow;
      written.push(url);
    },
    remove: ({ url }: { url: string }) => Promise.resolve(cookies.delete(url)),
  },
});
const { clearedByItself, stillRemembers, watchCleared } = await import("./cleared.ts");

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

const forgotten: string[] = [];
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const useOne = async (): Promise<void> => {
  assert.equal(await stillRemembers(originOf(500)), true);
};
/** How often the extension's storage is read while `work` is done. */
async function reads(work: () => Promise<void>): Promise<number> {
  const get = mock.method(local, "get");
  await work();
  const count = get.mock.callCount();
  get.mock.restore();
  return count;
}

test("a grant is used before the markers of all others are touched, and they are, one after the other", async () => {
  let release = (): void => undefined;
  slow = new Promise((resolve) => {
    release = resolve;
  });
  watchCleared((origins) => {
    for (const origin of origins) forgotten.push(origin);
  });
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  const used = stillRemembers(originOf(500));
  const gone = stillRemembers(originOf(7));
  release();
  assert.equal(await used, true);
  assert.ok(written.length <= 2, `${written.length.toString()} were touched first`);
  assert.equal(await gone, false);
  while (written.length < 999) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(new Set(written).size, 999);
});

test("what pages do with cookies that look like markers is dropped at once, and nobody waits for it", async () => {
  await settled();
  const idle = await reads(useOne);
  const path = `/.portside-${"A".repeat(22)}/`;
  const cookie = { name: "portside-marker", path, value: "", httpOnly: false, domain: "evil.test", secure: true };
  const flooded = await reads(async () => {
    for (let n = 0; n < 3_000; n++)
      cookieChanged({ removed: n % 2 === 0, cause: "explicit", cookie: { ...cookie, value: n.toString() } });
    await useOne();
    await settled();
  });
  assert.equal(flooded, idle);
});

test("nor do origins that have nothing remembered, by saying that their data is to be deleted; one that has, once", async () => {
  await settled();
  const idle = await reads(useOne);
  const flooded = await reads(async () => {
    for (let n = 0; n < 3_000; n++) clearedByItself(`https://s${(n % 100).toString()}.evil.test`);
    await useOne();
    await settled();
  });
  assert.equal(flooded, idle);
  forgotten.length = 0;
  const deleted = await reads(async () => {
    for (let n = 0; n < 3_000; n++) for (const own of [11, 12]) clearedByItself(originOf(own));
    await settled();
  });
  assert.deepEqual(forgotten, [originOf(11), originOf(12)]);
  assert.ok(deleted < 20, deleted.toString());
  assert.equal(await stillRemembers(originOf(11)), false);
});

test("a marker of somebody's that goes, or becomes another, takes the grants at once", async () => {
  for (const [n, value, removed] of [
    [21, "v", true],
    [22, "another", false],
  ] as const) {
    forgotten.length = 0;
    const path = `/.portside-${n.toString().padStart(22, "0")}/`;
    const domain = `site${n.toString()}.test`;
    const cookie = { name: "portside-marker", path, value, httpOnly: true, domain, secure: true };
    cookieChanged({ removed, cause: "explicit", cookie });
    await settled();
    assert.deepEqual(forgotten, [originOf(n)]);
  }
});

test("a marker that goes meanwhile is not put back", async () => {
  // The look at all of them is over: whoever has none now has no grant any more.
  assert.equal(cookies.size, 995);
  cookies.clear();
  const before = written.length;
  assert.equal(await stillRemembers(originOf(1)), false);
  assert.equal(written.length, before);
});
