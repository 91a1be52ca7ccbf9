// What headers were last seen for a URL, whoever fetched it: for documents that come without headers, since a service worker answered from
// its cache.
//
// What restricts must not be lost by restarting the browser, so it is kept in storage.local until a later response for that URL restricts no
// more; what was seen in a private window, or may have been, stays in memory (storage.session) and is forgotten with the last such window.
// Normal windows hear nothing of it, and lose nothing by it: each kind of windows has a cache of its own (window_kind.ts).
// URLs are kept as hashes, without query and fragment: the list is not to tell where the user has been. A site that restricts at more URLs
// than it has room for loses its own oldest entries, and the default of its origins stays strict as long as one is left (lookUpOrigin).

import { siteOf } from "../../shared/domain.ts";
import { isRestrictive, strictest, unread } from "./header_policy.ts";
import type { HeaderPolicy } from "./header_policy.ts";
import { FairTable } from "../intake/fair.ts";
import type { Bounds, Place } from "../intake/fair.ts";
import { BoundedStore } from "../intake/bounded_store.ts";
import { seenBy } from "./window_kind.ts";
import type { Kind } from "./window_kind.ts";

interface Entry {
  /** Has this name on disk. */
  facts: HeaderPolicy;
  /** When it was last seen, in ms since 1970; exact to a day, to save writing. */
  at: number;
}

const day = 86_400_000;
const recentBounds: Bounds = { entries: 200, size: 200, entriesOfOwner: 50, sizeOfOwner: 50 };
const unreadSitesBounds: Bounds = { entries: 1_000, size: 1_000, entriesOfOwner: 1, sizeOfOwner: 1 };
const unreadBounds: Bounds = { entries: 1_000, size: 1_000, entriesOfOwner: 50, sizeOfOwner: 50 };

/** What windows of one kind have seen. */
class Cache {
  /** What restricts. */
  readonly store: BoundedStore<Entry>;
  /** What responses without restrictions said, too: as long as the worker runs. */
  recent = new FairTable<HeaderPolicy>(recentBounds);
  /** Origins of which a response could not be noted, as long as the worker runs: no document of theirs is known to have had no such headers. */
  unreadOrigins = new FairTable<true>(unreadBounds);
  /** Sites that have more of them. */
  unreadSites = new FairTable<true>(unreadSitesBounds);

  constructor(store: BoundedStore<Entry>) {
    this.store = store;
  }

  async forget(): Promise<void> {
    //rule:private-header-memory-cleared
    this.recent = new FairTable(recentBounds);
    this.unreadOrigins = new FairTable(unreadBounds);
    this.unreadSites = new FairTable(unreadSitesBounds);
    await this.store.remove(() => true);
  }
}

const caches: Record<Kind, Cache> = {
  normal: new Cache(
    new BoundedStore(
      "local",
      "kept:",
      { entries: 1_000, size: 2_000_000, entriesOfOwner: 200, sizeOfOwner: 400_000 },
      { prefix: "kept-unwritten:", bounds: { entries: 200, size: 300_000, entriesOfOwner: 50, sizeOfOwner: 100_000 } },
    ),
  ),
  private: new Cache(
    new BoundedStore("session", "kept:", { entries: 200, size: 500_000, entriesOfOwner: 50, sizeOfOwner: 200_000 }),
  ),
  unknown: new Cache(
    new BoundedStore("session", "kept-unknown:", {
      entries: 200,
      size: 500_000,
      entriesOfOwner: 50,
      sizeOfOwner: 200_000,
    }),
  ),
};

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toBase64({ alphabet: "base64url", omitPadding: true }).slice(0, 22);
}

interface Address {
  /** What the keys of its origin begin with. */
  origin: string;
  key: string;
  /** Its site, and its origin in that. */
  place: Place;
}

/** The key of a URL: its origin, then its path. */
async function addressOf(url: string): Promise<Address> {
  const { origin, pathname } = new URL(url);
  const [site, ofOrigin, path] = await Promise.all([siteOf(origin), origin, pathname].map(digest));
  return {
    origin: `${ofOrigin ?? ""}:`,
    key: `${ofOrigin ?? ""}:${path ?? ""}`,
    place: { owner: site ?? "", part: ofOrigin ?? "" },
  };
}

/** A response for `url` was seen, in a window of this kind. */
export async function cacheResponse(url: string, policy: HeaderPolicy, kind: Kind): Promise<void> {
  const { key, place } = await addressOf(url);
  const { recent, store } = caches[kind];
  recent.put(key, policy, place, 1);

  const old = await store.get(key);
  if (!isRestrictive(policy)) {
    if (old !== undefined) await store.remove((other) => other === key);
    return;
  }
  const at = Math.floor(Date.now() / day) * day;
  if (old?.at === at && JSON.stringify(old.facts) === JSON.stringify(policy)) return;
  await store.put(key, { facts: policy, at }, place);
}

/** A response of the origin was seen, and there was no room to note it. Does next to nothing. */
export function cacheUnread(origin: string, kind: Kind): void {
  const { unreadOrigins, unreadSites } = caches[kind];
  if (unreadOrigins.get(origin) === true) return;
  const site = siteOf(origin);
  for (const gone of unreadOrigins.put(origin, true, { owner: site, part: origin }, 1)) {
    const all = siteOf(gone);
    unreadSites.put(all, true, { owner: all, part: all }, 1);
  }
}

function isUnread(url: string, { unreadOrigins, unreadSites }: Cache): boolean {
  const { origin } = new URL(url);
  return unreadOrigins.get(origin) === true || unreadSites.get(siteOf(origin)) === true;
}

/** What documents in windows of this kind are judged by. */
function readableBy(kind: Kind): { stores: BoundedStore<Entry>[]; own: Cache[] } {
  const own = seenBy[kind].map((seen) => caches[seen]);
  return {
    own,
    stores: [...new Set([/*rule:private-reads-kept-headers*/ caches.normal, ...own])].map(({ store }) => store),
  };
}

/** What was seen for `url`, as far as a document in a window of this kind hears of it; undefined when that is nothing. */
export async function lookUp(url: string, kind: Kind): Promise<HeaderPolicy | undefined> {
  const { key } = await addressOf(url);
  const { own, stores } = readableBy(kind);
  const entries = await Promise.all(stores.map((store) => store.get(key)));
  const found = [
    ...own.map((cache) => (/*rule:unnoted-headers-are-strictest*/ isUnread(url, cache) ? unread : undefined)),
    ...own.map(({ recent }) => recent.get(key)),
    ...entries.map((entry) => entry?.facts),
  ];
  //rule:reactivated-page-keeps-headers.2
  const known = found.filter((policy) => policy !== undefined);
  return known.length === 0 ? undefined : strictest(known);
}

/**
 * Everything that restricts any document of the origin: for a document in a window of this kind of which nothing else is known. What other
 * documents of the origin opted in to is not among it.
 */
export async function lookUpOrigin(url: string, kind: Kind): Promise<HeaderPolicy> {
  const { origin } = await addressOf(url);
  const entries = await Promise.all(readableBy(kind).stores.map((store) => store.entries()));
  const known = entries.flat().flatMap(([key, { facts }]) => (key.startsWith(origin) ? [facts] : []));
  const { multicast: _, ...restrictions } = strictest(known);
  return /*rule:multicast-not-from-other-documents*/ restrictions;
}

/** The last private window is closed: nothing that was seen there, or may have been, stays. */
export async function forgetPrivate(): Promise<void> {
  await Promise.all([caches.private.forget(), caches.unknown.forget()]);
}
