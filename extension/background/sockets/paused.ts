// Sites that the user has paused: whatever they ask for is refused, and what they had open ends. A site is an origin, in a container.
//
// Kept in storage.local, and for private windows in storage.session: that is memory, and it is emptied when the last of them closes. The
// two know nothing of each other. A pause that cannot be written holds all the same (store.ts).

import { readWhose, whoseKey, type Side, type Whose } from "../../shared/container.ts";
import { ext } from "../../shared/ext.ts";
import { Stored, listOf } from "../../storage/stored.ts";

/** By whoseKey. */
const read = (stored: unknown): string[] =>
  listOf(stored, (key) => typeof key === "string").filter((key) => readWhose(key) !== undefined);

const ofNormalWindows = new Stored(/*rule:pause-outlives-browser*/ "local", "paused", read);
const ofPrivateWindows = new Stored(/*rule:private-pause-not-on-disk*/ "session", "paused", read);

function paused(isPrivate: boolean): Stored<string[]> {
  return isPrivate ? ofPrivateWindows : ofNormalWindows;
}

const keyOf = (origin: string, { private: isPrivate, container }: Side): string =>
  isPrivate || container === undefined ? origin : whoseKey({ origin, container });

/** The sites that are paused, in private windows or outside of them, in whichever container. */
export async function listPaused(isPrivate: boolean): Promise<Whose[]> {
  return (await paused(isPrivate).get()).flatMap((key) => readWhose(key) ?? []);
}

export async function isPaused({ origin, ...side }: Whose & Side): Promise<boolean> {
  return (await paused(side.private).get()).includes(/*rule:pause-is-per-container*/ keyOf(origin, side));
}

/** Pauses a site, or lets it go on. */
export async function setPaused(origin: string, side: Side, isToPause: boolean): Promise<void> {
  const key = keyOf(origin, side);
  await paused(side.private).edit((keys) => {
    const others = keys.filter((other) => other !== key);
    return isToPause ? [...others, key] : others;
  });
}

/** Calls `listener` when sites are paused or go on, with those (by whoseKey) that are paused now and were not before. */
export function onPausedChange(listener: (keys: string[], isPrivate: boolean) => void): void {
  for (const isPrivate of [false, true])
    paused(isPrivate).watch((before, after) => {
      listener(
        after.filter((key) => !before.includes(key)),
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
