// Sites that the person has paused: whatever they ask for is refused, and what they had open ends. A site is an origin.
//
// Kept in storage.local, and for private windows in storage.session: that is memory, and it is emptied when the last of them closes. The
// two know nothing of each other.

import { ext } from "../ext.ts";

const key = "paused";

function area(isPrivate: boolean): "local" | "session" {
  return isPrivate ? "session" : "local";
}

function read(entry: unknown): string[] {
  return (entry as string[] | undefined) ?? [];
}

/** The sites that are paused, in private windows or outside of them. */
export async function listPaused(isPrivate: boolean): Promise<string[]> {
  return read((await ext.storage[area(isPrivate)].get(key))[key]);
}

export async function isPaused({ origin, private: isPrivate }: { origin: string; private: boolean }): Promise<boolean> {
  return (await listPaused(isPrivate)).includes(origin);
}

// Changes read, then write: one after the other, so that none is lost.
let lastChange: Promise<unknown> = Promise.resolve();

export function setPaused(origin: string, isPrivate: boolean, paused: boolean): Promise<void> {
  const done = lastChange.then(async () => {
    const others = (await listPaused(isPrivate)).filter((other) => other !== origin);
    await ext.storage[area(isPrivate)].set({ [key]: paused ? [...others, origin] : others });
  });
  lastChange = done.catch(() => undefined);
  return done;
}

/** Calls `listener` when sites are paused or go on, with those that are paused now and were not before. */
export function onPausedChange(listener: (paused: string[], isPrivate: boolean) => void): void {
  ext.storage.onChanged.addListener((changes, changed) => {
    const entry = changes[key];
    if (entry === undefined || (changed !== "local" && changed !== "session")) return;
    const before = read(entry.oldValue);
    listener(
      read(entry.newValue).filter((origin) => !before.includes(origin)),
      changed === "session",
    );
  });
}

/** Forgets what was paused in private windows once there are none. Call once, in the first turn of the background. */
export function forgetPausesOfPrivateWindows(): void {
  ext.windows.onRemoved.addListener(() => {
    void ext.windows.getAll().then((windows) => {
      if (!windows.some(({ incognito }) => incognito)) return ext.storage.session.remove(key);
      return undefined;
    });
  });
}
