// Brings back what was removed a moment ago ("Undo"). The settings ask for it, and the background does it, in turn with whatever else becomes of an
// origin's marker.

import { remember } from "./cleared.ts";
import type { NotRemembered } from "./cleared.ts";
import { readGrant } from "./grant.ts";
import { listGrants, sameGrant } from "./grants.ts";
import type { Grant } from "./grants.ts";
import { isOver } from "./lifetime.ts";
import { whoseKey } from "../../shared/container.ts";
import { isRecord } from "../../storage/stored.ts";

/** What the settings send: the grants as they were. */
export interface Restore {
  restore: Grant[];
}

/** What came of it. `failed`: why some of them could not be brought back. */
export interface Restored {
  count: number;
  failed?: NotRemembered;
}

export function isRestore(message: unknown): message is Restore {
  return isRecord(message) && Array.isArray(message["restore"]);
}

/**
 * Each comes back as it was, but for one whose time is over meanwhile, and one that the user has given anew. It is a yes like any other: it takes a
 * marker, and does not come back where none can be set. What was closed stays closed.
 */
export async function restoreGrants({ restore }: Restore): Promise<Restored> {
  const now = Date.now();
  const there = await listGrants();
  const byOwner = new Map<string, Grant[]>();
  for (const one of restore) {
    const grant = readGrant(one);
    //rule:undo-brings-back-nothing-that-is-over
    if (grant === undefined || isOver(grant.ends, now)) continue;
    //rule:undo-leaves-what-was-given-anew
    if (there.some((other) => sameGrant(other, grant))) continue;
    const key = /*rule:undo-brings-back-into-its-container*/ whoseKey(grant);
    byOwner.set(key, [...(byOwner.get(key) ?? []), grant]);
  }
  let [count, failed] = [0, undefined as NotRemembered | undefined];
  for (const [first, ...more] of byOwner.values()) {
    if (first === undefined) continue;
    const why = await remember(first, ...more).catch(() => "storage" as const);
    if (why === undefined) count += 1 + more.length;
    else failed = why;
  }
  return { count, ...(failed === undefined ? {} : { failed }) };
}
