// Writing down what must hold: pauses, mutes, grants, and what was taken back.
//
// Every write can fail: the area is full, the disk is, the profile cannot be read. Then room is made among what can be missed, and it is
// tried once more. If that fails, too, the value holds all the same: in storage.session for storage.local, so that it lives as long as the
// browser does, and in memory for storage.session. What is kept so is written where it belongs as soon as that works again.

import { ext } from "./ext.ts";

export type AreaName = "local" | "session";

/** What is kept cannot be read. */
export class StorageFailure extends Error {
  constructor(cause: unknown) {
    super("the browser does not give the extension what it keeps", { cause });
  }
}

/** In storage.session: what could not be written to storage.local. */
const unsavedPrefix = "unsaved:";
/** What could be written nowhere, by area and key. Of this context only. */
const inMemory = new Map<string, unknown>();
/** Keys of storage.local that were asked for. */
const used = new Set<string>();
const nameOf = (area: AreaName, key: string): string => `${area} ${key}`;

const freeing: (() => Promise<void>)[] = [];

/** Registers what to do when an area is full: to delete what can be missed. */
export function onFull(free: () => Promise<void>): void {
  freeing.push(free);
}

/** Writes to an area, all items or none, and makes room if need be. Resolves with whether it is written. */
export async function tryToWrite(area: AreaName, items: Record<string, unknown>): Promise<boolean> {
  for (const last of [false, true]) {
    try {
      await ext.storage[area].set(items);
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

/** The value of a key; undefined: there is none. Rejects with StorageFailure. */
export async function kept(area: AreaName, key: string): Promise<unknown> {
  const name = nameOf(area, key);
  if (area === "local") used.add(key);
  if (inMemory.has(name)) return inMemory.get(name);
  try {
    const unsaved = unsavedPrefix + key;
    const [own, instead] = await Promise.all([
      ext.storage[area].get(key),
      area === "local" ? ext.storage.session.get(unsaved) : {},
    ]);
    return unsaved in instead ? (instead as Record<string, unknown>)[unsaved] : (own as Record<string, unknown>)[key];
  } catch (error) {
    throw new StorageFailure(error);
  }
}

/** Keeps a value, come what may. Resolves with whether it is where it belongs. */
export async function keep(area: AreaName, key: string, value: unknown): Promise<boolean> {
  const name = nameOf(area, key);
  const written = await tryToWrite(area, { [key]: value });
  if (written) {
    inMemory.delete(name);
    if (area === "local") await ext.storage.session.remove(unsavedPrefix + key).catch(() => undefined);
    return true;
  }
  if (area === "local" && (await tryToWrite("session", { [unsavedPrefix + key]: value }))) {
    inMemory.delete(name);
    return false;
  }
  const before = await kept(area, key).catch(() => undefined);
  inMemory.set(name, value);
  tell(area, key, before, value);
  return false;
}

/** Forgets a key. */
export async function forget(area: AreaName, key: string): Promise<void> {
  inMemory.delete(nameOf(area, key));
  await ext.storage[area].remove(key);
}

function tell(area: AreaName, key: string, before: unknown, after: unknown): void {
  for (const listener of listeners) if (listener.area === area && listener.key === key) listener.changed(before, after);
}

/** Calls `changed` whenever the value of a key has changed, wherever it is kept. */
export function onKept(area: AreaName, key: string, changed: Listener["changed"]): void {
  listeners.push({ area, key, changed });
  ext.storage.onChanged.addListener((changes, where) => {
    const own = changes[key];
    if (where === area && own !== undefined) {
      inMemory.delete(nameOf(area, key)); // somebody has written it after us
      changed(own.oldValue, own.newValue);
    }
    const instead = changes[unsavedPrefix + key];
    if (area !== "local" || where !== "session" || instead?.newValue === undefined) return; // once it is written, that is told
    if (instead.oldValue !== undefined) changed(instead.oldValue, instead.newValue);
    else
      void ext.storage.local.get(key).then(
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
  const unsaved = await ext.storage.session.get([...used].map((key) => unsavedPrefix + key)).catch(() => undefined);
  return unsaved === undefined || Object.keys(unsaved).length > 0;
}

/** Writes what could not be written earlier. */
export async function writeUnsaved(): Promise<void> {
  const all = await ext.storage.session.get(null);
  for (const [key, value] of Object.entries(all))
    if (key.startsWith(unsavedPrefix)) await keep("local", key.slice(unsavedPrefix.length), value);
}
