// For how long a grant holds, in words. For the settings and the popup, which count it down.

import type { Ends } from "../background/consent/lifetime.ts";
import { inTime } from "./ago.ts";
import { text } from "./texts.ts";

/** "Ends in 42 min.", "Until the browser closes", "Always". `ends`: as the grant has it. */
export function lifetimeText(ends: Ends | undefined, now = Date.now()): string {
  if (ends === undefined) return text("grantAlways");
  return ends === "browser" ? text("grantUntilClose") : text("grantEnds", inTime(ends.until, now));
}
