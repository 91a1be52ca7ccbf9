// Sites that the user has paused: whatever they ask for is refused, and what they had open ends. A site is an origin.
//
// Kept in storage.local, and for private windows in storage.session: that is memory, and it is emptied when the last of them closes. The
// two know nothing of each other. A pause that cannot be written holds all the same (store.ts).

import { ext } from "../../shared/ext.ts";
import { Stored, listOf } from "../../shared/stored.ts";

const read = (stored: unknown): string[] => listOf(stored, (origin) => typeof origin === "string");

const ofNormalWindows = new Stored(/*rule:pause-outlives-browser*/ "local", "paused", read);
const ofPrivateWindows = new Stored(/*rule:private-pause-not-on-disk*/ "session", "paused", read);

function paused(isPrivate: boolean): Stored<string[]> {
  return isPrivate ? ofPrivateWindows : ofNormalWindows;
}

/** The sites that are paused, in private windows or outside of them. */
export function listPaused(isPrivate: boolean): Promise<string[]> {
  return paused(isPrivate).get();
}

export async function isPaused({ origin, private: isPrivate }: { origin: string; private: boolean }): Promise<boolean> {
  return (await listPaused(isPrivate)).includes(origin);
}

/** Pauses a site, or lets it go on. */
export async function setPaused(origin: string, isPrivate: boolean, isToPause: boolean): Promise<void> {
  await paused(isPrivate).edit((origins) => {
    const others = origins.filter((other) => other !== origin);
    return isToPause ? [...others, origin] : others;
  });
}

/** Calls `listener` when sites are paused or go on, with those that are paused now and were not before. */
export function onPausedChange(listener: (origins: string[], isPrivate: boolean) => void): void {
  for (const isPrivate of [false, true])
    paused(isPrivate).watch((before, after) => {
      listener(
        after.filter((origin) => !before.includes(origin)),
        isPrivate,
      );
    });
}

/** Forgets what was paused in private windows once there are none. Call once, in the first turn of the background. */
export function forgetPausesOfPrivateWindows(): void {
  ext.windows.onRemoved.addListener(() => {
    void ext.windows.getAll().then((windows) => {
      if (!windows.some(({ incognito }) => incognito)) return ofPrivateWindows.forget();
      return undefined;
    });
  });
}
