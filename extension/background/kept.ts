// What headers were last seen for a URL, whoever fetched it: for documents that come without headers, since a service worker answered from
// its cache.
//
// What restricts must not be lost by restarting the browser, so it is kept in storage.local until a later response for that URL restricts no
// more; what was seen in a private window, or may have been, stays in memory (storage.session) and is forgotten with the last such window.
// URLs are kept as hashes, without query and fragment: the list is not to tell where the person has been. Its length has a bound.

import { ext } from "../ext.ts";
import { isRestrictive, strictest } from "./facts.ts";
import type { Facts } from "./facts.ts";

type Area = "local" | "session";

interface Entry {
  facts: Facts;
  /** When it was last seen, in ms since 1970; exact to a day, to save writing. */
  at: number;
}

const prefix = "kept:";
const maxEntries: Record<Area, number> = { local: 1_000, session: 200 };
const maxRecent = 200;
const day = 86_400_000;

/** What responses without restrictions said, too: as long as the worker runs. */
const recent = new Map<string, { facts: Facts; area: Area }>();
const tables: Partial<Record<Area, Promise<Map<string, Entry>>>> = {};

/** The table of one area, read once. Everything that changes it goes through here. */
function table(area: Area): Promise<Map<string, Entry>> {
  return (tables[area] ??= ext.storage[area].get(null).then((all) => {
    const entries = Object.entries(all).filter(([key]) => key.startsWith(prefix)) as [string, Entry][];
    return new Map(entries.sort(([, a], [, b]) => a.at - b.at));
  }));
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toBase64({ alphabet: "base64url", omitPadding: true }).slice(0, 22);
}

/** The key of a URL: its origin, then its path. */
async function keyOf(url: string): Promise<{ origin: string; key: string }> {
  const { origin, pathname } = new URL(url);
  const start = `${prefix}${await digest(origin)}:`;
  return { origin: start, key: start + (await digest(pathname)) };
}

/** A response for `url` was seen. `area` is local when it surely was not in a private window. */
export async function noteResponse(url: string, facts: Facts, area: Area): Promise<void> {
  const { key } = await keyOf(url);
  recent.delete(key);
  recent.set(key, { facts, area });
  if (recent.size > maxRecent) for (const oldest of recent.keys()) if (recent.delete(oldest)) break;

  const entries = await table(area);
  const old = entries.get(key);
  if (!isRestrictive(facts)) {
    if (entries.delete(key)) await ext.storage[area].remove(key);
    return;
  }
  const at = Math.floor(Date.now() / day) * day;
  if (old?.at === at && JSON.stringify(old.facts) === JSON.stringify(facts)) return;
  entries.delete(key); // so that it goes to the end
  entries.set(key, { facts, at });
  await ext.storage[area].set({ [key]: { facts, at } });
  const surplus = [...entries.keys()].slice(0, Math.max(0, entries.size - maxEntries[area]));
  for (const oldest of surplus) entries.delete(oldest);
  if (surplus.length > 0) await ext.storage[area].remove(surplus);
}

/** What was seen for `url`; undefined when that is nothing. */
export async function recall(url: string): Promise<Facts | undefined> {
  const { key } = await keyOf(url);
  const found = [
    recent.get(key)?.facts,
    (await table("local")).get(key)?.facts,
    (await table("session")).get(key)?.facts,
  ];
  const known = found.filter((facts) => facts !== undefined);
  return known.length === 0 ? undefined : strictest(known);
}

/** Everything that restricts any document of the origin: for a document of which nothing else is known. */
export async function recallOrigin(url: string): Promise<Facts> {
  const { origin } = await keyOf(url);
  const entries = [...(await table("local")), ...(await table("session"))];
  return strictest(entries.flatMap(([key, { facts }]) => (key.startsWith(origin) ? [facts] : [])));
}

/** The last private window is closed: nothing that was seen there stays. */
export async function forgetPrivate(): Promise<void> {
  for (const [key, { area }] of recent) if (area === "session") recent.delete(key);
  const entries = await table("session");
  const keys = [...entries.keys()];
  entries.clear();
  if (keys.length > 0) await ext.storage.session.remove(keys);
}
