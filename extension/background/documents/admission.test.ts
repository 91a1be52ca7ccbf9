// Windows without a response of their own, with a browser of our own. What the browser makes of real ones is tested there (e2e/csp.test.ts).

import assert from "node:assert/strict";
import { test } from "node:test";
import "../../fake/globals.ts";
import { installStorage } from "../../fake/storage.ts";

installStorage();
const silent = { addListener: () => undefined };
type Listener = (details: object) => unknown;
let onHeaders: Listener = () => undefined;
const committed: Listener[] = [];
let opened: Listener = () => undefined;
Object.assign((globalThis as { chrome?: object }).chrome ?? {}, {
  tabs: {
    onRemoved: silent,
    onReplaced: silent,
    onUpdated: silent,
    onCreated: silent,
    query: () => Promise.resolve([]),
    get: (id: number) => Promise.resolve({ id, incognito: false }),
  },
  windows: { onCreated: silent, onRemoved: silent },
  webRequest: {
    OnHeadersReceivedOptions: {},
    onHeadersReceived: { addListener: (listener: Listener) => (onHeaders = listener) },
  },
  webNavigation: {
    onCommitted: { addListener: (listener: Listener) => committed.push(listener) },
    onCreatedNavigationTarget: { addListener: (listener: Listener) => (opened = listener) },
    getFrame: () => Promise.resolve(null),
    getAllFrames: ({ tabId }: { tabId: number }) =>
      Promise.resolve([{ frameId: 0, parentFrameId: -1, documentId: `D${tabId.toString()}`, url: "about:blank" }]),
  },
});
const { admit } = await import("./admission.ts");
const { watchHeaders } = await import("./headers.ts");
const { watchCreators } = await import("./creators.ts");
watchHeaders(() => undefined);
watchCreators();

const denial = { name: "permissions-policy", value: "direct-sockets=()" };
function loaded(tabId: number, url: string, ...headers: { name: string; value: string }[]): void {
  onHeaders({ type: "main_frame", statusCode: 200, tabId, frameId: 0, url, responseHeaders: headers });
  const documentId = `D${tabId.toString()}`;
  for (const listener of committed)
    listener({ tabId, frameId: 0, url, documentId, transitionType: "link", parentFrameId: -1 });
}
/** Whether an empty window in this tab, with this origin, may open sockets. */
async function admits(tabId: number, origin: string): Promise<boolean> {
  const sender = { tab: { id: tabId }, documentId: `D${tabId.toString()}`, origin, url: "about:blank", frameId: 0 };
  const evidence = { policies: [], evalBlocked: false, controlled: false };
  const claims = { secure: true, evidence };
  return (await admit(sender as chrome.runtime.MessageSender, claims, "refuse-unsafe-eval")).allowed;
}

test("an empty window whose maker is not known is refused where its origin restricts anything, and only there", async () => {
  loaded(1, "https://strict.test/login", denial);
  loaded(2, "https://plain.test/");
  assert.equal(await admits(11, "https://strict.test"), false);
  assert.equal(await admits(12, "https://plain.test"), true);
  assert.equal(await admits(13, "https://never-seen.test"), true);
});

test("nor where its origin has what could not be noted", async () => {
  const { cacheUnread } = await import("./header_cache.ts");
  cacheUnread("https://full.test", "normal");
  assert.equal(await admits(14, "https://full.test"), false);
});

test("one whose maker is known has what its maker came with, whatever else its origin restricts", async () => {
  loaded(3, "https://strict.test/app");
  opened({ tabId: 15, sourceTabId: 3 });
  assert.equal(await admits(15, "https://strict.test"), true);
  loaded(4, "https://strict.test/login", denial);
  opened({ tabId: 16, sourceTabId: 4 });
  assert.equal(await admits(16, "https://strict.test"), false);
});
