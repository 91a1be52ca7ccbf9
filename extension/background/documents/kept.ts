// What headers were last seen for a URL, whoever fetched it: for documents that come without headers, since a service worker answered from
// its cache.
//
// What restricts must not be lost by restarting the browser, so it is kept in storage.local until a later response for that URL restricts no
// more; what was seen in a private window, or may have been, stays in memory (storage.session) and is forgotten with the last such window.
// Normal windows hear nothing of it, and lose nothing by it: each kind of windows has a memory of its own (window_kind.ts).
// URLs are kept as hashes, without query and fragment: the list is not to tell where the user has been. A site that restricts at more URLs
// than it has room for loses its own oldest entries, and the default of its origins stays strict as long as one is left (recallOrigin).

import { siteOf } from "../../shared/domain.ts";
import { isRestrictive, strictest, unread } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { FairTable } from "../intake/fair.ts";
import type { Bounds, Place } from "../intake/fair.ts";
import { Shelf } from "../intake/shelf.ts";
import { seenBy } from "./window_kind.ts";
import type { Kind } from "./window_kind.ts";

interface Entry {
  facts: Facts;
  /** When it was last seen, in ms since 1970; exact to a day, to save writing. */
  at: number;
}

const day = 86_400_000;
const recentBounds: Bounds = { entries: 200, size: 200, entriesOfOwner: 50, sizeOfOwner: 50 };
const unnotedSitesBounds: Bounds = { entries: 1_000, size: 1_000, entriesOfOwner: 1, sizeOfOwner: 1 };
const unnotedBounds: Bounds = { entries: 1_000, size: 1_000, entriesOfOwner: 50, sizeOfOwner: 50 };

/** What windows of one kind have seen. */
class Memory {
  /** What restricts. */
  readonly shelf: Shelf<Entry>;
  /** What responses without restrictions said, too: as long as the worker runs. */
  recent = new FairTable<Facts>(recentBounds);
  /** Origins of which a response could not be noted, as long as the worker runs: no document of theirs is known to have had no such headers. */
  unnoted = new FairTable<true>(unnotedBounds);
  /** Sites that have more of them. */
  unnotedSites = new FairTable<true>(unnotedSitesBounds);

  constructor(shelf: Shelf<Entry>) {
    this.shelf = shelf;
  }

  async forget(): Promise<void> {
    this.recent = new FairTable(recentBounds);
    this.unnoted = new FairTable(unnotedBounds);
    this.unnotedSites = new FairTable(unnotedSitesBounds);
    await this.shelf.remove(() => true);
  }
}

const memories: Record<Kind, Memory> = {
  normal: new Memory(
    new Shelf(
      "local",
      "kept:",
      { entries: 1_000, size: 2_000_000, entriesOfOwner: 200, sizeOfOwner: 400_000 },
      { prefix: "kept-unwritten:", bounds: { entries: 200, size: 300_000, entriesOfOwner: 50, sizeOfOwner: 100_000 } },
    ),
  ),
  private: new Memory(
    new Shelf("session", "kept:", { entries: 200, size: 500_000, entriesOfOwner: 50, sizeOfOwner: 200_000 }),
  ),
  unknown: new Memory(
    new Shelf("session", "kept-unknown:", { entries: 200, size: 500_000, entriesOfOwner: 50, sizeOfOwner: 200_000 }),
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
export async function noteResponse(url: string, facts: Facts, kind: Kind): Promise<void> {
  const { key, place } = await addressOf(url);
  const { recent, shelf } = memories[kind];
  recent.put(key, facts, place, 1);

  const old = await shelf.get(key);
  if (!isRestrictive(facts)) {
    if (old !== undefined) await shelf.remove((other) => other === key);
    return;
  }
  const at = Math.floor(Date.now() / day) * day;
  if (old?.at === at && JSON.stringify(old.facts) === JSON.stringify(facts)) return;
  await shelf.put(key, { facts, at }, place);
}

/** A response of the origin was seen, and there was no room to note it. Does next to nothing. */
export function noteUnread(origin: string, kind: Kind): void {
  const { unnoted, unnotedSites } = memories[kind];
  if (unnoted.get(origin) === true) return;
  const site = siteOf(origin);
  for (const gone of unnoted.put(origin, true, { owner: site, part: origin }, 1)) {
    const all = siteOf(gone);
    unnotedSites.put(all, true, { owner: all, part: all }, 1);
  }
}

function isUnnoted(url: string, { unnoted, unnotedSites }: Memory): boolean {
  const { origin } = new URL(url);
  return unnoted.get(origin) === true || unnotedSites.get(siteOf(origin)) === true;
}

/** What documents in windows of this kind hear of. */
function heardBy(kind: Kind): { shelves: Shelf<Entry>[]; own: Memory[] } {
  const own = seenBy[kind].map((seen) => memories[seen]);
  return { own, shelves: [...new Set([memories.normal, ...own])].map(({ shelf }) => shelf) };
}

/** What was seen for `url`, as far as a document in a window of this kind hears of it; undefined when that is nothing. */
export async function recall(url: string, kind: Kind): Promise<Facts | undefined> {
  const { key } = await addressOf(url);
  const { own, shelves } = heardBy(kind);
  const entries = await Promise.all(shelves.map((shelf) => shelf.get(key)));
  const found = [
    ...own.map((memory) => (isUnnoted(url, memory) ? unread : undefined)),
    ...own.map(({ recent }) => recent.get(key)),
    ...entries.map((entry) => entry?.facts),
  ];
  const known = found.filter((facts) => facts !== undefined);
  return known.length === 0 ? undefined : strictest(known);
}

/** Everything that restricts any document of the origin: for a document in a window of this kind of which nothing else is known. */
export async function recallOrigin(url: string, kind: Kind): Promise<Facts> {
  const { origin } = await addressOf(url);
  const entries = await Promise.all(heardBy(kind).shelves.map((shelf) => shelf.entries()));
  return strictest(entries.flat().flatMap(([key, { facts }]) => (key.startsWith(origin) ? [facts] : [])));
}

/** The last private window is closed: nothing that was seen there, or may have been, stays. */
export async function forgetPrivate(): Promise<void> {
  await Promise.all([memories.private.forget(), memories.unknown.forget()]);
}
