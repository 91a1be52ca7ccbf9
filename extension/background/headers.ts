// Which headers each document came with, by documentId.
//
// Headers are seen when a document loads, long before the API may be used, and the worker may stop in between: they are kept in
// storage.session, and forgotten when the tab closes. webRequest does not yet know the documentId of a navigation; webNavigation.onCommitted
// does, so that the two are paired by tab, frame and URL.

import { everyHeader, ext } from "../ext.ts";
import { clearsStorage, originCleared } from "./clear_site_data.ts";
import { readHeaders } from "./facts.ts";
import type { Facts, Header } from "./facts.ts";
import { heldPrefix } from "./handshake.ts";
import { forgetPrivate, noteResponse, recall } from "./kept.ts";

/** What is known of a document. No record: it was there before the extension was. */
export interface DocumentRecord {
  tabId: number;
  at: number;
  /** From the document's own response. */
  facts?: Facts;
  /** Without a response that could be seen: what was last seen for its URL when it came. */
  kept?: Facts;
}

const prefix = "headers:";
/** More documents than this: those that are on no screen are forgotten, oldest first. */
const maxDocuments = 2_000;
const pruneEvery = 256;

/** Responses whose documents have not come yet, by tab and frame. */
const pending = new Map<string, { url: string; facts: Facts }>();
const maxPending = 500;
let commits = 0;

// One after the other: onCommitted must find what the onHeadersReceived before it kept.
let last: Promise<unknown> = Promise.resolve();
function next(work: () => Promise<unknown>): void {
  last = last.then(work).catch((error: unknown) => {
    console.error("headers:", error);
  });
}

function stripFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

async function anyPrivate(): Promise<boolean> {
  return (await ext.tabs.query({})).some(({ incognito }) => incognito);
}

/** Whether a response may be remembered beyond the session: only if it was surely not in a private window. */
const privateTabs = new Map<number, boolean>();
async function areaOf(tabId: number): Promise<"local" | "session"> {
  if (tabId < 0) {
    // A worker's own request does not say whose it is.
    return (await anyPrivate()) ? "session" : "local";
  }
  let incognito = privateTabs.get(tabId);
  if (incognito === undefined) {
    incognito = await ext.tabs.get(tabId).then(
      (tab) => tab.incognito,
      () => undefined,
    );
    if (incognito !== undefined) privateTabs.set(tabId, incognito);
  }
  return incognito === false ? "local" : "session";
}

/** Requests that may bring a document: navigations, and those by which a page or its service worker fills a cache. */
const navigations = ["main_frame", "sub_frame", "object"] as const;
const others = ["xmlhttprequest", "script", "other"] as const;

function onHeaders(details: chrome.webRequest.OnHeadersReceivedDetails, cleared: (origin: string) => void): void {
  const { type, statusCode, tabId, frameId, url, initiator } = details;
  const headers = (details.responseHeaders ?? []) as Header[];
  if (clearsStorage(headers)) {
    const origin = originCleared(details);
    // What is cleared in a private window is its own affair.
    if (origin !== undefined)
      next(async () => {
        if ((await areaOf(tabId)) === "local") cleared(origin);
      });
  }
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) return; // the last response counts
  if (!(navigations as readonly string[]).includes(type)) {
    // Only what the origin asked of itself, and what could become a document.
    if (initiator === undefined || statusCode >= 300 || new URL(url).origin !== initiator) return;
    if (!headers.some((h) => h.name.toLowerCase() === "content-type" && /html/i.test(h.value ?? ""))) return;
    const facts = readHeaders(headers);
    next(async () => {
      await noteResponse(url, facts, await areaOf(tabId));
    });
    return;
  }
  const facts = readHeaders(headers);
  // Firefox has the member, and null in it. With an id it is a prefetch by that document, not this frame's own navigation.
  const { documentId } = details as { documentId?: string | null };
  if (typeof documentId !== "string") {
    if (pending.size >= maxPending) pending.clear();
    pending.set(`${tabId} ${frameId}`, { url: stripFragment(url), facts });
  }
  next(async () => {
    if (statusCode < 300) await noteResponse(url, facts, await areaOf(tabId));
  });
}

type Committed = Pick<chrome.webNavigation.WebNavigationFramedCallbackDetails, "tabId" | "frameId" | "url"> & {
  documentId: string;
};

function onCommitted({ tabId, frameId, documentId, url }: Committed): void {
  const place = `${tabId} ${frameId}`;
  const response = pending.get(place);
  pending.delete(place);
  const key = prefix + documentId;
  next(async () => {
    // A document that is shown after prerendering, or out of the back/forward cache, comes with its old id: its first record stays.
    if ((await ext.storage.session.get(key))[key] !== undefined) return;
    const record: DocumentRecord = { tabId, at: Date.now() };
    if (response?.url === stripFragment(url)) record.facts = response.facts;
    else if (/^https?:/.test(url)) {
      const kept = await recall(url);
      if (kept !== undefined) record.kept = kept;
    }
    await ext.storage.session.set({ [key]: record });
    if (++commits % pruneEvery === 0) await prune();
  });
}

/**
 * Watches navigations from now on. Call once, in the first turn of the background, so that events can start it. `cleared` hears of origins
 * whose own response asked for their data to be deleted.
 */
export function watchHeaders(cleared: (origin: string) => void): void {
  ext.webRequest.onHeadersReceived.addListener(
    (details) => {
      onHeaders(details, cleared);
      return undefined;
    },
    { urls: ["https://*/*", "http://*/*"], types: [...navigations, ...others] },
    everyHeader(),
  );
  ext.webNavigation.onCommitted.addListener(onCommitted);
  ext.tabs.onRemoved.addListener((tabId) => {
    privateTabs.delete(tabId);
    next(async () => {
      await forgetTab(tabId);
      if (!(await anyPrivate())) await forgetPrivate();
    });
  });
}

/** What is known of each document; undefined where that is nothing. */
export async function recordsOf(documentIds: readonly string[]): Promise<(DocumentRecord | undefined)[]> {
  await last; // everything that was seen so far is written down
  const stored = await ext.storage.session.get(documentIds.map((id) => prefix + id));
  return documentIds.map((id) => stored[prefix + id] as DocumentRecord | undefined);
}

/** Writes down what was found out later about a document that came without a response. `facts` were seen for its URL. */
export function noteLater(documentId: string, tabId: number, url: string, facts: Facts): void {
  next(async () => {
    await noteResponse(url, facts, await areaOf(tabId));
    const record: DocumentRecord = { tabId, at: Date.now(), kept: facts };
    await ext.storage.session.set({ [prefix + documentId]: record });
  });
}

/** Prefixes of what is kept by documentId with a tabId in it: here, and in handshake.ts. */
const byDocument = [prefix, heldPrefix];

async function entries(): Promise<[string, { tabId: number; at?: number }][]> {
  const all = Object.entries(await ext.storage.session.get(null));
  return all.filter(([key]) => byDocument.some((start) => key.startsWith(start))) as [string, { tabId: number }][];
}

async function forgetTab(tabId: number): Promise<void> {
  const keys = (await entries()).flatMap(([key, value]) => (value.tabId === tabId ? [key] : []));
  if (keys.length > 0) await ext.storage.session.remove(keys);
}

async function prune(): Promise<void> {
  const all = await entries();
  if (all.length <= maxDocuments) return;
  // Nobody may push out what is on the screen, by loading many frames, say.
  const shown = new Set<string>();
  for (const { id } of await ext.tabs.query({})) {
    if (id === undefined) continue;
    for (const { documentId } of (await ext.webNavigation.getAllFrames({ tabId: id })) ?? [])
      for (const start of byDocument) shown.add(start + documentId);
  }
  const hidden = all.filter(([key]) => !shown.has(key)).sort(([, a], [, b]) => (a.at ?? 0) - (b.at ?? 0));
  await ext.storage.session.remove(hidden.slice(0, all.length - maxDocuments / 2).map(([key]) => key));
}
