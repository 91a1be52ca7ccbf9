// What headers are kept for, with a browser of our own.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, mock, test } from "node:test";
import { installStorage } from "../fake_storage.ts";

installStorage();
mock.method(performance, "now", () => 0); // or budgets would grow while a slow machine works
type Listener = (details: object) => unknown;
const silent = { addListener: () => undefined };
let onHeaders: Listener = () => undefined;
let onCommitted: Listener = () => undefined;
/** Tabs that the browser says nothing of yet. */
const stuck = new Set<number>();
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  tabs: {
    onRemoved: silent,
    onReplaced: silent,
    onUpdated: silent,
    onCreated: silent,
    query: () => Promise.resolve([]),
    get: (id: number) => (stuck.has(id) ? new Promise(() => undefined) : Promise.resolve({ id, incognito: false })),
  },
  windows: { onCreated: silent, onRemoved: silent },
  webRequest: {
    OnHeadersReceivedOptions: {},
    onHeadersReceived: { addListener: (listener: Listener) => (onHeaders = listener) },
  },
  webNavigation: {
    onCommitted: { addListener: (listener: Listener) => (onCommitted = listener) },
    getFrame: () => Promise.resolve(null),
    getAllFrames: () => Promise.resolve([]),
  },
});
Object.assign(globalThis, { require: createRequire(import.meta.url) });
Object.assign(Uint8Array.prototype, {
  toBase64(this: Uint8Array) {
    return Buffer.from(this).toString("base64url"); // Node 20 has none
  },
});
const { recallNoted, recordsOf, watchHeaders } = await import("./headers.ts");
const { isRestrictive, unread } = await import("./facts.ts");
const cleared: string[] = [];
watchHeaders((origin) => cleared.push(origin));

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
const soon = <T>(work: Promise<T>): Promise<T | "late"> =>
  Promise.race([work, new Promise<"late">((resolve) => setTimeout(resolve, 500, "late"))]);
let last = 0;
const long = (): { name: string; value: string } => ({
  name: "content-security-policy",
  value: `script-src https://x${(++last).toString()}.test ${"a".repeat(50_000)}`,
});

describe("a site that sends responses without end", () => {
  test("holds up no other: neither what is known of other tabs' documents nor of other sites' URLs", async () => {
    stuck.add(1);
    for (let n = 0; n < 500; n++) fetched(1, `https://greedy.test/${n.toString()}`, denial);
    loaded({ tabId: 2, url: "https://good.test/", id: "D1" }, denial);
    const [record] = (await soon(recordsOf(2, ["D1"]))) as [{ facts?: unknown }?];
    assert.notEqual(record?.facts, undefined, "it waits for another site's responses");
    assert.notEqual(await soon(recallNoted("https://good.test/")), "late");
  });

  test("what was not noted for lack of room is strict for its origin, and for no other", async () => {
    stuck.add(3);
    for (let n = 0; n < 101; n++) fetched(3, `https://full.test/${n.toString()}`, denial);
    for (let n = 0; n < 101; n++) fetched(3, `https://harmless.test/${n.toString()}`);
    const { noteUnread, recall } = await import("./kept.ts");
    assert.deepEqual(await recall("https://full.test/elsewhere"), unread);
    assert.equal(await recall("https://harmless.test/elsewhere"), undefined);
    assert.equal(await recall("https://www.full.test/"), undefined);
    for (let n = 0; n < 60; n++) noteUnread(`https://h${n.toString()}.many.test`);
    assert.deepEqual(await recall("https://h0.many.test/"), unread, "of a site with many such origins all are strict");
  });

  test("its headers are read up to its budget; then its documents are refused", async () => {
    for (let n = 0; n < 41; n++) loaded({ tabId: 4, url: "https://wordy.test/", id: `W${n.toString()}` }, long());
    const [first, , late] = await recordsOf(4, ["W0", "W1", "W40"]);
    assert.equal(first?.facts?.allowlist, undefined);
    assert.deepEqual(late?.facts, unread);
    assert.equal(isRestrictive(unread), true);
    loaded({ tabId: 4, url: "https://fresh.test/", id: "F" }, long());
    const [fresh] = await recordsOf(4, ["F"]);
    assert.notDeepEqual(fresh?.facts, unread, "what the person goes to afterwards");
  });

  test("a frame that sends others to a site uses up nothing of that site, and makes nothing of it strict", async () => {
    const initiator = "https://ad.test";
    loaded({ tabId: 5, url: "https://page.test/", id: "P0" });
    for (const tabId of [9, 8, 5])
      for (let n = 1; n < 60; n++)
        loaded({ tabId, frameId: n, url: "https://victim.test/", id: `V${n.toString()}`, initiator }, long());
    assert.deepEqual((await recordsOf(5, ["V59"]))[0]?.facts, unread);
    assert.equal((await recallNoted("https://victim.test/x")) ?? undefined, undefined);
    loaded({ tabId: 6, url: "https://victim.test/", id: "V" }, long());
    assert.notDeepEqual((await recordsOf(6, ["V"]))[0]?.facts, unread);
    loaded({ tabId: 5, frameId: 70, url: "https://page.test/f", id: "P1", initiator: "https://page.test" }, long());
    assert.notDeepEqual((await recordsOf(5, ["P1"]))[0]?.facts, unread, "the page has a part of its own");
  });
});

test("a wish to delete is told once, however many responses say it while the tab is looked at", async () => {
  const clear = { name: "clear-site-data", value: '"storage"' };
  for (let n = 0; n < 100; n++) fetched(7, "https://forgetful.test/", clear);
  fetched(7, "https://forgetful2.test/", clear);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(cleared, ["https://forgetful.test", "https://forgetful2.test"]);
});
