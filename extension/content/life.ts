// The life of this copy of the content scripts. It is over when the extension was reloaded or removed: then nothing may hold on to it, or the
// page keeps this whole world in memory, listeners and all, beside that of the copy that takes over.

import type { Listen } from "../platform/platform.ts";
import { ext } from "../shared/ext.ts";

export type { Listen };

const ends: (() => void)[] = [];

/** Reports whether there is still an extension for this copy. The browser's object is asked for when it is needed: making it takes a tenth of a ms. */
export function isAlive(): boolean {
  return (ext as { runtime?: { id?: string } }).runtime?.id !== undefined;
}

/** Runs `end` when it is over. */
export function onEnd(end: () => void): void {
  ends.push(end);
}

const early = { capture: true, passive: true } as const;

/** Listens until it is over, before the page does. */
export const listen: Listen = (target, type, listener) => {
  const heard = listener as EventListener;
  target.addEventListener(type, heard, early);
  onEnd(() => {
    target.removeEventListener(type, heard, early);
  });
};

/** Lets go of everything if there is no extension any more. Cheap: called whenever somebody might have taken over. */
export function endIfOver(): void {
  if (isAlive()) return;
  for (const end of ends.splice(0)) end();
}
