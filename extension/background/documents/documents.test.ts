// What is kept of documents goes with them: pages that have left, frames that are gone, tabs that are no more.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installStorage } from "../../fake/storage.ts";
import type { OfDocument } from "./documents.ts";

const { session } = installStorage();
interface FakeTab {
  id: number;
  discarded?: boolean;
  documents: string[];
}
let tabs: FakeTab[] = [];
const replaced: ((added: number, removed: number) => void)[] = [];
const removed: ((tabId: number) => void)[] = [];
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  tabs: {
    query: () => Promise.resolve(tabs),
    onRemoved: { addListener: (listener: (tabId: number) => void) => removed.push(listener) },
    onReplaced: { addListener: (listener: (added: number, removed: number) => void) => replaced.push(listener) },
    onUpdated: { addListener: () => undefined },
  },
  webNavigation: {
    getAllFrames: ({ tabId }: { tabId: number }) =>
      Promise.resolve(tabs.find(({ id }) => id === tabId)?.documents.map((documentId) => ({ documentId })) ?? null),
  },
});
const { compare, documentStore, placeOf, watchDocuments } = await import("./documents.ts");

const minute = 60_000;
mock.timers.enable({ apis: ["Date"], now: 1_000_000_000_000 });
const bounds = { entries: 500, size: 1_000_000, entriesOfOwner: 500, sizeOfOwner: 1_000_000 };
const headers = documentStore<OfDocument>("headers:", bounds);
const grants = documentStore<OfDocument>("document:", bounds);
watchDocuments();

beforeEach(async () => {
  for (const store of [headers, grants]) await store.remove(() => true);
  tabs = [{ id: 1, documents: [] }];
});

/** A page comes into tab 1, with frames, in the place of what was there. */
async function load(page: string, frames: string[] = [], site = "https://a.test/"): Promise<void> {
  tabs = [{ id: 1, documents: [page, ...frames] }];
  for (const [index, id] of [page, ...frames].entries()) {
    const entry: OfDocument = { tabId: 1, at: Date.now(), page };
    if (index > 0) entry.frameId = index;
    await headers.put(id, entry, placeOf(site, site, false));
  }
  await grants.put(page, { tabId: 1, at: Date.now(), page }, placeOf(site, site, false));
  await compare(new Set([1]));
  mock.timers.tick(1_000);
}
const left = async (): Promise<string[]> => (await headers.entries()).map(([id]) => id);

test("a hundred pages one after the other: what may come back is kept, no more", async () => {
  await load("other", [], "https://b.test/");
  for (let n = 0; n < 100; n++) await load(`p${n.toString()}`, [`f${n.toString()}`]);
  const kept = await left();
  assert.deepEqual(kept.length, 1 + 9 * 2, kept.join(" "));
  assert.ok(kept.includes("p99") && kept.includes("p91") && kept.includes("f91"), "one of the last went");
  assert.ok(kept.includes("other"), "another site's page may still come back");
  assert.equal((await grants.entries()).length, 10);
  await headers.written();
  assert.equal([...session.stored.keys()].filter((key) => key.startsWith("headers:")).length, 19);
});

test("what has left goes with time, though the page was open for longer than that", async () => {
  await load("old");
  mock.timers.tick(600 * minute);
  await load("new");
  mock.timers.tick(20 * minute);
  await compare();
  assert.deepEqual(await left(), ["old", "new"]);
  mock.timers.tick(11 * minute);
  await compare();
  assert.deepEqual(await left(), ["new"]);
});

test("a page that comes back has what it had, and its frames too, which the browser does not list", async () => {
  await load("a", ["f"]);
  await load("b");
  tabs = [{ id: 1, documents: ["a"] }];
  mock.timers.tick(minute);
  await compare(new Set([1]));
  mock.timers.tick(600 * minute);
  await compare(new Set([1]));
  assert.deepEqual((await left()).sort(), ["a", "f"]);
});

test("a frame that is gone from a page goes, one that has only just come does not", async () => {
  await load("a", ["f", "g"]);
  tabs = [{ id: 1, documents: ["a", "g"] }];
  await compare(new Set([1]));
  assert.deepEqual(await left(), ["a", "f", "g"]);
  mock.timers.tick(minute);
  await compare(new Set([1]));
  assert.deepEqual(await left(), ["a", "g"]);
});

test("a tab that is closed, discarded, or gone while nobody looked leaves nothing", async () => {
  for (const end of [
    () => {
      for (const tell of removed) tell(1);
    },
    () => {
      for (const tell of replaced) tell(2, 1);
    },
    () => {
      tabs = [];
    },
  ]) {
    await load("a", ["f"]);
    end();
    await compare();
    assert.deepEqual(await left(), []);
    assert.deepEqual(await grants.entries(), []);
  }
});

test("a tab whose pages are many is looked at when the worker starts; the clock may have been set", async () => {
  await load("a");
  await headers.put("b", { tabId: 1, at: Date.now(), page: "b" }, placeOf("https://a.test/", "https://a.test/", false));
  tabs = [{ id: 1, documents: ["b"] }];
  await compare();
  mock.timers.setTime(Date.now() - 365 * 24 * 60 * minute);
  await compare();
  assert.deepEqual(await left(), ["b"]);
});

test("entries are the site's whose page is in the tab", () => {
  assert.deepEqual(placeOf("https://www.evil.test/", "https://a.good.test/x", false), {
    owner: "evil.test",
    part: "good.test",
  });
  assert.deepEqual(placeOf("blob:https://a.evil.test/1", "about:blank", false), { owner: "evil.test", part: "" });
});

test("of private windows and others each has its own, though the site is the same", async () => {
  const site = "https://a.test/";
  const both = documentStore<OfDocument>("both:", { ...bounds, entriesOfOwner: 10 });
  await both.put("normal", { tabId: 1, at: Date.now(), page: "normal" }, placeOf(site, site, false));
  for (let n = 0; n < 50; n++)
    await both.put(`f${n.toString()}`, { tabId: 2, at: Date.now(), page: "f0" }, placeOf(site, site, true));
  assert.notEqual(await both.get("normal"), undefined);
  assert.equal((await both.entries()).length, 11);
});
