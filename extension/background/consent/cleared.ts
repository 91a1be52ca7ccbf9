// Deleting a site's data takes back what was remembered for it: in a container what was remembered in that container.
//
// Each origin with grants has in each container a marker among its own data (marker.ts). Whatever removes the marker removes the grants: the browser tells of
// it at once, and where it could not (it was closing, or the extension was switched off) the marker is looked for when the browser starts,
// once a day, and each time a grant is to be used. A grant without its marker never counts.

import { inContainer, readWhose, whoseKey, type Whose } from "../../shared/container.ts";
import { hasAccessTo } from "../../shared/access.ts";
import { ext } from "../../shared/ext.ts";
import { Stored, tableOf } from "../../storage/stored.ts";
import { addGrants, listGrants, onRevoked, removeGrants } from "./grants.ts";
import type { Grant } from "./grants.ts";
import {
  allMarkers,
  cookieOf,
  isMarker,
  isMarkerOf,
  isThere,
  mayBeMarker,
  newPath,
  removeMarker,
  renewMarker,
  setMarker,
  touchMarker,
} from "./marker.ts";
import type { Contained, Marker } from "./marker.ts";
import { MarkerIndex } from "./marker_index.ts";

/** By whoseKey, as is everything here. */
const stored = new Stored("local", "markers", (value) => tableOf(value, isMarker));
/** When all markers were last looked at, in ms since 1970; 0: not since the browser started. */
const looked = new Stored("session", "markersLooked", (value) => (typeof value === "number" ? value : 0));
const day = 86_400_000;
/** A start of the browser brings pages that open sockets, and each grant that is used is looked at by itself: the look at all waits, in ms. */
const calm = 5_000;

const index = new MarkerIndex();

/** All that there are. */
async function readMarkers(): Promise<Map<string, Marker>> {
  const markers = new Map(Object.entries(await stored.get()).filter(([key]) => readWhose(key) !== undefined));
  index.note(markers);
  return markers;
}

async function writeMarkers(markers: ReadonlyMap<string, Marker>): Promise<void> {
  index.note(markers);
  await stored.set(Object.fromEntries(markers));
}

// One after the other: an event that a change of ours brings about is judged when the change is complete.
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}

function report(error: unknown): void {
  console.error("markers:", error);
}

let tell: (keys: ReadonlySet<string>) => void = () => undefined;

/** Removes one from the browser and from the table. */
async function drop(markers: Map<string, Marker>, key: string): Promise<void> {
  const [marker, whose] = [markers.get(key), readWhose(key)];
  if (marker !== undefined && whose !== undefined) await removeMarker(whose, marker);
  markers.delete(key);
}

/** Takes back all that was remembered for these. */
async function forget(keys: ReadonlySet<string>): Promise<void> {
  if (keys.size === 0) return;
  await removeGrants((grant) => /*rule:cleared-container-only*/ keys.has(whoseKey(grant)));
  const markers = await readMarkers();
  for (const key of keys) await drop(markers, key);
  await writeMarkers(markers);
  tell(keys);
}

/** Why nothing is remembered: no marker can be set, the browser does not write it down, or nobody could tell the network again. */
export type NotRemembered = "marker" | "storage" | "network-unknown";

/** Remembers a grant, or several of the same origin and container. Resolves with why not, if they cannot be. */
export function remember(grant: Grant, ...more: Grant[]): Promise<NotRemembered | undefined> {
  const key = whoseKey(grant);
  const path = newPath();
  // From now on, as what is deleted meanwhile is deleted after the grant.
  const settled = index.expect(key, path);
  return inTurn(async () => {
    let old = (await readMarkers()).get(key);
    // A new marker would hide that the old one is gone.
    if (old !== undefined && !(await isThere(grant, old))) {
      //rule:no-access-forgets-nothing.2
      if (!(await hasAccessTo(grant.origin))) return "marker";
      await forget(new Set([key]));
      old = undefined; // what is told of the old one is not about the new one
    }
    const marker = await setMarker(grant, old, path);
    //rule:no-grant-without-marker
    if (marker === undefined) return "marker";
    //rule:no-grant-without-marker.2
    await writeMarkers((await readMarkers()).set(key, marker));
    if (/*rule:unwritten-grant-not-remembered*/ await addGrants(grant, ...more)) return undefined;
    await tidy(new Set([key]));
    return "storage";
  }).finally(settled);
}

/** Reports whether what was remembered for the origin, in its container, still counts. If not, it is forgotten. */
export function stillRemembers({ origin, container }: Whose): Promise<boolean> {
  const whose = { origin, ...inContainer({ container }) };
  const key = whoseKey(whose);
  return inTurn(async () => {
    const markers = await readMarkers();
    const marker = markers.get(key);
    if (marker === undefined || !(await isThere(whose, marker))) {
      // It may be there, and we are not let look: then nothing counts, and nothing is lost.
      //rule:no-access-forgets-nothing
      if (!(await hasAccessTo(origin))) return false;
      await forget(new Set([key]));
      return false;
    }
    if (/*rule:used-marker-is-renewed*/ Math.abs(Date.now() - marker.renewed) > day) {
      await writeMarkers(markers.set(key, await renewMarker(whose, marker)));
    }
    return true;
  });
}

/** Who has said so, and waits for their turn: each of them once. */
const clearing = new Set<string>();

/** The origin itself has said that its data in this container is to be deleted (Clear-Site-Data). */
export function clearedByItself(whose: Whose): void {
  const key = whoseKey(whose);
  if (
    /*rule:clear-site-data-once-per-origin*/ clearing.has(key) ||
    /*rule:clear-site-data-without-grants*/ (index.isRead && !index.hasKey(key))
  )
    return;
  clearing.add(key);
  //rule:clear-site-data-without-grants.2
  if (clearing.size > 1) return; // the turn of the first takes them all
  void inTurn(async () => {
    const keys = [...clearing];
    clearing.clear();
    const remembered = new Set((await listGrants()).map(whoseKey));
    await forget(new Set(keys.filter((one) => remembered.has(one))));
  });
}

/** A look at all markers that is due, as something was told before it was known which there are. */
let looking: Promise<unknown> | undefined;

/** A cookie that looks like a marker has changed. */
function noteChange(change: chrome.cookies.CookieChangeInfo): void {
  if (index.isRead) {
    if (/*rule:foreign-cookies-cost-no-turn*/ index.hasPath(change.cookie.path)) void inTurn(() => changed(change));
    return;
  }
  looking ??= inTurn(lookAtAll)
    .catch(report)
    .finally(() => {
      looking = undefined;
    });
}

async function changed({ removed, cookie, cause }: chrome.cookies.CookieChangeInfo): Promise<void> {
  const [key = "", marker] = [...(await readMarkers())].find(([, { path }]) => path === cookie.path) ?? [];
  const whose = readWhose(key);
  if (marker === undefined || whose === undefined) return;
  // Overwritten: what it was overwritten with is told next.
  const stands = removed
    ? cause === "overwrite"
    : /*rule:overwritten-marker-voids-grant*/ isMarkerOf(whose, marker, cookie);
  if (!stands) await forget(new Set([key]));
}

/** What a look at all markers finds. */
interface Found {
  /** Whose markers are there. */
  there: string[];
  /** Cookies that stand for nothing, as after a crash. */
  strays: Contained[];
}

/** Compares what is remembered with the markers that are there. */
async function lookAtAll(): Promise<Found> {
  const markers = await readMarkers(); // first: what changes from now on is judged by itself
  const containers = [...markers.keys()].flatMap((key) => readWhose(key)?.container ?? []);
  const cookies = new Map((await allMarkers(new Set(containers))).map((one) => [one.cookie.path, one]));
  const wanted = new Map((await listGrants()).map((grant) => [whoseKey(grant), grant]));
  const gone = new Set<string>();
  const there: string[] = [];
  for (const [key, whose] of wanted) {
    const marker = markers.get(key);
    const found = marker === undefined ? undefined : cookies.get(marker.path);
    if (marker === undefined || found === undefined || !isMarkerOf(whose, marker, found.cookie)) {
      if (/*rule:no-access-looks-for-nothing*/ await hasAccessTo(whose.origin)) gone.add(key);
      continue;
    }
    there.push(key);
    cookies.delete(marker.path);
  }
  await forget(gone);
  await tidy(new Set(markers.keys()));
  return { there, strays: [...cookies.values()] };
}

/** Touches a marker, if it is still there. */
async function touch(key: string): Promise<void> {
  const [marker, whose] = [(await readMarkers()).get(key), readWhose(key)];
  if (marker === undefined || whose === undefined) return;
  const cookie = await cookieOf(whose, marker);
  if (cookie !== undefined) /*rule:markers-touched-against-eviction*/ await touchMarker(whose, marker, cookie);
}

/**
 * Looks at all of them in one turn, and touches them one after the other in turns of their own: with a thousand origins that takes seconds,
 * and a grant that is to be used waits for no more than one of them.
 */
async function lookIfDue(): Promise<void> {
  if (Math.abs(Date.now() - (await looked.get())) < day) return;
  await new Promise((resolve) => setTimeout(resolve, calm));
  //rule:markers-checked-at-startup
  //rule:markers-checked-daily
  const { there, strays } = await inTurn(lookAtAll);
  await looked.setIfWritten(Date.now());
  for (const key of there) await inTurn(() => touch(key));
  // In no turn: a site can have set as many as the browser keeps.
  for (const { cookie, container } of strays) {
    const { domain, path, secure } = cookie;
    const origin = `${secure ? "https" : "http"}://${domain}`;
    if (!index.hasPath(path)) await removeMarker({ origin, ...inContainer({ container }) }, { path });
  }
}

/** Tidies up after what was taken back otherwise: who has no grants needs no marker. */
async function tidy(keys: ReadonlySet<string>): Promise<void> {
  const wanted = new Set((await listGrants()).map(whoseKey));
  const markers = await readMarkers();
  for (const key of keys) {
    if (!markers.has(key) || wanted.has(key)) continue;
    await drop(markers, key);
    await writeMarkers(markers);
  }
}

/**
 * Watches for data that is deleted. Call once, in the first turn of the background. `cleared` hears (by whoseKey) whose grants went, to end
 * what is open.
 */
export function watchCleared(cleared: (keys: ReadonlySet<string>) => void): void {
  tell = cleared;
  ext.cookies.onChanged.addListener((change) => {
    //rule:deleted-marker-takes-grants
    if (mayBeMarker(change.cookie)) noteChange(change);
  });
  onRevoked((revoked) => {
    //rule:marker-goes-with-last-grant
    void inTurn(() => tidy(new Set(revoked.map(whoseKey))));
  });
  void inTurn(readMarkers).catch(report);
  // storage.session is empty after a start of the browser, an update, and whenever the extension was switched off.
  void lookIfDue().catch(report);
}
