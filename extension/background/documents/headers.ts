// Which headers each document came with, by documentId.
//
// Headers are seen when a document loads, long before the API may be used, and the worker may stop in between: they are kept in
// storage.session, and go with their document (documents.ts). webRequest does not yet know the documentId of a navigation;
// webNavigation.onCommitted does, so that the two are paired by tab, frame and URL.

import { whoseKey, type Whose } from "../../shared/container.ts";
import { siteOf } from "../../shared/domain.ts";
import { background as platform } from "../../platform/current.ts";
import type { BackgroundPlatform } from "../../platform/platform.ts";
import { ext } from "../../shared/ext.ts";
import { clearsStorage, originCleared } from "./clear_site_data.ts";
import {
  compareSoon,
  documentStore,
  forgetEntries,
  homeOf,
  onTabGone,
  placeOf,
  setHomes,
  watchDocuments,
} from "./documents.ts";
import type { Home, OfDocument } from "./documents.ts";
import { isRestrictive, unread } from "./header_policy.ts";
import type { HeaderPolicy, Header } from "./header_policy.ts";
import { FairTable } from "../intake/fair.ts";
import type { Place } from "../intake/fair.ts";
import { HeaderReader } from "./header_reader.ts";
import type { Asker } from "./header_reader.ts";
import { forgetPrivate, cacheResponse, cacheUnread, lookUp } from "./header_cache.ts";
import { Queues } from "../intake/queues.ts";
import { anyPrivate, kindNow, kindOf, seenBy, watchKinds } from "./window_kind.ts";
import type { Kind, Source } from "./window_kind.ts";

/** What is known of a document. No record: it was there before the extension was. */
export interface DocumentRecord extends OfDocument {
  /** From the document's own response. */
  policy?: HeaderPolicy;
  /** Without a response that could be seen: what was last seen for its URL when it came. */
  cached?: HeaderPolicy;
}

type Owned = DocumentRecord & Pick<Home, "owner" | "part">;

const records = documentStore<DocumentRecord>("headers:", {
  entries: 2_500,
  size: 3_000_000,
  entriesOfOwner: 1_000,
  sizeOfOwner: 1_200_000,
});
setHomes(async (documentId) => (await records.get(documentId)) as Owned | undefined);

/** Responses whose documents have not come yet, by tab and frame. */
const pending = new FairTable<{ url: string; policy: HeaderPolicy }>({
  entries: 500,
  size: 4_000_000,
  entriesOfOwner: 100,
  sizeOfOwner: 400_000,
});
/** The same the other way round: Firefox may tell of a document before it tells of its response. `at`: when the document came. */
const early = new FairTable<{ url: string; documentId: string; at: number }>({
  entries: 500,
  size: 4_000_000,
  entriesOfOwner: 100,
  sizeOfOwner: 400_000,
});
/** Documents of longer URLs count as without a response: then what was seen for the URL counts, which is the same. */
const maxURL = 16_384;

/** What is noted and recalled of a URL: its origin and path. Undefined when the path is too long: then the strictest counts. */
function addressOf(url: string): string | undefined {
  const { origin, pathname } = new URL(url);
  return pathname.length > maxURL ? undefined : origin + pathname;
}

/** Which document is in which frame, by tab: what was in its place is gone. */
const frames = new Map<number, Map<number, string>>();
const maxFrames = 1_000;

/** The site of the page in each tab, as far as it was seen. */
const pages = new Map<number, string>();

/** Each kind of windows has a reader of its own: what one has read makes nothing cheaper for another. */
const readers: Record<Kind, HeaderReader> = {
  normal: new HeaderReader(),
  private: new HeaderReader(),
  unknown: new HeaderReader(),
};
/** What is noted of responses by their URLs, for each account and site. */
const notes = new Queues(100);
/** What is kept of the documents of each tab. Each of them was loaded and shown: a page with a thousand frames has as many. */
const arrivals = new Queues(5_000);
/** Origins that have asked for their data to be deleted, by tab, as long as it is being found out what kind of tab it is. */
const clearing = new Set<string>();

function stripFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

/** Whose a response is, before it is known of every tab. */
interface Account {
  /** A kind of windows; or a single tab, as long as its kind is not known. So nothing has to wait for that, and nobody pays for another. */
  name: string;
  reader: HeaderReader;
  kind: Kind | Promise<Kind>;
}

function accountOf(source: Source): Account {
  const kind = kindNow(source);
  if (kind !== undefined) return { name: kind, reader: /*rule:header-readers-apart-for-private*/ readers[kind], kind };
  return {
    name: /*rule:unknown-tab-pays-for-itself*/ `tab ${source.tabId.toString()}`,
    reader: readers.unknown,
    kind: /*rule:unknown-tab-noted-by-its-kind*/ kindOf(source),
  };
}

/** Requests that may bring a document: navigations, and those by which a page or its service worker fills a cache. */
const navigations = ["main_frame", "sub_frame", "object"] as const;
const others = ["xmlhttprequest", "script", "other"] as const;

/**
 * `source`: where the response comes from; `container`: of which container, if that is known. `cleared` hears of an origin whose response asked for
 * its data to be deleted.
 */
function onHeaders(
  details: chrome.webRequest.OnHeadersReceivedDetails,
  source: Source,
  container: { container?: string } | undefined,
  cleared: (whose: Whose) => void,
): void {
  const { type, statusCode, tabId, frameId, url, initiator } = details;
  const headers = (details.responseHeaders ?? []) as Header[];
  if (/*rule:clear-site-data-on-redirect*/ clearsStorage(/*rule:clear-site-data-storage*/ headers)) {
    const origin = originCleared(details);
    if (origin !== undefined && container !== undefined)
      void clearOnce({ origin, .../*rule:clear-site-data-in-its-container*/ container }, source, cleared);
  }
  //rule:last-response-counts
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) return; // the last response counts
  if (!(navigations as readonly string[]).includes(type)) {
    // Only what the origin asked of itself, and what could become a document.
    if (initiator === undefined || statusCode >= 300 || new URL(url).origin !== initiator) return;
    if (!headers.some((h) => h.name.toLowerCase() === "content-type" && /html/i.test(h.value ?? ""))) return;
    const account = accountOf(source);
    const asker = askerOf(details, account);
    note(details, account.reader.read(headers, asker), asker, account);
    return;
  }
  const account = accountOf(source);
  const asker = askerOf(details, account);
  const policy = account.reader.read(headers, asker);
  // Firefox has the member, and null in it. With an id it is a prefetch by that document, not this frame's own navigation.
  const { documentId } = details as { documentId?: string | null };
  if (typeof documentId !== "string") {
    const place = `${tabId} ${frameId}`;
    const tab = String(tabId);
    const come = early.get(place);
    if (come?.url === stripFragment(url) && /*rule:late-response-came-before-document*/ details.timeStamp <= come.at) {
      early.delete(place);
      arrivals.add(tab, async () => {
        const known = (await records.get(come.documentId)) as Owned | undefined;
        if (known === undefined) return;
        const { owner, part, ...record } = known;
        await records.put(come.documentId, { ...record, policy }, { owner, part });
      });
    } else if (url.length > maxURL) pending.delete(place);
    else pending.put(place, { url: stripFragment(url), policy }, { owner: tab, part: tab }, url.length);
  }
  if (statusCode < 300) note(details, policy, asker, account);
}

type Response = Pick<chrome.webRequest.OnHeadersReceivedDetails, "type" | "tabId" | "frameId" | "url" | "initiator">;

/**
 * Who has brought a response about: a frame that sends others to other sites does not use up what these sites have. What the user asked for
 * in a tab has nothing to do with what was in the tab before.
 */
function askerOf({ type, tabId, frameId, url, initiator }: Response, { name }: Account): Asker {
  const from = /*rule:initiator-pays-for-headers*/ initiator ?? url;
  const own = from === "null" ? `tab ${tabId}` : siteOf(from);
  //rule:header-budgets-apart-for-private
  const site = `${name} ${own}`;
  if (type === "main_frame" || tabId < 0) return { site, ofPage: true };
  return { site, tabId, ofPage: (frameId === 0 && type !== "sub_frame") || own === pages.get(tabId) };
}

/** Notes what was seen for a URL. What there is no room for is strict for all of its origin, unless another site wanted that. */
function note({ url, initiator }: Response, policy: HeaderPolicy, asker: Asker, { name, reader, kind }: Account): void {
  const { origin } = new URL(url);
  const address = addressOf(url); // a URL may have two million letters, and waits in the queue
  const noted =
    policy !== unread &&
    address !== undefined &&
    reader.mayNote(asker) &&
    //rule:header-notes-queue-per-site
    notes.add(/*rule:header-queues-apart-for-private*/ `${name} ${siteOf(origin)}`, async () => {
      await cacheResponse(address, policy, await kind);
    });
  if (!noted && isRestrictive(policy) && (initiator ?? origin) === origin) cacheUnreadOf(origin, kind);
}

function cacheUnreadOf(origin: string, kind: Kind | Promise<Kind>): void {
  if (typeof kind === "string") cacheUnread(origin, kind);
  else
    void kind.then((known) => {
      cacheUnread(origin, known);
    });
}

/** Tells of an origin's wish once for all responses that come while the tab is looked at. */
async function clearOnce(whose: Whose, source: Source, cleared: (whose: Whose) => void): Promise<void> {
  const key = `${source.tabId} ${whoseKey(whose)}`;
  if (clearing.has(key)) return;
  clearing.add(key);
  try {
    // What is cleared in a private window is its own affair.
    //rule:clear-site-data-not-from-private
    if ((await kindOf(source)) === "normal") cleared(whose);
  } finally {
    clearing.delete(key);
  }
}

type Committed = Pick<
  chrome.webNavigation.WebNavigationTransitionCallbackDetails,
  "tabId" | "frameId" | "url" | "transitionType" | "timeStamp"
> & { documentId: string; parentFrameId?: number; parentDocumentId?: string };

function onCommitted(details: Committed): void {
  const { tabId, frameId, documentId, url, transitionType, timeStamp, parentFrameId, parentDocumentId } = details;
  const tab = String(tabId);
  const place = `${tabId} ${frameId}`;
  const isWeb = /^https?:/.test(url);
  const response = pending.get(place);
  // Firefox may tell of a new window's empty document only when the response for the next one is there.
  if (/*rule:empty-document-takes-no-response*/ isWeb) pending.delete(place);
  const inTab = frames.get(tabId) ?? new Map<number, string>();
  if (inTab.size >= maxFrames) inTab.clear();
  const before = inTab.get(frameId);
  frames.set(tabId, inTab.set(frameId, documentId));
  if (frameId === 0) pages.set(tabId, siteOf(url));
  // What waits keeps nothing of the URL but this.
  const address = isWeb ? addressOf(url) : undefined;
  const policy = response?.url === stripFragment(url) ? response.policy : undefined;
  early.delete(place);
  //rule:response-told-late-is-its-documents
  if (policy === undefined && isWeb && url.length <= maxURL)
    early.put(place, { url: stripFragment(url), documentId, at: timeStamp }, { owner: tab, part: tab }, url.length);
  const places = { normal: placeOf(url, url, false), private: placeOf(url, url, true) };
  const arrival: Arrival = { tabId, documentId, parentFrameId, parentDocumentId, places };
  const recorded = arrivals.add(tab, async () => {
    if (before !== undefined && before !== documentId) await leave(before, { tabId, frameId, transitionType });
    const known = await records.get(documentId);
    // In Firefox the first document of a new window or frame has the id of the empty one that was there before it, where they are of one origin.
    const wasEmpty = before === documentId && known?.policy === undefined && known?.cached === undefined;
    // A document that is shown after prerendering, or out of the back/forward cache, comes with its old id: its first record stays.
    //rule:reactivated-page-keeps-headers
    if (known !== undefined && !wasEmpty) return;
    const home = await homeOfNew(arrival);
    const record: DocumentRecord = { tabId, at: Date.now(), page: home.page };
    if (home.page !== documentId) record.frameId = frameId;
    if (policy !== undefined) record.policy = policy;
    else if (isWeb) {
      //rule:waiting-records-have-short-keys
      const cached = address === undefined ? unread : await lookUpCached(address, await kindOf({ tabId }));
      if (cached !== undefined) record.cached = cached;
    }
    await records.put(documentId, record, home);
  });
  if (!recorded && isWeb) cacheUnreadOf(new URL(url).origin, kindOf({ tabId }));
  // Where the page came before the worker started, it is not known what was in the frame: what the browser lists counts.
  if (frameId === 0 || /*rule:frames-forgotten-after-restart*/ !inTab.has(0)) compareSoon(tabId);
}

type Arrival = Pick<Committed, "tabId" | "documentId"> & {
  [K in "parentFrameId" | "parentDocumentId"]: Committed[K];
} & { places: Record<"normal" | "private", Place> };

/** Where a document is that has just come: the page in the tab itself, or in the page that the document above it is in. */
async function homeOfNew({ tabId, documentId, parentFrameId = -1, parentDocumentId, places }: Arrival): Promise<Home> {
  const isPrivate = (await kindOf({ tabId })) !== "normal";
  const { owner, part } = isPrivate ? places.private : places.normal;
  if (parentFrameId < 0) return { page: documentId, owner, part };
  const above =
    parentDocumentId === undefined ? undefined : ((await records.get(parentDocumentId)) as Owned | undefined);
  if (above !== undefined) return { page: above.page, owner: above.owner, part };
  const top = await ext.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => undefined);
  const page = (top as { documentId?: string } | null | undefined)?.documentId ?? documentId;
  return {
    page,
    owner: top === null || top === undefined ? owner : placeOf(top.url, top.url, isPrivate).owner,
    part,
  };
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
export function watchHeaders(
  cleared: (whose: Whose) => void,
  browser: Pick<BackgroundPlatform, "everyHeader" | "isPrivateRequest" | "initiatorOf" | "containerOf"> = platform,
): void {
  ext.webRequest.onHeadersReceived.addListener(
    (told) => {
      const initiator = browser.initiatorOf(told);
      const details = initiator === undefined ? told : { ...told, initiator };
      const isPrivate = browser.isPrivateRequest(details);
      const source = { tabId: details.tabId, ...(isPrivate === undefined ? {} : { incognito: isPrivate }) };
      onHeaders(details, source, browser.containerOf(details), cleared);
      return undefined;
    },
    { urls: ["https://*/*", "http://*/*"], types: [...navigations, ...others] },
    browser.everyHeader(),
  );
  ext.webNavigation.onCommitted.addListener(onCommitted);
  watchDocuments();
  watchKinds(); // before what follows, which asks for the private windows that are left
  onTabGone((tabId) => {
    frames.delete(tabId);
    pages.delete(tabId);
    void forgetLater().catch((error: unknown) => {
      console.error("headers:", error);
    });
  });
}

/** The last private window may be gone. What was seen in it may still wait to be noted. */
async function forgetLater(): Promise<void> {
  await notes.idle();
  if (await anyPrivate()) return;
  for (const kind of ["private", "unknown"] as const) readers[kind] = new HeaderReader();
  //rule:private-headers-forgotten
  await forgetPrivate();
}

/** What is known of each document of a tab; undefined where that is nothing. */
export async function recordsOf(
  tabId: number,
  documentIds: readonly string[],
): Promise<(DocumentRecord | undefined)[]> {
  await arrivals.idle(String(tabId)); // everything that was seen of them so far
  return await Promise.all(documentIds.map((id) => records.get(id)));
}

/** What a document in a window of this kind is told of `url`, with everything that was seen of its site so far. */
export async function lookUpCached(url: string, kind: Kind): Promise<HeaderPolicy | undefined> {
  const site = siteOf(url);
  const accounts = ["tab", ...seenBy[kind]];
  await notes.idle(
    (who) =>
      who.endsWith(` ${site}`) &&
      /*rule:open-waits-for-own-headers-only*/ accounts.some((account) => who.startsWith(`${account} `)),
  );
  return await lookUp(url, kind);
}

/** Writes down what was found out later about a document in a normal window that came without a response. `policy` was seen for its URL. */
export function recordLater(documentId: string, tabId: number, url: string, policy: HeaderPolicy): void {
  const address = addressOf(url);
  const { origin } = new URL(url);
  arrivals.add(String(tabId), async () => {
    if (address !== undefined) await cacheResponse(address, policy, "normal");
    const { page, ...place } = await homeOf(documentId, origin, false);
    await records.put(documentId, { tabId, at: Date.now(), page, cached: policy }, place);
  });
}
