// What headers are kept for, with a browser of our own.

import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import v8 from "node:v8";
import { runInNewContext } from "node:vm";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";

installStorage();
mock.method(performance, "now", () => 0); // or budgets would grow while a slow machine works
type Listener = (details: object) => unknown;
const silent = { addListener: () => undefined };
let onHeaders: Listener = () => undefined;
let onCommitted: Listener = () => undefined;
/** Tabs that the browser says nothing of yet, and what to call when it does. */
const stuck = new Map<number, () => void>();
/** Tabs in private windows. */
const privates = new Set<number>();
/** Tabs whose documents the browser lists. */
const listed = new Map<number, string[]>();
let onCreated: (tab: { id: number; incognito: boolean }) => void = () => undefined;
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  tabs: {
    onRemoved: silent,
    onReplaced: silent,
    onUpdated: silent,
    onCreated: { addListener: (listener: typeof onCreated) => (onCreated = listener) },
    query: () =>
      Promise.resolve([
        ...[...privates].map((id) => ({ id, incognito: true })),
        ...[...listed.keys()].map((id) => ({ id, incognito: false })),
      ]),
    get: async (id: number) => {
      if (stuck.has(id)) await new Promise<void>((resolve) => stuck.set(id, resolve));
      return { id, incognito: privates.has(id) };
    },
  },
  windows: { onCreated: silent, onRemoved: silent },
  webRequest: {
    OnHeadersReceivedOptions: {},
    onHeadersReceived: { addListener: (listener: Listener) => (onHeaders = listener) },
  },
  webNavigation: {
    onCommitted: { addListener: (listener: Listener) => (onCommitted = listener) },
    getFrame: () => Promise.resolve(null),
    getAllFrames: ({ tabId }: { tabId: number }) =>
      Promise.resolve((listed.get(tabId) ?? []).map((documentId) => ({ documentId }))),
  },
});
const { lookUpCached, recordsOf, watchHeaders } = await import("./headers.ts");
const { isRestrictive, unread } = await import("./header_policy.ts");
const cleared: string[] = [];
watchHeaders(({ origin }) => cleared.push(origin));

const html = { name: "content-type", value: "text/html" };
const denial = { name: "permissions-policy", value: "direct-sockets=()" };
/** The page fetches a document of its own. */
function fetched(tabId: number, url: string, ...headers: { name: string; value: string }[]): void {
  const { origin } = new URL(url);
  onHeaders({
    type: "xmlhttprequest",
    statusCode: 200,
    tabId,
    frameId: 0,
    url,
    initiator: origin,
    responseHeaders: [html, ...headers],
  });
}
/** A document is loaded. */
function loaded(
  {
    tabId,
    frameId = 0,
    url,
    id,
    initiator,
  }: { tabId: number; frameId?: number; url: string; id: string; initiator?: string },
  ...headers: { name: string; value: string }[]
): void {
  const type = frameId === 0 ? "main_frame" : "sub_frame";
  onHeaders({ type, statusCode: 200, tabId, frameId, url, initiator, responseHeaders: headers });
  onCommitted({ tabId, frameId, url, documentId: id, transitionType: "link", parentFrameId: frameId === 0 ? -1 : 0 });
}
/** A tab is made, and the browser says so at once. */
function open(tabId: number, incognito: boolean): void {
  if (incognito) privates.add(tabId);
  onCreated({ id: tabId, incognito });
}
/** The browser says what a tab is of which it said nothing. */
function release(tabId: number): void {
  const go = stuck.get(tabId);
  stuck.delete(tabId);
  go?.();
}
/** Everything is done that waits for nothing but the browser made up here. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const soon = <T>(work: Promise<T>): Promise<T | "late"> =>
  Promise.race([work, new Promise<"late">((resolve) => setTimeout(resolve, 500, "late"))]);
let last = 0;
const long = (): { name: string; value: string } => ({
  name: "content-security-policy",
  value: `script-src https://x${(++last).toString()}.test ${"a".repeat(50_000)}`,
});

describe("a site that sends responses without end", () => {
  test("holds up no other: neither what is known of other tabs' documents nor of other sites' URLs", async () => {
    stuck.set(1, () => undefined);
    for (let n = 0; n < 500; n++) fetched(1, `https://greedy.test/${n.toString()}`, denial);
    loaded({ tabId: 2, url: "https://good.test/", id: "D1" }, denial);
    const [record] = (await soon(recordsOf(2, ["D1"]))) as [{ policy?: unknown }?];
    assert.notEqual(record?.policy, undefined, "it waits for another site's responses");
    assert.notEqual(await soon(lookUpCached("https://good.test/", "normal")), "late");
  });

  test("what was not noted for lack of room is strict for its origin, and for no other", async () => {
    stuck.set(3, () => undefined);
    for (let n = 0; n < 101; n++) fetched(3, `https://full.test/${n.toString()}`, denial);
    for (let n = 0; n < 101; n++) fetched(3, `https://harmless.test/${n.toString()}`);
    release(3);
    await turn();
    const { cacheUnread, lookUp } = await import("./header_cache.ts");
    assert.deepEqual(await lookUp("https://full.test/elsewhere", "normal"), unread);
    assert.equal(await lookUp("https://harmless.test/elsewhere", "normal"), undefined);
    assert.equal(await lookUp("https://www.full.test/", "normal"), undefined);
    for (let n = 0; n < 60; n++) cacheUnread(`https://h${n.toString()}.many.test`, "normal");
    assert.deepEqual(
      await lookUp("https://h0.many.test/", "normal"),
      unread,
      "of a site with many such origins all are strict",
    );
  });

  test("its headers are read up to its budget; then its documents are refused", async () => {
    for (let n = 0; n < 41; n++) loaded({ tabId: 4, url: "https://wordy.test/", id: `W${n.toString()}` }, long());
    const [first, , late] = await recordsOf(4, ["W0", "W1", "W40"]);
    assert.equal(first?.policy?.allowlist, undefined);
    assert.deepEqual(late?.policy, unread);
    assert.equal(isRestrictive(unread), true);
    loaded({ tabId: 4, url: "https://fresh.test/", id: "F" }, long());
    const [fresh] = await recordsOf(4, ["F"]);
    assert.notDeepEqual(fresh?.policy, unread, "what the user goes to afterwards");
  });

  test("a frame that sends others to a site uses up nothing of that site, and makes nothing of it strict", async () => {
    const initiator = "https://ad.test";
    for (const tabId of [5, 6, 8, 9]) open(tabId, false);
    loaded({ tabId: 5, url: "https://page.test/", id: "P0" });
    for (const tabId of [9, 8, 5])
      for (let n = 1; n < 60; n++)
        loaded({ tabId, frameId: n, url: "https://victim.test/", id: `V${n.toString()}`, initiator }, long());
    assert.deepEqual((await recordsOf(5, ["V59"]))[0]?.policy, unread);
    assert.equal((await lookUpCached("https://victim.test/x", "normal")) ?? undefined, undefined);
    loaded({ tabId: 6, url: "https://victim.test/", id: "V" }, long());
    assert.notDeepEqual((await recordsOf(6, ["V"]))[0]?.policy, unread);
    loaded({ tabId: 5, frameId: 70, url: "https://page.test/f", id: "P1", initiator: "https://page.test" }, long());
    assert.notDeepEqual((await recordsOf(5, ["P1"]))[0]?.policy, unread, "the page has a part of its own");
  });
});

test("what waits holds no long addresses: what it needs of them is taken before, and paths that are too long are strict", async () => {
  fetched(322, "https://long.test/p", denial);
  const came = { frameId: 0, transitionType: "link", parentFrameId: -1 };
  onCommitted({ ...came, tabId: 322, url: `https://long.test/p?${"x".repeat(20_000)}`, documentId: "Q" });
  onCommitted({ ...came, tabId: 323, url: `https://long.test/${"x".repeat(20_000)}`, documentId: "P" });
  const [query] = await recordsOf(322, ["Q"]);
  assert.notEqual(query?.cached?.allowlist, undefined, "what was seen for the path counts");
  assert.notDeepEqual(query?.cached, unread);
  assert.deepEqual((await recordsOf(323, ["P"]))[0]?.cached, unread);
  stuck.set(320, () => undefined);
  fetched(320, "http://a.b/p", denial); // from now on whoever asks what was seen of a.b waits
  v8.setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 40; n++) {
    const url = `http://a.b/p?${n.toString()}${"x".repeat(250_000)}`;
    onCommitted({
      tabId: 321,
      frameId: 0,
      url,
      documentId: `L${n.toString()}`,
      transitionType: "link",
      parentFrameId: -1,
    });
    fetched(320, url, denial);
  }
  collect();
  const held = process.memoryUsage().heapUsed - before;
  assert.ok(held < 5_000_000, `${held.toString()} bytes are held`);
  release(320);
});

test("a frame of a page that was there before the worker started keeps what its document of now came with", async () => {
  const url = "https://gallery.test/";
  const tabId = 400;
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // what the tests before have set off is done
  mock.timers.enable({ apis: ["Date", "setTimeout"], now: Date.now() });
  const ids = Array.from({ length: 40 }, (_, n) => `G${n.toString()}`);
  for (const id of ids) {
    listed.set(tabId, ["page", id]);
    loaded({ tabId, frameId: 5, url: `${url}${id}`, id, initiator: "https://gallery.test" });
    await recordsOf(tabId, [id]);
    mock.timers.tick(2_000);
    for (let n = 0; n < 20; n++) await turn();
  }
  mock.timers.reset();
  listed.delete(tabId);
  const kept = (await recordsOf(tabId, ids)).map((record) => record !== undefined);
  assert.equal(kept.at(-1), true);
  const old = kept.filter(Boolean).length;
  assert.ok(old <= 12, `${old.toString()} records; those of the last ten seconds may not be listed yet`);
});

test("a document has what it came with, also where the empty one before it had the same id (Firefox); what was kept stays", async () => {
  const [tabId, url, id] = [41, "https://popup.test/", "popup"];
  onCommitted({ tabId, frameId: 0, url: "about:blank", documentId: id });
  assert.equal((await recordsOf(tabId, [id]))[0]?.policy, undefined);
  loaded({ tabId, url, id }, denial);
  const policies = async (): Promise<unknown> => (await recordsOf(tabId, [id]))[0]?.policy?.allowlist;
  const denied = { all: false, self: false, origins: [] };
  assert.deepEqual(await policies(), denied);
  loaded({ tabId, url, id }); // no browser does this
  assert.deepEqual(await policies(), denied);
  // It comes out of the back/forward cache, while another response waits for its document.
  onCommitted({ tabId, frameId: 0, url: "https://other.test/", documentId: "other" });
  loaded({ tabId, url, id });
  assert.deepEqual(await policies(), denied);
});

test("a response waits for its document, also when the empty one before it is told of later (Firefox)", async () => {
  const place = { tabId: 42, frameId: 0, url: "https://late.test/" };
  onHeaders({ ...place, type: "main_frame", statusCode: 200, responseHeaders: [denial] });
  onCommitted({ ...place, url: "about:blank", documentId: "late" });
  onCommitted({ ...place, documentId: "late" });
  const [record] = await recordsOf(place.tabId, ["late"]);
  assert.deepEqual(record?.policy?.allowlist, { all: false, self: false, origins: [] });
});

test("a response that is told of after its document (Firefox) is that one's; one that came later is the next one's", async () => {
  const place = { tabId: 43, frameId: 0, url: "https://late.test/" };
  const policies = async (id: string): Promise<unknown> => (await recordsOf(place.tabId, [id]))[0]?.policy?.allowlist;
  const responds = (timeStamp: number, ...responseHeaders: object[]): void => {
    onHeaders({ ...place, type: "main_frame", statusCode: 200, responseHeaders, timeStamp });
  };
  onCommitted({ ...place, documentId: "first", timeStamp: 20 });
  responds(10, denial);
  const denied = { all: false, self: false, origins: [] };
  assert.deepEqual(await policies("first"), denied);
  responds(30);
  assert.deepEqual(await policies("first"), denied);
  onCommitted({ ...place, documentId: "second", timeStamp: 40 });
  assert.deepEqual((await recordsOf(place.tabId, ["second"]))[0]?.policy, { csp: [] });
  // Of a document that a service worker has made nothing comes, and what comes for the next one is not its own.
  onCommitted({ ...place, documentId: "third", timeStamp: 50 });
  responds(60, denial);
  assert.equal((await recordsOf(place.tabId, ["third"]))[0]?.policy, undefined);
});

test("a wish to delete is told once, however many responses say it while the tab is looked at", async () => {
  const clear = { name: "clear-site-data", value: '"storage"' };
  for (let n = 0; n < 100; n++) fetched(7, "https://forgetful.test/", clear);
  fetched(7, "https://forgetful2.test/", clear);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(cleared, ["https://forgetful.test", "https://forgetful2.test"]);
});

describe("private windows and others", () => {
  test("read headers within budgets of their own", async () => {
    open(20, false);
    open(21, true);
    for (const [one, other, site] of [
      [21, 20, "https://both.test/"],
      [20, 21, "https://both2.test/"],
    ] as const) {
      for (let n = 0; n < 41; n++) loaded({ tabId: one, url: site, id: `${site} ${n.toString()}` }, long());
      loaded({ tabId: other, url: site, id: `${site} other` }, long());
      assert.deepEqual((await recordsOf(one, [`${site} 40`]))[0]?.policy, unread);
      assert.notDeepEqual((await recordsOf(other, [`${site} other`]))[0]?.policy, unread);
    }
  });

  test("what was read in one of them is no cheaper in the other", async () => {
    open(22, false);
    open(23, true);
    const text = long();
    for (let n = 0; n < 41; n++) {
      loaded({ tabId: 23, url: "https://text.test/", id: "T" }, text); // so that it is remembered
      loaded({ tabId: 22, url: "https://text.test/", id: `T${n.toString()}` }, long());
    }
    loaded({ tabId: 22, url: "https://text.test/", id: "T42" }, text);
    assert.deepEqual((await recordsOf(22, ["T42"]))[0]?.policy, unread);
  });

  test("note what they see apart: neither hears of the other, nor takes room from it", async () => {
    open(24, false);
    open(25, true);
    for (let n = 0; n < 101; n++) fetched(25, `https://shop.test/${n.toString()}`, denial);
    fetched(24, "https://shop.test/normal", denial);
    assert.equal(await lookUpCached("https://shop.test/5", "normal"), undefined);
    assert.notDeepEqual(await lookUpCached("https://shop.test/normal", "normal"), unread);
    assert.equal(isRestrictive((await lookUpCached("https://shop.test/normal", "normal")) ?? unread), true);
    assert.deepEqual(await lookUpCached("https://shop.test/5", "private"), unread, "there was no room for the last");
    for (let n = 0; n < 101; n++) fetched(24, `https://shop2.test/${n.toString()}`, denial);
    assert.deepEqual(await lookUpCached("https://shop2.test/x", "normal"), unread);
    assert.equal(await lookUpCached("https://shop2.test/x", "private"), undefined);
  });

  test("an open in one of them does not wait for the other", async () => {
    open(26, true);
    for (let n = 0; n < 50; n++) fetched(26, `https://slow.test/${n.toString()}`, denial);
    const order: string[] = [];
    await Promise.all([
      lookUpCached("https://slow.test/", "private").then(() => order.push("private")),
      lookUpCached("https://slow.test/", "normal").then(() => order.push("normal")),
    ]);
    assert.deepEqual(order, ["normal", "private"]);
  });

  test("workers, which do not say whose they are, count for neither as long as a private window is open", async () => {
    const { lookUp } = await import("./header_cache.ts");
    privates.clear();
    open(27, false);
    await turn();
    fetched(-1, "https://worker.test/before", denial);
    await turn();
    assert.notEqual(await lookUpCached("https://worker.test/before", "normal"), undefined);
    open(28, true);
    for (let n = 0; n < 41; n++) fetched(-1, `https://worker.test/${n.toString()}`, long(), denial);
    await turn();
    for (let n = 0; n < 41; n++) fetched(-1, `https://worker.test/late${n.toString()}`, long(), denial);
    assert.equal(await lookUpCached("https://worker.test/0", "normal"), undefined);
    assert.equal(await lookUp("https://worker.test/x", "normal"), undefined);
    assert.deepEqual(await lookUpCached("https://worker.test/x", "private"), unread, "it may be theirs");
    for (const tabId of [27, 28]) {
      loaded({ tabId, url: "https://worker.test/", id: `worker ${tabId.toString()}` }, long());
      assert.notDeepEqual((await recordsOf(tabId, [`worker ${tabId.toString()}`]))[0]?.policy, unread);
    }
  });

  test("a browser that says with each request whose it is (Firefox) is heard, of workers, too", async () => {
    const { background } = await import("../../platform/firefox.ts");
    const inChromium = onHeaders;
    const clearedThere: string[] = [];
    watchHeaders(({ origin }) => clearedThere.push(origin), background);
    const inFirefox = onHeaders;
    onHeaders = inChromium;
    const seen = (path: string, incognito: boolean): unknown =>
      inFirefox({
        type: "xmlhttprequest",
        statusCode: 200,
        tabId: -1,
        frameId: -1,
        url: `https://fox.test/${path}`,
        originUrl: "https://fox.test/page",
        incognito,
        cookieStoreId: incognito ? "firefox-private" : "firefox-default",
        responseHeaders: [html, denial, { name: "clear-site-data", value: '"storage"' }],
      });
    seen("normal", false);
    seen("private", true);
    assert.notEqual(await lookUpCached("https://fox.test/normal", "normal"), undefined);
    assert.equal(await lookUpCached("https://fox.test/private", "normal"), undefined);
    assert.deepEqual(clearedThere, ["https://fox.test"]);
  });

  test("a tab of which nothing is known yet is read at once, pays for itself, and is noted by what it turns out to be", async () => {
    for (const [tabId, incognito] of [
      [30, false],
      [31, true],
    ] as const) {
      if (incognito) privates.add(tabId);
      stuck.set(tabId, () => undefined);
    }
    for (let n = 0; n < 41; n++) loaded({ tabId: 31, url: "https://new.test/", id: `N${n.toString()}` }, long());
    loaded({ tabId: 30, url: "https://new.test/", id: "N" }, long());
    fetched(30, "https://new.test/normal", denial);
    fetched(31, "https://other-new.test/private", denial);
    for (const tabId of [30, 31]) release(tabId);
    const [late] = await recordsOf(31, ["N40"]);
    assert.deepEqual(late?.policy, unread);
    assert.notDeepEqual((await recordsOf(30, ["N"]))[0]?.policy, unread);
    assert.equal(isRestrictive((await lookUpCached("https://new.test/normal", "normal")) ?? unread), true);
    assert.notDeepEqual(await lookUpCached("https://new.test/normal", "normal"), unread);
    assert.equal(await lookUpCached("https://other-new.test/private", "normal"), undefined);
    assert.notEqual(await lookUpCached("https://other-new.test/private", "private"), undefined);
  });
});
