// Where the consent window stands, in pixels of the screen; how the background tells its page.

import { promptWidth } from "./prompt_size.ts";

export interface Place {
  left: number;
  top: number;
}

/** Windows that stand beside each other are shifted by so many pixels, so that each can be seen. */
const shift = 32;
/** Below the top of the window that asks: its address bar stays in sight. */
const below = 80;

/** The place over the middle of the window that asks. Screens to the left of the first one, or above it, have negative numbers. */
export function over(
  { left = 0, top = 0, width = promptWidth }: Partial<Record<"left" | "top" | "width", number | undefined>>,
  beside: number,
): Place {
  return {
    left: Math.round(left + (width - promptWidth) / 2) + beside * shift,
    top: top + below + beside * shift,
  };
}

/** The nearest place at which a window of this size is on the screen, as far as it fits. */
export function within(
  { left, top }: Place,
  size: { width: number; height: number },
  screen: Place & { width: number; height: number },
): Place {
  const clamp = (value: number, from: number, room: number): number => Math.max(from, Math.min(value, from + room));
  return {
    left: clamp(left, screen.left, screen.width - size.width),
    top: clamp(top, screen.top, screen.height - size.height),
  };
}

/** What the consent window's URL says behind the "#": the question, and the place to move to if the window could not be opened there. */
interface Hash {
  id: string;
  place?: Place | undefined;
}

export function promptHash({ id, place }: Hash): string {
  return place === undefined ? `#${id}` : `#${id}:${place.left.toString()}:${place.top.toString()}`;
}

export function readPromptHash(hash: string): Hash {
  const [, id = "", left, top] = /^#([^:]*)(?::(-?\d+):(-?\d+))?$/.exec(hash) ?? [];
  return left === undefined ? { id } : { id, place: { left: Number(left), top: Number(top) } };
}
