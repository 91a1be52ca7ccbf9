// Sites that the user has paused: whatever they ask for is refused, and what they had open ends. A site is an origin.
//
// Kept in storage.local, and for private windows in storage.session: that is memory, and it is emptied when the last of them closes. The
// two know nothing of each other. A pause that cannot be written holds all the same (store.ts).

import { ext } from "../../shared/ext.ts";
import { forget, keep, kept, onKept } from "../../shared/store.ts";

const key = "paused";

function area(isPrivate: boolean): "local" | "session" {
  return isPrivate ? "session" : "local";
}

function read(entry: unknown): string[] {
  return (entry as string[] | undefined) ?? [];
}

/** The sites that are paused, in private windows or outside of them. */
export async function listPaused(isPrivate: boolean): Promise<string[]> {
  return read(await kept(area(isPrivate), key));
}

export async function isPaused({ origin, private: isPrivate }: { origin: string; private: boolean }): Promise<boolean> {
  return (await listPaused(isPrivate)).includes(origin);
}

// Changes read, then write: one after the other, so that none is lost, whichever page of the extension makes them.
export function setPaused(origin: string, isPrivate: boolean, paused: boolean): Promise<void> {
  return navigator.locks.request<Promise<void>>(key, async () => {
    const others = (await listPaused(isPrivate)).filter((other) => other !== origin);
    await keep(area(isPrivate), key, paused ? [...others, origin] : others);
  });
}

/** Calls `listener` when sites are paused or go on, with those that are paused now and were not before. */
export function onPausedChange(listener: (paused: string[], isPrivate: boolean) => void): void {
  for (const isPrivate of [false, true])
    onKept(area(isPrivate), key, (oldValue, newValue) => {
      const before = read(oldValue);
      listener(
        read(newValue).filter((origin) => !before.includes(origin)),
        isPrivate,
      );
    });
}

/** Forgets what was paused in private windows once there are none. Call once, in the first turn of the background. */
export function forgetPausesOfPrivateWindows(): void {
  ext.windows.onRemoved.addListener(() => {
    void ext.windows.getAll().then((windows) => {
      if (!windows.some(({ incognito }) => incognito)) return forget("session", key);
      return undefined;
    });
  });
}
