// Where the consent window stands, in pixels of the screen; how the background tells its page. Pure.

import { promptWidth } from "./prompt_size.ts";

export interface Place {
  left: number;
  top: number;
}

export interface Size {
  width: number;
  height: number;
}

export type Box = Place & Size;

/** A window as the browser tells of it: some members may be missing. */
type Told = Partial<Record<keyof Box, number | undefined>>;

/** Windows that stand beside each other are shifted by so many pixels, so that each can be seen. */
const shift = 32;
/** How high the part of a window is that is above its page: at least and at most. What else makes a page small, such as developer tools, does not count. */
const barHeight = { least: 80, most: 240 };
/** In less height than this nobody can read a question: it scrolls, with its buttons in sight. */
const leastHeight = 320;

/** The part of the window that asks which says whose page it is: title, tabs and toolbar. `page`: the height of the page in it. */
export function addressBar({ left = 0, top = 0, width = promptWidth, height = 0 }: Told, page = height): Box {
  const above = Math.min(barHeight.most, Math.max(barHeight.least, height - page));
  return { left, top, width, height: above };
}

/** The place over the middle of the window that asks, below its address bar. Screens to the left of the first one, or above it, have negative numbers. */
export function over({ left = 0, width = promptWidth }: Told, bar: Box, beside: number): Place {
  return {
    left: Math.round(left + (width - promptWidth) / 2) + beside * shift,
    top: bar.top + bar.height + beside * shift,
  };
}

/** The nearest place at which a window of this size is on the screen, as far as it fits. */
export function within({ left, top }: Place, size: Size, screen: Box): Place {
  const clamp = (value: number, from: number, room: number): number => Math.max(from, Math.min(value, from + room));
  return {
    left: clamp(left, screen.left, screen.width - size.width),
    top: clamp(top, screen.top, screen.height - size.height),
  };
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;

/**
 * Where a window of this size stands that wants to be at `place`: on the screen, and clear of the address bar `bar` as far as there is room
 * below it, above it or beside it; below it also where it has to be lower than it wants. `bar` is undefined where the user has moved the window.
 */
export function fitted(place: Place, size: Size, screen: Box, bar: Box | undefined): Box {
  const inside = { ...within(place, size, screen), ...size };
  if (bar === undefined || !overlap(inside, bar)) return inside;
  const below = bar.top + bar.height;
  const room = screen.top + screen.height - below;
  const candidates: Box[] = [
    { ...inside, top: below },
    { ...inside, top: bar.top - size.height },
    { ...inside, left: bar.left - size.width },
    { ...inside, left: bar.left + bar.width },
    { ...inside, top: below, height: Math.max(leastHeight, Math.min(size.height, room)) },
  ];
  const fits = (box: Box): boolean => {
    const there = within(box, box, screen);
    return there.left === box.left && there.top === box.top;
  };
  //rule:prompt-clear-of-address-bar
  return candidates.find(fits) ?? inside;
}

/** Reports whether any of a window is on a screen. */
export function isOn(box: Box, screen: Box): boolean {
  return overlap(box, screen);
}

/** What the consent window's URL says behind the "#": the question, the place where it is to stand, and the address bar of the window that asks. */
export interface Hash {
  id: string;
  place?: Place;
  bar?: Box;
}

export function promptHash({ id, place, bar }: Hash): string {
  if (place === undefined || bar === undefined) return `#${id}`;
  const numbers = [place.left, place.top, bar.left, bar.top, bar.width, bar.height];
  return `#${[id, ...numbers.map(Math.round)].join(":")}`;
}

export function readPromptHash(hash: string): Hash {
  const [, id = "", numbers] = /^#([^:]*)((?::-?\d+){6})?$/.exec(hash) ?? [];
  if (numbers === undefined) return { id };
  const [left = 0, top = 0, x = 0, y = 0, width = 0, height = 0] = numbers.slice(1).split(":").map(Number);
  return { id, place: { left, top }, bar: { left: x, top: y, width, height } };
}
