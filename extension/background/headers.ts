// Which headers each document came with, by documentId.
//
// Headers are seen when a document loads, long before the API may be used, and the worker may stop in between: they are kept in
// storage.session, and go with their document (documents.ts). webRequest does not yet know the documentId of a navigation;
// webNavigation.onCommitted does, so that the two are paired by tab, frame and URL.

import { siteOf } from "../domain.ts";
import { everyHeader, ext } from "../ext.ts";
import { clearsStorage, originCleared } from "./clear_site_data.ts";
import {
  compareSoon,
  documentShelf,
  forgetEntries,
  homeOf,
  onTabGone,
  placeOf,
  setHomes,
  watchDocuments,
} from "./documents.ts";
import type { Home, OfDocument } from "./documents.ts";
import { isRestrictive, unread } from "./facts.ts";
import type { Facts, Header } from "./facts.ts";
import { FairTable } from "./fair.ts";
import { HeaderReader } from "./header_reader.ts";
import type { Asker } from "./header_reader.ts";
import { forgetPrivate, noteResponse, noteUnread, recall } from "./kept.ts";
import { Queues } from "./queues.ts";

/** What is known of a document. No record: it was there before the extension was. */
export interface DocumentRecord extends OfDocument {
  /** From the document's own response. */
  facts?: Facts;
  /** Without a response that could be seen: what was last seen for its URL when it came. */
  kept?: Facts;
}

type Owned = DocumentRecord & Pick<Home, "owner" | "part">;

const records = documentShelf<DocumentRecord>("headers:", {
  entries: 2_500,
  size: 3_000_000,
  entriesOfOwner: 1_000,
  sizeOfOwner: 1_200_000,
});
setHomes(async (documentId) => (await records.get(documentId)) as Owned | undefined);

/** Responses whose documents have not come yet, by tab and frame. */
const pending = new FairTable<{ url: string; facts: Facts }>({
  entries: 500,
  size: 4_000_000,
  entriesOfOwner: 100,
  sizeOfOwner: 400_000,
});
/** Documents of longer URLs count as without a response: then what was seen for the URL counts, which is the same. */
const maxURL = 16_384;

/** Which document is in which frame, by tab: what was in its place is gone. */
const frames = new Map<number, Map<number, string>>();
const maxFrames = 1_000;

/** The site of the page in each tab, as far as it was seen. */
const pages = new Map<number, string>();

const reader = new HeaderReader();
/** What is noted of responses by their URLs, for each site. */
const notes = new Queues(100);
/** What is kept of the documents of each tab. Each of them was loaded and shown: a page with a thousand frames has as many. */
const arrivals = new Queues(5_000);
/** Origins that have asked for their data to be deleted, by tab, as long as it is being found out what kind of tab it is. */
const clearing = new Set<string>();

function stripFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

/** Whether there is a private window; asked once for each change of the windows, since a page can ask for much in a moment. */
let privateWindow: Promise<boolean> | undefined;
function anyPrivate(): Promise<boolean> {
  return (privateWindow ??= ext.tabs.query({}).then((tabs) => tabs.some(({ incognito }) => incognito)));
}
function windowsChanged(): void {
  privateWindow = undefined;
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
    if (origin !== undefined) void clearOnce(origin, tabId, cleared);
  }
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) return; // the last response counts
  if (!(navigations as readonly string[]).includes(type)) {
    // Only what the origin asked of itself, and what could become a document.
    if (initiator === undefined || statusCode >= 300 || new URL(url).origin !== initiator) return;
    if (!headers.some((h) => h.name.toLowerCase() === "content-type" && /html/i.test(h.value ?? ""))) return;
    const asker = askerOf(details);
    note(details, reader.read(headers, asker), asker);
    return;
  }
  const asker = askerOf(details);
  const facts = reader.read(headers, asker);
  // Firefox has the member, and null in it. With an id it is a prefetch by that document, not this frame's own navigation.
  const { documentId } = details as { documentId?: string | null };
  if (typeof documentId !== "string") {
    const place = `${tabId} ${frameId}`;
    const tab = String(tabId);
    if (url.length > maxURL) pending.delete(place);
    else pending.put(place, { url: stripFragment(url), facts }, { owner: tab, part: tab }, url.length);
  }
  if (statusCode < 300) note(details, facts, asker);
}

type Response = Pick<chrome.webRequest.OnHeadersReceivedDetails, "type" | "tabId" | "frameId" | "url" | "initiator">;

/**
 * Who has brought a response about: a frame that sends others to other sites does not use up what these sites have. What the person asked for
 * in a tab has nothing to do with what was in the tab before.
 */
function askerOf({ type, tabId, frameId, url, initiator }: Response): Asker {
  const from = initiator ?? url;
  const site = from === "null" ? `tab ${tabId}` : siteOf(from);
  if (type === "main_frame" || tabId < 0) return { site, ofPage: true };
  return { site, tabId, ofPage: (frameId === 0 && type !== "sub_frame") || site === pages.get(tabId) };
}

/** Notes what was seen for a URL. What there is no room for is strict for all of its origin, unless another site wanted that. */
function note({ url, tabId, initiator }: Response, facts: Facts, asker: Asker): void {
  const { origin } = new URL(url);
  const noted =
    facts !== unread &&
    reader.mayNote(asker) &&
    notes.add(siteOf(origin), async () => {
      await noteResponse(url, facts, await areaOf(tabId));
    });
  if (!noted && isRestrictive(facts) && (initiator ?? origin) === origin) noteUnread(origin);
}

/** Tells of an origin's wish once for all responses that come while the tab is looked at. */
async function clearOnce(origin: string, tabId: number, cleared: (origin: string) => void): Promise<void> {
  const key = `${tabId} ${origin}`;
  if (clearing.has(key)) return;
  clearing.add(key);
  try {
    // What is cleared in a private window is its own affair.
    if ((await areaOf(tabId)) === "local") cleared(origin);
  } finally {
    clearing.delete(key);
  }
}

type Committed = Pick<
  chrome.webNavigation.WebNavigationTransitionCallbackDetails,
  "tabId" | "frameId" | "url" | "transitionType"
> & { documentId: string; parentFrameId?: number; parentDocumentId?: string };

function onCommitted(details: Committed): void {
  const { tabId, frameId, documentId, url, transitionType } = details;
  const place = `${tabId} ${frameId}`;
  const response = pending.get(place);
  pending.delete(place);
  const inTab = frames.get(tabId) ?? new Map<number, string>();
  if (inTab.size >= maxFrames) inTab.clear();
  const before = inTab.get(frameId);
  frames.set(tabId, inTab.set(frameId, documentId));
  if (frameId === 0) pages.set(tabId, siteOf(url));
  const recorded = arrivals.add(String(tabId), async () => {
    if (before !== undefined && before !== documentId) await leave(before, { tabId, frameId, transitionType });
    // A document that is shown after prerendering, or out of the back/forward cache, comes with its old id: its first record stays.
    if ((await records.get(documentId)) !== undefined) return;
    const home = await homeOfNew(details);
    const record: DocumentRecord = { tabId, at: Date.now(), page: home.page };
    if (home.page !== documentId) record.frameId = frameId;
    if (response?.url === stripFragment(url)) record.facts = response.facts;
    else if (/^https?:/.test(url)) {
      const kept = await recallNoted(url);
      if (kept !== undefined) record.kept = kept;
    }
    await records.put(documentId, record, home);
  });
  if (!recorded && /^https?:/.test(url)) noteUnread(new URL(url).origin);
  if (frameId === 0) compareSoon(tabId);
}

/** Where a document is that has just come: the page in the tab itself, or in the page that the document above it is in. */
async function homeOfNew({ tabId, documentId, url, parentFrameId = -1, parentDocumentId }: Committed): Promise<Home> {
  if (parentFrameId < 0) return { page: documentId, ...placeOf(url, url) };
  const above =
    parentDocumentId === undefined ? undefined : ((await records.get(parentDocumentId)) as Owned | undefined);
  if (above !== undefined) return { page: above.page, owner: above.owner, part: placeOf(url, url).part };
  const top = await ext.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => undefined);
  const page = (top as { documentId?: string } | null | undefined)?.documentId ?? documentId;
  return { page, ...placeOf(top?.url ?? url, url) };
}

/** Another document stands in its frame. What was in a frame of a page is gone; a page may come back, unless it was loaded again. */
async function leave(
  documentId: string,
  { tabId, frameId, transitionType }: Pick<Committed, "tabId" | "frameId" | "transitionType">,
): Promise<void> {
  if (frameId === 0) {
    if (transitionType === "reload") await forgetEntries((entry) => entry.tabId === tabId && entry.page === documentId);
    return;
  }
  const record = await records.get(documentId);
  // A page that comes out of the back/forward cache has its frames in the same places.
  if (record !== undefined && record.page === frames.get(tabId)?.get(0))
    await forgetEntries((entry, id) => entry.tabId === tabId && id === documentId);
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
  ext.windows.onCreated.addListener(windowsChanged);
  ext.windows.onRemoved.addListener(windowsChanged);
  ext.tabs.onCreated.addListener(windowsChanged);
  watchDocuments();
  onTabGone((tabId) => {
    privateTabs.delete(tabId);
    frames.delete(tabId);
    pages.delete(tabId);
    windowsChanged();
    void forgetLater().catch((error: unknown) => {
      console.error("headers:", error);
    });
  });
}

/** The last private window may be gone. What was seen in it may still wait to be noted. */
async function forgetLater(): Promise<void> {
  await notes.allIdle();
  if (!(await anyPrivate())) await forgetPrivate();
}

/** What is known of each document of a tab; undefined where that is nothing. */
export async function recordsOf(
  tabId: number,
  documentIds: readonly string[],
): Promise<(DocumentRecord | undefined)[]> {
  await arrivals.idle(String(tabId)); // everything that was seen of them so far
  return await Promise.all(documentIds.map((id) => records.get(id)));
}

/** What was seen for `url`, with everything that was seen of its site so far. */
export async function recallNoted(url: string): Promise<Facts | undefined> {
  await notes.idle(siteOf(url));
  return await recall(url);
}

/** Writes down what was found out later about a document that came without a response. `facts` were seen for its URL. */
export function noteLater(documentId: string, tabId: number, url: string, facts: Facts): void {
  arrivals.add(String(tabId), async () => {
    await noteResponse(url, facts, await areaOf(tabId));
    const { page, ...place } = await homeOf(documentId, url);
    await records.put(documentId, { tabId, at: Date.now(), page, kept: facts }, place);
  });
}
