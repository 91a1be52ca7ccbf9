// What is kept of documents, by documentId: how much of it, and for how long.
//
// It is counted for the site of the page in the tab, whatever its frames are: a site that fills its tabs with frames of others pushes out
// its own. It goes when its document does, which the browser does not tell: a tab's frames are compared with what is kept of them whenever
// a page comes into it, is discarded, and when the worker starts. A page that has left may come back out of the back/forward cache (Chromium
// keeps six pages of a tab, for ten minutes; Firefox eight, for half an hour), with its old documentIds; so what was known of it is kept for
// as long. What is forgotten all the same counts as never seen, which is stricter (admission.ts).

import { siteOf, siteOfHost } from "../../shared/domain.ts";
import { ext } from "../../shared/ext.ts";
import { grouped } from "../../shared/group.ts";
import type { Bounds, Place } from "../intake/fair.ts";
import { BoundedStore } from "../intake/bounded_store.ts";

/** What every entry says: where its document is. */
export interface OfDocument {
  tabId: number;
  /** When it came, in ms since 1970. */
  at: number;
  /** The documentId of the page in the tab; its own for the page itself. */
  page: string;
  /** When the page was found to have left the tab, in ms since 1970. */
  left?: number | undefined;
  /** The page came back. Chromium does not list the frames of such a page. */
  returned?: boolean;
  /** Of a frame in a page. */
  frameId?: number;
}

const stores: BoundedStore<OfDocument>[] = [];

/** A store whose entries go with their documents. */
export function documentStore<T extends OfDocument>(prefix: string, bounds: Bounds): BoundedStore<T> {
  const store = new BoundedStore<T>("session", prefix, bounds);
  stores.push(store);
  return store;
}

/** Where a document is, and whose its entries are. */
export interface Home extends Place {
  page: string;
}

/** Homes of documents that came while the extension watched: from the store of headers, which has an entry for each. */
let homes: (documentId: string) => Promise<Home | undefined> = () => Promise.resolve(undefined);
export function setHomes(find: typeof homes): void {
  homes = find;
}

/** The home of a document of this origin. One that was there before the extension is taken for a page of its own. */
export async function homeOf(documentId: string, origin: string, isPrivate: boolean): Promise<Home> {
  return (await homes(documentId)) ?? { page: documentId, ...placeOf(origin, origin, isPrivate) };
}

/** Whose an entry is: a document at `url`, in a tab with a page at `pageUrl`. In private windows a site is an owner of its own. */
export function placeOf(pageUrl: string, url: string, isPrivate: boolean): Place {
  const site = ownerOf(/*rule:frame-entries-owned-by-page-site*/ pageUrl);
  return { owner: isPrivate ? /*rule:document-bounds-apart-for-private*/ `private ${site}` : site, part: ownerOf(url) };
}

function ownerOf(url: string): string {
  try {
    return url.startsWith("blob:") ? siteOf(new URL(url).origin) : siteOfHost(new URL(url).hostname).slice(0, 255);
  } catch {
    return "";
  }
}

/** How many pages of one site that have left a tab may come back, and for how long, in ms. */
const mayReturn = { pages: 8, time: 30 * 60_000 };
/** A frame that has only just come may not be listed yet. */
const young = 10_000;

interface Kept {
  store: BoundedStore<OfDocument>;
  id: string;
  entry: OfDocument & Partial<Place>;
}

async function all(): Promise<Kept[]> {
  const each = stores.map(async (store) => (await store.entries()).map(([id, entry]) => ({ store, id, entry })));
  return (await Promise.all(each)).flat();
}

/** Forgets whatever `picked` picks. */
export async function forgetEntries(picked: (entry: OfDocument, documentId: string) => boolean): Promise<void> {
  await Promise.all(stores.map((store) => store.remove((id, entry) => picked(entry, id))));
}

/** What is to go of the entries of one tab, and what has left it. Pure. `listed`: the documents that the browser lists there. */
export function judge(
  entries: readonly { id: string; entry: OfDocument & Partial<Place> }[],
  listed: ReadonlySet<string>,
  now: number,
): { gone: Set<string>; left: Set<string>; returned: Set<string> } {
  const pages = grouped(entries, ({ entry }) => entry.page);
  const gone = new Set<string>();
  const left = new Set<string>();
  const returned = new Set<string>();
  const away: { page: string; since: number; came: number; site: string }[] = [];
  for (const [page, its] of pages) {
    if (listed.has(page) || its.some(({ id }) => listed.has(id))) {
      const cameBack = its.some(
        /*rule:bfcache-pages-keep-records*/ ({ entry }) => entry.returned === true || entry.left !== undefined,
      );
      for (const { id, entry } of its) {
        if (entry.left !== undefined) returned.add(id);
        const isFrame = (entry.frameId ?? 0) > 0;
        if (isFrame && !listed.has(id) && !cameBack && Math.abs(now - entry.at) > young) gone.add(id);
      }
      continue;
    }
    const since = Math.min(...its.map(({ entry }) => entry.left ?? now));
    const [first] = its;
    away.push({
      page,
      since,
      came: Math.max(...its.map(({ entry }) => entry.at)),
      site: first?.entry.owner ?? "",
    });
    for (const { id, entry } of its) if (entry.left === undefined) left.add(id);
  }
  for (const ofSite of grouped(away, ({ site }) => site).values()) {
    ofSite.sort((a, b) => b.since - a.since || b.came - a.came);
    for (const [index, { page, since }] of ofSite.entries())
      if (
        /*rule:left-pages-are-bounded*/ index >= mayReturn.pages ||
        /*rule:left-pages-expire.2*/ Math.abs(now - since) > mayReturn.time
      )
        for (const { id } of pages.get(page) ?? []) gone.add(id);
  }
  return { gone, left, returned };
}

/** Compares what is kept with what there is: in these tabs; without them, wherever something may have been missed. */
export async function compare(chosen?: ReadonlySet<number>): Promise<void> {
  const now = Date.now();
  const kept = grouped(await all(), ({ entry }) => entry.tabId);
  const tabs = new Map((await ext.tabs.query({})).map(({ id = -1, discarded }) => [id, discarded]));
  await forgetEntries(
    ({ tabId, left = now }) =>
      (kept.has(tabId) && !tabs.has(tabId)) || /*rule:left-pages-expire*/ Math.abs(now - left) > mayReturn.time,
  );
  for (const [tabId, entries] of kept) {
    if (!tabs.has(tabId) || chosen?.has(tabId) === false) continue;
    const pages = new Set(entries.flatMap(({ entry }) => (entry.left === undefined ? [entry.page] : [])));
    if (chosen === undefined && pages.size < 2 && tabs.get(tabId) !== true) continue;
    const frames = (await ext.webNavigation.getAllFrames({ tabId })) ?? [];
    const { gone, left, returned } = judge(entries, new Set(frames.map(({ documentId }) => documentId)), now);
    if (gone.size > 0) await forgetEntries((entry, id) => entry.tabId === tabId && gone.has(id));
    for (const { store, id } of entries) {
      if (left.has(id)) await store.note(id, { left: now });
      if (returned.has(id)) await store.note(id, { left: undefined, returned: true });
    }
  }
}

/** Pages come one after the other: they are compared together, after this many ms. */
const pace = 1_000;
const due = new Set<number>();

/** Something has come into the tab, or has gone: compares soon. */
export function compareSoon(tabId: number): void {
  if (due.size === 0)
    setTimeout(() => {
      const tabs = new Set(due);
      due.clear();
      compare(tabs).catch((error: unknown) => {
        console.error("documents:", error);
      });
    }, pace);
  due.add(tabId);
}

/** Calls `gone` for every tab that is no more: it was closed, or another one stands in its place (a discarded tab has a new id). */
export function onTabGone(gone: (tabId: number) => void): void {
  ext.tabs.onRemoved.addListener((tabId) => {
    gone(tabId);
  });
  //rule:discarded-tab-leaves-nothing
  ext.tabs.onReplaced.addListener((_, tabId) => {
    gone(tabId);
  });
}

/** Watches from now on. Call once, in the first turn of the background. */
export function watchDocuments(): void {
  //rule:private-document-grants-forgotten
  onTabGone((tabId) => {
    void forgetEntries((entry) => entry.tabId === tabId);
    compareSoon(tabId); // once more, for what was still on its way
  });
  ext.tabs.onUpdated.addListener((tabId, { discarded }) => {
    if (discarded === true) compareSoon(tabId);
  });
  void compare().catch((error: unknown) => {
    console.error("documents:", error);
  });
}
