// Lets the time of grants that have an end pass. They do not serve beyond it, whether this runs or not (lifetime.ts); this removes them, and keeps
// the latest time that was seen in them, so that a clock that is set back is noticed, also after a start of the browser.

import { onGrantsChange, passTime, timedEnds } from "./grants.ts";

/** How often time is looked at while there are such grants and the background runs, in ms. */
const pace = 60_000;

let next: ReturnType<typeof setTimeout> | undefined;

function report(error: unknown): void {
  console.error("grants that end:", error);
}

/** Plans the next look: when the first of them ends, or in a while. */
async function plan(): Promise<void> {
  const ends = await timedEnds();
  clearTimeout(next);
  if (ends.length === 0) return;
  const now = Date.now();
  const delay = Math.max(0, Math.min(pace, Math.min(...ends) - now));
  // A timer goes on however the clock is set.
  const due = now + delay;
  next = setTimeout(() => {
    look(/*rule:timer-notices-clock-set-back*/ Math.max(due, Date.now()));
  }, delay);
}

/** `reached`: as far as time has come, in ms since 1970. */
function look(reached: number): void {
  passTime(reached).then(plan).catch(report);
}

/** Watches grants whose time ends. Call once, in the first turn of the background. */
export function watchEnds(): void {
  look(Date.now());
  onGrantsChange(() => {
    plan().catch(report);
  });
}
