// One site fills what it can, and the extension's storage is full or broken: rules of others hold, and what cannot be remembered says so.

import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import "../fake/globals.ts";
import { installStorage } from "../fake/storage.ts";
import type { Grant } from "./consent/grants.ts";
import type * as HeaderCache from "./documents/header_cache.ts";

const { local, session } = installStorage();
const cookies = new Map<string, { name: string; path: string; value: string; httpOnly: boolean; domain: string }>();
const privates = new Set<number>();
const silent = { addListener: () => undefined };
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  tabs: {
    onRemoved: silent,
    onReplaced: silent,
    onUpdated: silent,
    query: () => Promise.resolve([]),
    get: (id: number) => Promise.resolve({ id, incognito: privates.has(id) }),
  },
  windows: { onRemoved: silent },
  cookies: {
    onChanged: silent,
    set: ({ url, name, path, value }: { url: string; name: string; path: string; value: string }) => {
      cookies.set(url, { name, path, value, httpOnly: true, domain: new URL(url).hostname });
      return Promise.resolve();
    },
    get: ({ url }: { url: string }) => Promise.resolve(cookies.get(url) ?? null),
    remove: ({ url }: { url: string }) => Promise.resolve(cookies.delete(url)),
    getAll: () => Promise.resolve([...cookies.values()]),
  },
});
mock.method(console, "error", () => undefined);
const { forgetPrivate, cacheResponse, cacheUnread, lookUp, lookUpOrigin } = await import("./documents/header_cache.ts");
const { readHeaders, isRestrictive, unread } = await import("./documents/header_policy.ts");
const { remember } = await import("./consent/cleared.ts");
const grants = await import("./consent/grants.ts");
const { isPaused, onPausedChange, setPaused } = await import("./sockets/paused.ts");
const { cooldownUntil, noteAnswer } = await import("./consent/cooldown.ts");
const { Refusals } = await import("./sockets/refusals.ts");

const denial = readHeaders([{ name: "permissions-policy", value: "direct-sockets=()" }]);
const wordy = readHeaders([
  {
    name: "permissions-policy",
    value: `direct-sockets=(${Array.from({ length: 60 }, (_, n) => `"https://${"x".repeat(180)}${n.toString()}.test"`).join(" ")})`,
  },
]);
const grant: Grant = {
  origin: "https://good.test",
  protocol: "tcp",
  host: "example.org",
  port: 7,
  entered: false,
  risk: false,
  created: 1,
  how: "asked",
  protection: { encryption: "off" },
};

/** The storage in memory takes no time: when the next task begins, everything is written. */
const written = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

beforeEach(() => {
  for (const area of [local, session]) area.broken = false;
});

describe("a site that sends headers without end", () => {
  test("keeps to its share; another site's denial stays, and there is room for what the user says", async () => {
    await cacheResponse("https://good.test/app", denial, "normal");
    for (let n = 0; n < 1_200; n++)
      await cacheResponse(`https://s${(n % 7).toString()}.evil.test/${n.toString()}`, wordy, "normal");
    for (let n = 0; n < 400; n++) await cacheResponse(`https://evil.test/${n.toString()}`, wordy, "private");
    await written();
    assert.ok(local.bytes > 100_000 && local.bytes < 500_000, local.bytes.toString());
    assert.ok(session.bytes > 50_000 && session.bytes < 300_000, session.bytes.toString());
    assert.deepEqual((await lookUp("https://good.test/app", "normal"))?.allowlist, denial.allowlist);
    assert.ok(
      isRestrictive(await lookUpOrigin("https://s0.evil.test/0", "normal")),
      "the default of its own origin stays strict",
    );
  });

  test("many sites together leave a reserve for what the user says", async () => {
    await cacheResponse("https://good.test/app", denial, "normal");
    for (let n = 0; n < 1_200; n++)
      await cacheResponse(`https://evil${(n % 500).toString()}.test/${n.toString()}`, wordy, "normal");
    await written();
    assert.ok(local.bytes > 1_000_000 && local.bytes < 2_100_000, local.bytes.toString());
    assert.deepEqual((await lookUp("https://good.test/app", "normal"))?.allowlist, denial.allowlist);
  });

  test("a flood of sites with one entry each pushes out its own, also after a stop of the worker", async () => {
    local.stored.clear();
    const one = "./documents/header_cache.ts?one"; // as after a stop of the worker: nothing in memory
    const first = (await import(one)) as typeof HeaderCache;
    await first.cacheResponse("https://victim.example/app", denial, "normal");
    for (let n = 0; n < 760; n++) await first.cacheResponse(`https://before${n.toString()}.test/`, denial, "normal");
    await written();
    // Seen again later, and the flood on the same day.
    mock.timers.enable({ apis: ["Date"], now: Date.now() + 86_400_000 });
    await first.cacheResponse("https://victim.example/app", denial, "normal");
    for (let n = 0; n < 1_000; n++) await first.cacheResponse(`https://evil${n.toString()}.test/`, denial, "normal");
    await written();
    const inStore = [...local.stored].reverse(); // browsers list keys in an order of their own
    local.stored.clear();
    for (const [key, value] of inStore) local.stored.set(key, value);
    const two = "./documents/header_cache.ts?two";
    const second = (await import(two)) as typeof HeaderCache;
    for (let n = 0; n < 1_000; n++) await second.cacheResponse(`https://more${n.toString()}.test/`, denial, "normal");
    await written();
    mock.timers.reset();
    for (const kept of [first, second])
      assert.deepEqual((await kept.lookUp("https://victim.example/app", "normal"))?.allowlist, denial.allowlist);
  });

  test("addresses of one IPv6 network are one site", async () => {
    await cacheResponse("https://victim.example/app", denial, "normal");
    for (let n = 0; n < 1_000; n++) await cacheResponse(`http://[2001:db8::${n.toString(16)}]/`, denial, "normal");
    await written();
    assert.ok(isRestrictive(await lookUpOrigin("https://victim.example/", "normal")), "the other site's went");
    assert.equal((await lookUp("http://[2001:db8::1]/elsewhere", "normal")) ?? undefined, undefined);
    for (let n = 0; n < 60; n++) cacheUnread(`http://[2001:db8:1::${n.toString(16)}]`, "normal");
    assert.deepEqual(await lookUp("http://[2001:db8:1::ffff]/", "normal"), unread);
    cacheUnread("https://small.example", "normal");
    for (let n = 0; n < 3_000; n++) cacheUnread(`https://unread${n.toString()}.test`, "normal");
    assert.deepEqual(
      await lookUp("https://small.example/", "normal"),
      unread,
      "what was not noted is strict, whatever comes after",
    );
    assert.deepEqual(await lookUp("http://[2001:db8:1::1]/", "normal"), unread);
  });

  test("refusals in many tabs, too", async () => {
    const refusals = new Refusals(() => undefined);
    const attempt = { stage: "open", protocol: "tcp", host: "x".repeat(1_000), port: 7 } as const;
    await refusals.add(1, { ...attempt, origin: "https://good.test" }, { reason: "policy" });
    for (let tab = 2; tab < 400; tab++)
      for (let n = 0; n < 5; n++)
        await refusals.add(
          tab,
          { ...attempt, origin: "https://evil.test", port: n + 1 },
          { reason: "policy", by: "y".repeat(999) },
        );
    await written();
    assert.ok(session.bytes > 500_000 && session.bytes < 1_600_000, session.bytes.toString());
    assert.equal((await refusals.of(1)).length, 1);
  });

  test("refusals in private windows push out none of other tabs of the site", async () => {
    const refusals = new Refusals(() => undefined);
    const attempt = { stage: "open", protocol: "tcp", host: "a.test", port: 7, origin: "https://shop.test" } as const;
    privates.clear();
    await refusals.add(1_001, attempt, { reason: "policy" });
    for (let tab = 1_002; tab < 1_110; tab++) privates.add(tab);
    for (const tab of privates) await refusals.add(tab, attempt, { reason: "policy" });
    assert.equal((await refusals.of(1_001)).length, 1);
    assert.equal((await refusals.of(1_002)).length, 0);
  });

  test("a frame does not push a page's refusals out of the popup", async () => {
    const refusals = new Refusals(() => undefined);
    const attempt = { stage: "open", protocol: "tcp", host: "a.test" } as const;
    await refusals.add(1, { ...attempt, origin: "https://good.test", port: 7 }, { reason: "policy" });
    for (let n = 1; n < 100; n++)
      await refusals.add(
        1,
        { ...attempt, origin: `https://${(n % 9).toString()}.evil.test`, port: n },
        { reason: "policy" },
      );
    const kept = await refusals.of(1);
    assert.equal(kept.length, 20);
    assert.ok(
      kept.some(({ origin }) => origin === "https://good.test"),
      "the page's own went",
    );
  });
});

describe("what private windows saw", () => {
  const url = (kind: string): string => `https://marked.test/${kind}`;
  const free = readHeaders([]);

  test("normal windows hear nothing of, nor of what workers saw meanwhile; private ones hear of both, and of what is on disk", async () => {
    for (const kind of ["private", "unknown"] as const) {
      await cacheResponse(url(kind), denial, kind);
      cacheUnread(`https://${kind}.crowded.test`, kind);
      assert.equal(await lookUp(url(kind), "normal"), undefined, kind);
      assert.equal(await lookUp(`https://${kind}.crowded.test/`, "normal"), undefined, kind);
      assert.deepEqual((await lookUp(url(kind), "private"))?.allowlist, denial.allowlist, kind);
      assert.notEqual(await lookUp(`https://${kind}.crowded.test/`, "private"), undefined, kind);
      await cacheResponse(url("free"), free, kind);
      assert.equal(await lookUp(url("free"), "normal"), undefined, kind);
    }
    assert.equal(isRestrictive(await lookUpOrigin(url(""), "normal")), false);
    assert.equal(isRestrictive(await lookUpOrigin(url(""), "private")), true);
    await cacheResponse("https://disk.test/", denial, "normal");
    assert.deepEqual((await lookUp("https://disk.test/", "private"))?.allowlist, denial.allowlist);
    assert.equal(isRestrictive(await lookUpOrigin("https://disk.test/", "private")), true);
    assert.equal(await lookUp(url("private"), "unknown"), undefined, "a tab that nobody can say the kind of");
  });

  test("pushes out nothing of normal ones, nor the reverse", async () => {
    await cacheResponse("https://crowd.test/", free, "normal");
    await cacheResponse("https://crowd.test/", free, "private");
    for (let n = 0; n < 60; n++) await cacheResponse(`https://crowd.test/${n.toString()}`, free, "private");
    assert.notEqual(await lookUp("https://crowd.test/", "normal"), undefined);
    assert.equal(await lookUp("https://crowd.test/", "private"), undefined, "its own went");
    cacheUnread("https://crowd.test", "normal");
    assert.equal(await lookUp("https://crowd.test/", "private"), undefined, "what had no room in normal windows");
  });

  test("goes with the last of them", async () => {
    await cacheResponse("https://stays.test/", denial, "normal");
    await cacheResponse("https://goes.test/", free, "private");
    cacheUnread("https://goes2.test", "unknown");
    await forgetPrivate();
    await written();
    for (const gone of [url("private"), url("unknown"), "https://goes.test/", "https://goes2.test/"])
      assert.equal(await lookUp(gone, "private"), undefined, gone);
    assert.deepEqual(
      [...session.stored.keys()].filter((key) => key.startsWith("kept")),
      [],
    );
    assert.notEqual(await lookUp("https://stays.test/", "normal"), undefined);
  });
});

test("a denial that the disk does not take holds over a stop of the worker", async () => {
  local.broken = true;
  const one = "./documents/header_cache.ts?before";
  const two = "./documents/header_cache.ts?after";
  const first = (await import(one)) as typeof HeaderCache;
  await first.cacheResponse("https://victim.example/app", denial, "normal");
  await written();
  const second = (await import(two)) as typeof HeaderCache;
  assert.deepEqual((await second.lookUp("https://victim.example/app", "normal"))?.allowlist, denial.allowlist);
  assert.ok(
    isRestrictive(await second.lookUpOrigin("https://victim.example/", "normal")),
    "nothing is known of the origin",
  );
});

describe("nothing can be written", () => {
  const brokenNow = (): void => {
    local.broken = session.broken = true;
  };

  test("Always allow is Allow this time, and says why", async () => {
    assert.equal(await remember({ ...grant, port: 8 }), undefined);
    brokenNow();
    assert.equal(await remember(grant), "storage");
    assert.deepEqual(
      (await grants.listGrants()).map(({ port }) => port),
      [8],
    );
    local.broken = session.broken = false;
    cookies.clear();
  });

  test("Allow this time holds for the document, and no other", async () => {
    brokenNow();
    const document = { documentId: "d", tabId: 1, origin: "https://good.test", private: false };
    const { entered, risk, protection, host } = grant;
    const request = grants.requestKey("tcp", host, 1);
    await grants.addDocumentGrant(document, request, { entered, risk, protection, host });
    const wanted = (): typeof protection => ({ encryption: "off" });
    assert.equal((await grants.documentGrants("d", request, wanted))[0]?.host, host);
    assert.deepEqual(await grants.documentGrants("e", request, wanted), []);
  });

  test("three denials mute", async () => {
    brokenNow();
    for (let n = 0; n < 3; n++) await noteAnswer("https://noisy.test", { private: false }, "no");
    assert.notEqual(await cooldownUntil("https://noisy.test", { private: false }), undefined);
  });

  test("a pause pauses, and what is open hears of it", async () => {
    const heard: unknown[] = [];
    onPausedChange((paused, isPrivate) => heard.push([paused, isPrivate]));
    brokenNow();
    for (const isPrivate of [false, true]) {
      await setPaused("https://good.test", { private: isPrivate }, true);
      assert.equal(await isPaused({ origin: "https://good.test", private: isPrivate }), true);
    }
    assert.deepEqual(heard, [
      [["https://good.test"], false],
      [["https://good.test"], true],
    ]);
  });

  test("a pause in one page of the extension, and one in another: neither is lost", async () => {
    const copy = "./sockets/paused.ts?another"; // a page has its own copy of each module
    const other = (await import(copy)) as { setPaused: typeof setPaused };
    assert.notEqual(other.setPaused, setPaused);
    const sites = ["https://one.test", "https://two.test"] as const;
    await Promise.all([
      setPaused(sites[0], { private: false }, true),
      other.setPaused(sites[1], { private: false }, true),
    ]);
    for (const origin of sites) assert.equal(await isPaused({ origin, private: false }), true, origin);
  });

  test("what is taken back is gone, and what is open hears of it", async () => {
    await grants.removeGrants(() => true);
    await grants.addGrants(grant);
    const heard: number[] = [];
    grants.onRevoked((revoked) => heard.push(revoked.length));
    brokenNow();
    await grants.removeGrants(() => true);
    assert.deepEqual(await grants.listGrants(), []);
    assert.deepEqual(heard, [1]);
  });
});

test("one document keeps where it last got to, so much and no more", async () => {
  const document = { documentId: "many", tabId: 1, origin: "https://good.test", private: false };
  const { entered, risk, protection, host } = grant;
  for (let n = 0; n < 200; n++)
    await grants.addDocumentGrant(document, grants.requestKey("tcp", host, n), { entered, risk, protection, host });
  const wanted = (): typeof protection => ({ encryption: "off" });
  const there = async (port: number): Promise<boolean> =>
    (await grants.documentGrants("many", grants.requestKey("tcp", host, port), wanted)).length > 0;
  assert.deepEqual([await there(199), await there(136), await there(135)], [true, true, false]);
});

test("denials of many origins of one site are that site's", async () => {
  for (let n = 0; n < 2; n++) await noteAnswer("https://small.test", { private: false }, "no");
  for (let n = 0; n < 200; n++) await noteAnswer(`https://s${n.toString()}.greedy.test`, { private: false }, "no");
  const table = session.stored.get("cooldowns") as Record<string, unknown>;
  assert.ok(Object.keys(table).length < 30, Object.keys(table).length.toString());
  assert.ok("normal small.test" in table && "normal greedy.test" in table, "a site went");
});
