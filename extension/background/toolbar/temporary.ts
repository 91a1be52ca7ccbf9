// What a site may open for a time, as the popup counts it down.

import type { Grant } from "../consent/grants.ts";
import type { Ends } from "../consent/lifetime.ts";

/** Something that is allowed for a time. */
export interface TemporaryView extends Pick<Grant, "kind" | "protocol" | "host" | "port"> {
  /** Tells apart several for one destination. */
  key: number;
  ends: Ends;
}

/** When it ends, to put them in order: the browser's end comes last. */
function endOf({ ends }: TemporaryView): number {
  return ends === "browser" ? Infinity : ends.until;
}

/** Those that have an end, the first to end first. */
export function temporaryOf(grants: readonly Grant[]): TemporaryView[] {
  return grants
    .flatMap(({ kind, protocol, host, port, ends }, key) =>
      ends === undefined ? [] : [{ ...(kind === undefined ? {} : { kind }), protocol, host, port, key, ends }],
    )
    .sort((a, b) => (endOf(a) < endOf(b) ? -1 : 1));
}
