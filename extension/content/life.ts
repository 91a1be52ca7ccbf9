// The life of this copy of the content scripts. It is over when the extension was reloaded or removed: then nothing may hold on to it, or the
// page keeps this whole world in memory, listeners and all, beside that of the copy that takes over.

import { ext } from "../shared/ext.ts";

const over = new AbortController();
const { runtime } = ext;

/** Aborts when this copy has nothing more to do. Listeners take it as their signal. */
export const life: AbortSignal = over.signal;

/** Reports whether there is still an extension for this copy. */
export function isAlive(): boolean {
  return (runtime as { id?: string }).id !== undefined;
}

/** Runs `end` when it is over. */
export function onEnd(end: () => void): void {
  life.addEventListener("abort", end, { once: true });
}

/** Lets go of everything if there is no extension any more. Cheap: called whenever somebody might have taken over. */
export function endIfOver(): void {
  if (!isAlive()) over.abort();
}
