// What headers were last seen for a URL, whoever fetched it: for documents that come without headers, since a service worker answered from
// its cache.
//
// What restricts must not be lost by restarting the browser, so it is kept in storage.local until a later response for that URL restricts no
// more; what was seen in a private window, or may have been, stays in memory (storage.session) and is forgotten with the last such window.
// URLs are kept as hashes, without query and fragment: the list is not to tell where the person has been. A site that restricts at more URLs
// than it has room for loses its own oldest entries, and the default of its origins stays strict as long as one is left (recallOrigin).

import { siteOf } from "../domain.ts";
import { isRestrictive, strictest, unread } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { FairTable } from "./fair.ts";
import type { Place } from "./fair.ts";
import { Shelf } from "./shelf.ts";

type Area = "local" | "session";

interface Entry {
  facts: Facts;
  /** When it was last seen, in ms since 1970; exact to a day, to save writing. */
  at: number;
}

const prefix = "kept:";
const day = 86_400_000;

const shelves: Record<Area, Shelf<Entry>> = {
  local: new Shelf("local", prefix, { entries: 1_000, size: 2_000_000, entriesOfOwner: 200, sizeOfOwner: 400_000 }),
  session: new Shelf("session", prefix, { entries: 200, size: 500_000, entriesOfOwner: 50, sizeOfOwner: 200_000 }),
};

/** What responses without restrictions said, too: as long as the worker runs. */
const recent = new FairTable<{ facts: Facts; area: Area }>({
  entries: 200,
  size: 200,
  entriesOfOwner: 50,
  sizeOfOwner: 50,
});

/** Origins of which a response could not be noted, as long as the worker runs: no document of theirs is known to have had no such headers. */
const unnoted = new FairTable<true>({ entries: 1_000, size: 1_000, entriesOfOwner: 50, sizeOfOwner: 50 });
/** Sites that have more of them. */
const unnotedSites = new Set<string>();
const maxSites = 1_000;

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

/** A response for `url` was seen. `area` is local when it surely was not in a private window. */
export async function noteResponse(url: string, facts: Facts, area: Area): Promise<void> {
  const { key, place } = await addressOf(url);
  recent.put(key, { facts, area }, place, 1);

  const shelf = shelves[area];
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
export function noteUnread(origin: string): void {
  if (unnoted.get(origin) === true) return;
  const site = siteOf(origin);
  for (const gone of unnoted.put(origin, true, { owner: site, part: origin }, 1)) {
    unnotedSites.add(siteOf(gone));
    for (const oldest of unnotedSites) if (unnotedSites.size > maxSites) unnotedSites.delete(oldest);
  }
}

function isUnnoted(url: string): boolean {
  const { origin } = new URL(url);
  return unnoted.get(origin) === true || unnotedSites.has(siteOf(origin));
}

/** What was seen for `url`; undefined when that is nothing. */
export async function recall(url: string): Promise<Facts | undefined> {
  const { key } = await addressOf(url);
  const found = [
    isUnnoted(url) ? unread : undefined,
    recent.get(key)?.facts,
    (await shelves.local.get(key))?.facts,
    (await shelves.session.get(key))?.facts,
  ];
  const known = found.filter((facts) => facts !== undefined);
  return known.length === 0 ? undefined : strictest(known);
}

/** Everything that restricts any document of the origin: for a document of which nothing else is known. */
export async function recallOrigin(url: string): Promise<Facts> {
  const { origin } = await addressOf(url);
  const entries = [...(await shelves.local.entries()), ...(await shelves.session.entries())];
  return strictest(entries.flatMap(([key, { facts }]) => (key.startsWith(origin) ? [facts] : [])));
}

/** The last private window is closed: nothing that was seen there stays. */
export async function forgetPrivate(): Promise<void> {
  for (const [key, { area }] of [...recent.entries()]) if (area === "session") recent.delete(key);
  await shelves.session.remove(() => true);
}
