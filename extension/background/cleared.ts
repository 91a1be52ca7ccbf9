// Deleting a site's data takes back what was remembered for it.
//
// Each origin with grants has a marker among its own data (marker.ts). Whatever removes the marker removes the grants: the browser tells of
// it at once, and where it could not (it was closing, or the extension was switched off) the marker is looked for when the browser starts,
// once a day, and each time a grant is to be used. A grant without its marker never counts.

import { ext } from "../ext.ts";
import { keep, kept, tryToWrite } from "../store.ts";
import { addGrant, listGrants, onRevoked, removeGrants } from "../grants.ts";
import type { Grant } from "../grants.ts";
import {
  allMarkers,
  cookieOf,
  isMarkerOf,
  isThere,
  mayBeMarker,
  removeMarker,
  renewMarker,
  setMarker,
  touchMarker,
} from "./marker.ts";
import type { Marker } from "./marker.ts";

const key = "markers";
/** In storage.session: when all markers were last looked at. */
const lookedKey = "markersLooked";
const day = 86_400_000;

/** The marker of each origin that has one. */
async function readMarkers(): Promise<Map<string, Marker>> {
  const stored = (await kept("local", key)) as Record<string, Marker> | undefined;
  return new Map(Object.entries(stored ?? {}));
}

async function writeMarkers(markers: ReadonlyMap<string, Marker>): Promise<void> {
  await keep("local", key, Object.fromEntries(markers));
}

// One after the other: an event that a change of ours brings about is judged when the change is complete.
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}

let tell: (origins: ReadonlySet<string>) => void = () => undefined;

/** Takes back all that was remembered for these origins. */
async function forget(origins: ReadonlySet<string>): Promise<void> {
  if (origins.size === 0) return;
  await removeGrants(({ origin }) => origins.has(origin));
  const markers = await readMarkers();
  for (const origin of origins) {
    const marker = markers.get(origin);
    if (marker !== undefined) await removeMarker(origin, marker);
    markers.delete(origin);
  }
  await writeMarkers(markers);
  tell(origins);
}

/** Why nothing is remembered: no marker can be set, the browser does not write it down, or nobody could tell the network again. */
export type NotRemembered = "marker" | "storage" | "network-unknown";

/** Remembers a grant. Resolves with why not, if it cannot be; then nothing is remembered. */
export function remember(grant: Grant): Promise<NotRemembered | undefined> {
  return inTurn(async () => {
    const { origin } = grant;
    const old = (await readMarkers()).get(origin);
    // A new marker would hide that the old one is gone.
    if (old !== undefined && !(await isThere(origin, old))) await forget(new Set([origin]));
    const marker = await setMarker(origin, old);
    if (marker === undefined) return "marker";
    await writeMarkers((await readMarkers()).set(origin, marker));
    if (await addGrant(grant)) return undefined;
    await tidy(new Set([origin]));
    return "storage";
  });
}

/** Reports whether what was remembered for the origin still counts. If not, it is forgotten. */
export function stillRemembers(origin: string): Promise<boolean> {
  return inTurn(async () => {
    const markers = await readMarkers();
    const marker = markers.get(origin);
    if (marker === undefined || !(await isThere(origin, marker))) {
      await forget(new Set([origin]));
      return false;
    }
    if (Math.abs(Date.now() - marker.renewed) > day) {
      await writeMarkers(markers.set(origin, await renewMarker(origin, marker)));
    }
    return true;
  });
}

/** The origin itself has said that its data is to be deleted (Clear-Site-Data). */
export function clearedByItself(origin: string): void {
  void inTurn(async () => {
    const remembered = (await listGrants()).some((grant) => grant.origin === origin);
    if (remembered) await forget(new Set([origin]));
  });
}

async function changed({ removed, cookie, cause }: chrome.cookies.CookieChangeInfo): Promise<void> {
  const [origin, marker] = [...(await readMarkers())].find(([, { path }]) => path === cookie.path) ?? [];
  if (origin === undefined || marker === undefined) return;
  // Overwritten: what it was overwritten with is told next.
  const stands = removed ? cause === "overwrite" : isMarkerOf(origin, marker, cookie);
  if (!stands) await forget(new Set([origin]));
}

/** Compares what is remembered with the markers that are there. Resolves with the origins whose markers are. */
async function lookAtAll(): Promise<string[]> {
  const cookies = new Map((await allMarkers()).map((cookie) => [cookie.path, cookie]));
  const markers = await readMarkers();
  const wanted = new Set((await listGrants()).map(({ origin }) => origin));
  const gone = new Set<string>();
  const there: string[] = [];
  for (const origin of wanted) {
    const marker = markers.get(origin);
    const cookie = marker === undefined ? undefined : cookies.get(marker.path);
    if (marker === undefined || cookie === undefined || !isMarkerOf(origin, marker, cookie)) {
      gone.add(origin);
      continue;
    }
    there.push(origin);
    cookies.delete(marker.path);
  }
  await forget(gone);
  await tidy(new Set(markers.keys()));
  // What is left stands for nothing, as after a crash.
  for (const { domain, path, secure } of cookies.values())
    await removeMarker(`${secure ? "https" : "http"}://${domain}`, { path });
  return there;
}

/** Touches the marker of an origin, if it is still there. */
async function touch(origin: string): Promise<void> {
  const marker = (await readMarkers()).get(origin);
  const cookie = marker === undefined ? undefined : await cookieOf(origin, marker);
  if (marker !== undefined && cookie !== undefined) await touchMarker(origin, marker, cookie);
}

/**
 * Looks at all of them in one turn, and touches them one after the other in turns of their own: with a thousand origins that takes seconds,
 * and a grant that is to be used waits for no more than one of them.
 */
async function lookIfDue(): Promise<void> {
  const looked = (await ext.storage.session.get(lookedKey))[lookedKey] as number | undefined;
  if (looked !== undefined && Math.abs(Date.now() - looked) < day) return;
  const there = await inTurn(lookAtAll);
  await tryToWrite("session", { [lookedKey]: Date.now() });
  for (const origin of there) await inTurn(() => touch(origin));
}

/** Tidies up after what was taken back otherwise: an origin without grants needs no marker. */
async function tidy(origins: ReadonlySet<string>): Promise<void> {
  const wanted = new Set((await listGrants()).map(({ origin }) => origin));
  const markers = await readMarkers();
  for (const origin of origins) {
    const marker = markers.get(origin);
    if (marker === undefined || wanted.has(origin)) continue;
    await removeMarker(origin, marker);
    markers.delete(origin);
    await writeMarkers(markers);
  }
}

/**
 * Watches for data that is deleted. Call once, in the first turn of the background. `cleared` hears of the origins whose grants went, to
 * end what is open.
 */
export function watchCleared(cleared: (origins: ReadonlySet<string>) => void): void {
  tell = cleared;
  ext.cookies.onChanged.addListener((change) => {
    if (mayBeMarker(change.cookie)) void inTurn(() => changed(change));
  });
  onRevoked((revoked) => {
    void inTurn(() => tidy(new Set(revoked.map(({ origin }) => origin))));
  });
  // storage.session is empty after a start of the browser, an update, and whenever the extension was switched off.
  void lookIfDue().catch((error: unknown) => {
    console.error("markers:", error);
  });
}
