// For how long it holds what the user allowed. Pure.
//
// "Allow this time" is kept with the document, and goes with it (grants.ts). What holds longer is a grant: for good, for an hour, or until the
// browser closes.
//
// A clock can be set back, by hand or by a server of time, and an hour would then last longer than an hour. So an hour is kept with both of its
// ends, and its beginning is moved on as time passes (expiry.ts): a clock that shows a time before it was set back, and the hour is over.

import { isRecord } from "../../storage/stored.ts";

/** When a grant is to end, as the user picks it. */
export type Ending = "hour" | "browser";

/** A stretch of time, in ms since 1970: `from` is the latest time that was seen in it. */
export interface Span {
  from: number;
  until: number;
}

/** When a grant ends: with the browser, or with a stretch of time. A grant without an end is for good. */
export type Ends = "browser" | Span;

/** What an answer holds for beyond its document. */
export interface Lasting {
  /** It is remembered. */
  remember: boolean;
  /** Until when; absent: for good. */
  ends?: Ending;
}

/** How long "For one hour" is, in ms. */
export const anHour = 3_600_000;

function isEnding(value: unknown): value is Ending {
  return value === "hour" || value === "browser";
}

/** Reports whether what was kept is a stretch of time, of an hour at most. */
export function isSpan(value: unknown): value is Span {
  if (!isRecord(value)) return false;
  const { from, until } = value;
  //rule:kept-span-is-no-longer-than-picked
  return typeof from === "number" && typeof until === "number" && until - from <= anHour;
}

/** What the user picked, as far as it was offered: what is no choice of theirs holds for the document only. */
export function lasting({ remember, ends }: Lasting, offered: boolean): Lasting {
  //rule:longer-lifetimes-only-where-offered
  if (!remember || !offered) return { remember: false };
  if (ends === undefined) return { remember: true };
  return isEnding(ends) ? { remember: true, ends } : { remember: false };
}

/** The end of a grant that is given now. */
export function endsFrom(ending: Ending | undefined, now: number): { ends?: Ends } {
  switch (ending) {
    case undefined:
      return {};
    case "browser":
      return { ends: "browser" };
    case "hour":
      return { ends: { from: now, until: now + anHour } };
  }
}

/** Reports whether the time of a grant is over, or the clock does not tell. */
export function isOver(ends: Ends | undefined, now: number): boolean {
  if (ends === undefined || ends === "browser") return false;
  return /*rule:grant-ends-after-its-hour*/ now >= ends.until || /*rule:clock-set-back-ends-grant*/ now < ends.from;
}

/** The same stretch when time has come as far as `reached`. It never grows: what was seen stays seen. */
export function movedOn({ from, until }: Span, reached: number): Span {
  return { from: Math.max(from, reached), until };
}
