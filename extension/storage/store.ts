// Writing down what must hold: pauses, mutes, grants, and what was taken back.
//
// Every write can fail: the area is full, the disk is, the profile cannot be read. Then room is made among what can be missed, and it is
// tried once more. If that fails, too, the value holds all the same: in storage.session for storage.local, so that it lives as long as the
// browser does, and in memory for storage.session. A page of the extension gives what it could write nowhere to the background, which lives
// longer and decides. What is kept so is written where it belongs with the next write that works, and when the background starts.

import { storage } from "../platform/current_storage.ts";
import type { AreaName } from "../platform/platform.ts";
import { ext } from "../shared/ext.ts";

export type { AreaName };

/** What is kept cannot be read. */
export class StorageFailure extends Error {
  constructor(cause: unknown) {
    super("the browser does not give the extension what it keeps", { cause });
  }
}

/** In storage.session: what could not be written to storage.local. */
const unsavedPrefix = "unsaved:";
/** What could be written nowhere, by area and key: of this context, and in the background also of the extension's pages. */
const inMemory = new Map<string, unknown>();
const nameOf = (area: AreaName, key: string): string => `${area} ${key}`;
/** What was read, by area and key, until somebody changes it: so whoever opens a socket does not wait for the browser to say the same again. */
const known = new Map<string, Promise<unknown>>();
function changed(area: AreaName, key: string): void {
  known.delete(nameOf(area, key));
  if (area === "session" && key.startsWith(unsavedPrefix))
    known.delete(nameOf("local", key.slice(unsavedPrefix.length)));
}
storage.onChanged((changes, where) => {
  const area = where as AreaName;
  for (const key of Object.keys(changes)) {
    inMemory.delete(nameOf(area, key)); // somebody has written it after us
    //rule:kept-values-follow-changes
    changed(area, key);
  }
});
/** Keys of storage.local that were asked for. */
const used = new Set<string>();

/** One write of a key after the other, whichever page of the extension makes them. */
function alone<T>(area: AreaName, key: string, work: () => Promise<T>): Promise<T> {
  //rule:pauses-are-written-in-turn
  return storage.alone(`store ${nameOf(area, key)}`, async () => {
    try {
      return await work();
    } finally {
      //rule:writes-are-read-next
      changed(area, key); // the browser may tell of it only after whoever wrote goes on
    }
  });
}

/** Areas that did not take something, as far as this context knows. */
const refused = new Set<AreaName>();
/** When it was last tried again, and after how long it may be: a page can bring about other writes as often as it likes. */
let tried = -Infinity;
const pause = 10_000;

const freeing: (() => Promise<void>)[] = [];

/** Registers what to do when an area is full: to delete what can be missed. */
export function onFull(free: () => Promise<void>): void {
  freeing.push(free);
}

/** Writes to an area, all items or none, and makes room if need be. Resolves with whether it is written. */
export async function tryToWrite(area: AreaName, items: Record<string, unknown>): Promise<boolean> {
  for (const last of [false, true]) {
    try {
      await storage.areas[area].set(items);
      if (/*rule:failed-writes-are-retried*/ refused.has(area) && Math.abs(Date.now() - tried) > pause)
        void writeUnsaved().catch(() => undefined);
      return true;
    } catch (error) {
      console.error(`storage.${area}:`, error);
      // To delete things is of use to an area that is full, and to no broken disk.
      if (last || !/quota/i.test(String(error))) return false;
      for (const free of freeing) await free().catch(() => undefined);
    }
  }
  return false;
}

interface Listener {
  area: AreaName;
  key: string;
  changed: (before: unknown, after: unknown) => void;
}
const listeners: Listener[] = [];

/** The value of a key, which nobody may change in place; undefined: there is none. Rejects with StorageFailure. */
export async function kept(area: AreaName, key: string): Promise<unknown> {
  const name = nameOf(area, key);
  if (inMemory.has(name)) return inMemory.get(name);
  const before = known.get(name);
  if (before !== undefined) return await before;
  const reading = readAnew(area, key);
  known.set(name, reading); // before it is there: a change that comes meanwhile takes it away
  try {
    return await reading;
  } catch (error) {
    if (known.get(name) === reading) known.delete(name);
    throw error;
  }
}

/** The same, as it is in the browser now: what another context of the extension has written may not have been told here yet. */
async function readAnew(area: AreaName, key: string): Promise<unknown> {
  const name = nameOf(area, key);
  if (area === "local") used.add(key);
  if (inMemory.has(name)) return inMemory.get(name);
  try {
    const unsaved = unsavedPrefix + key;
    const [own, instead] = await Promise.all([
      storage.areas[area].get(key),
      area === "local" ? storage.areas.session.get(unsaved) : {},
    ]);
    return unsaved in instead ? (instead as Record<string, unknown>)[unsaved] : (own as Record<string, unknown>)[key];
  } catch (error) {
    throw new StorageFailure(error);
  }
}

/**
 * Changes the value of a key: what `edit` makes of it is kept, and nobody else changes it meanwhile. `mustHold`: it is kept come what may; else
 * only if it can be written where it belongs, and if not, what was kept before is kept. Resolves with whether it is where it belongs; rejects
 * with StorageFailure when the value cannot be read.
 */
export function editKept(
  area: AreaName,
  key: string,
  edit: (stored: unknown) => unknown,
  { mustHold }: { mustHold: boolean },
): Promise<boolean> {
  return alone(area, key, async () => {
    const value = edit(await /*rule:edits-read-anew*/ readAnew(area, key));
    return await (mustHold ? put : write)(area, key, value);
  });
}

/** Keeps a value if it can be written where it belongs. Resolves with whether it is; if not, what was kept before is kept. */
export function keepIfWritten(area: AreaName, key: string, value: unknown): Promise<boolean> {
  return alone(area, key, () => write(area, key, value));
}

async function write(area: AreaName, key: string, value: unknown): Promise<boolean> {
  if (!(await tryToWrite(area, { [key]: value }))) return false;
  inMemory.delete(nameOf(area, key));
  //rule:later-write-replaces-fallback
  if (area === "local") await storage.areas.session.remove(unsavedPrefix + key).catch(() => undefined);
  return true;
}

/** Keeps a value, come what may. Resolves with whether it is where it belongs. */
export function keep(area: AreaName, key: string, value: unknown): Promise<boolean> {
  return alone(area, key, () => put(area, key, value));
}

async function put(area: AreaName, key: string, value: unknown): Promise<boolean> {
  const name = nameOf(area, key);
  if (await write(area, key, value)) return true;
  refused.add(area);
  if (
    area === "local" &&
    /*rule:full-disk-falls-back-to-session*/ (await tryToWrite("session", { [unsavedPrefix + key]: value }))
  ) {
    inMemory.delete(name);
    return false;
  }
  refused.add("session");
  const before = await kept(area, key).catch(() => undefined);
  //rule:denials-count-without-storage
  //rule:revoking-works-without-storage
  //rule:pause-works-without-storage
  inMemory.set(name, value);
  tell(area, key, before, value);
  const unwritten: Unwritten = { unwritten: { area, key, value } };
  //rule:extension-page-writes-via-background
  await ext.runtime.sendMessage(unwritten).catch(() => undefined); // in the background: nobody else listens
  return false;
}

/** What a page of the extension gives to the background. */
interface Unwritten {
  unwritten: { area: AreaName; key: string; value: unknown };
}

/**
 * For the background: keeps what a page of the extension could write nowhere, and says so to who listens. Resolves with false if the message is
 * about something else. The page has the key to itself until it is answered.
 */
export async function keepUnwritten(message: unknown): Promise<boolean> {
  const { unwritten } = (message ?? {}) as Partial<Unwritten>;
  if (unwritten === undefined) return false;
  const { area, key, value } = unwritten;
  const before = await kept(area, key).catch(() => undefined);
  inMemory.set(nameOf(area, key), value);
  tell(area, key, before, value);
  return true;
}

/** Forgets a key. */
export function forget(area: AreaName, key: string): Promise<void> {
  return alone(area, key, async () => {
    inMemory.delete(nameOf(area, key));
    await storage.areas[area].remove(key);
  });
}

function tell(area: AreaName, key: string, before: unknown, after: unknown): void {
  for (const listener of listeners) if (listener.area === area && listener.key === key) listener.changed(before, after);
}

/** Calls `changed` whenever the value of a key has changed, wherever it is kept. */
export function onKept(area: AreaName, key: string, changed: Listener["changed"]): void {
  listeners.push({ area, key, changed });
  storage.onChanged((changes, where) => {
    const own = changes[key];
    if (where === area && own !== undefined) changed(own.oldValue, own.newValue);
    const instead = changes[unsavedPrefix + key];
    if (area !== "local" || where !== "session" || instead?.newValue === undefined) return; // once it is written, that is told
    if (instead.oldValue !== undefined) changed(instead.oldValue, instead.newValue);
    else
      void storage.areas.local.get(key).then(
        (stored) => {
          changed(stored[key], instead.newValue);
        },
        () => {
          changed(undefined, instead.newValue);
        },
      );
  });
}

/** Reports whether something that was asked for here is not written where it belongs. */
export async function isTroubled(): Promise<boolean> {
  if (inMemory.size > 0) return true;
  const unsaved = await storage.areas.session.get([...used].map((key) => unsavedPrefix + key)).catch(() => undefined);
  return unsaved === undefined || Object.keys(unsaved).length > 0;
}

/** Writes what could not be written earlier, as it is kept by now. */
export async function writeUnsaved(): Promise<void> {
  tried = Date.now();
  refused.clear(); // until one of them refuses again
  const stored = Object.keys(await storage.areas.session.get(null)).filter((key) => key.startsWith(unsavedPrefix));
  const names = [...stored.map((key) => nameOf("local", key.slice(unsavedPrefix.length))), ...inMemory.keys()];
  for (const name of new Set(names)) {
    const [area, key] = name.split(" ") as [AreaName, string];
    //rule:late-write-keeps-newer-value
    await alone(area, key, async () => {
      // Meanwhile somebody may have written it, or there is something newer.
      //rule:late-write-keeps-newer-value.2
      if (await isUnsaved(area, key)) await put(area, key, await readAnew(area, key));
    });
  }
}

async function isUnsaved(area: AreaName, key: string): Promise<boolean> {
  if (inMemory.has(nameOf(area, key))) return true;
  const unsaved = unsavedPrefix + key;
  return area === "local" && unsaved in (await storage.areas.session.get(unsaved));
}
