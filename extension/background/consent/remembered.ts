// What is remembered: a list of grants, for good or with an end.
//
// Those for good, and for an hour, are in storage.local; those that end with the browser in storage.session, which does, too. Private windows never
// touch any of them.

import { concerns, isGrantOf, kindOfEnd, readGrant, sameGrant } from "./grant.ts";
import type { Destination, Grant, Wanted } from "./grant.ts";
import { isOver, movedOn } from "./lifetime.ts";
import { covers } from "./protection.ts";
import type { Protection } from "./protection.ts";
import type { Whose } from "../../shared/container.ts";
import { Stored } from "../../storage/stored.ts";

const grantsThatEnd =
  (kind: ReturnType<typeof kindOfEnd>) =>
  (stored: unknown): Grant[] =>
    (Array.isArray(stored) ? stored : []).flatMap((one) => {
      const grant = readGrant(one);
      return grant !== undefined && kindOfEnd(grant) === kind ? [grant] : [];
    });

/** The remembered grants by what they end with, the oldest first. Versions that knew no ends look at the first list only. */
const lists = {
  never: new Stored<Grant[]>("local", "grants", grantsThatEnd("never")),
  time: new Stored<Grant[]>("local", "timedGrants", grantsThatEnd("time")),
  browser: new Stored<Grant[]>(/*rule:browser-grants-not-on-disk*/ "session", "grants", grantsThatEnd("browser")),
};
const allLists = Object.values(lists);

function isLive({ ends }: Grant): boolean {
  return !isOver(ends, Date.now());
}

/** Every remembered grant that is not over, the oldest first. */
export async function listGrants(): Promise<Grant[]> {
  const all = await Promise.all(allLists.map((list) => list.get()));
  return all
    .flat()
    .filter(/*rule:grants-that-are-over-do-not-count*/ isLive)
    .sort((a, b) => a.created - b.created);
}

/** The grants of this origin, in its container, by which this destination may be opened as it is wanted. */
export async function findGrants(
  whose: Whose,
  { protection, ...destination }: Destination & { protection: Protection },
): Promise<Grant[]> {
  return (await listGrants()).filter(
    (grant) => isGrantOf(whose, grant) && concerns(grant, { ...destination, protection }),
  );
}

/** What the user named, and had remembered, when this origin left the destination open. */
export async function findNamed(whose: Whose, protocol: "tcp" | "udp", port: number, wanted: Wanted): Promise<Grant[]> {
  return (await listGrants()).filter(
    (grant) =>
      isGrantOf(whose, grant) &&
      /*rule:named-host-grant-is-connection*/ grant.kind === undefined &&
      grant.protocol === protocol &&
      grant.port === port &&
      grant.entered &&
      covers(grant.protection, wanted(grant.host)),
  );
}

/** Resolves with false when one of them cannot be written down: then that one is not remembered. */
export async function addGrants(...added: Grant[]): Promise<boolean> {
  let written = true;
  for (const [kind, list] of Object.entries(lists)) {
    const own = added.filter((grant) => kindOfEnd(grant) === kind);
    if (own.length === 0) continue;
    written &&= await list.editIfWritten((grants) => [
      ...grants.filter((old) => !own.some((grant) => sameGrant(old, grant))),
      ...own,
    ]);
  }
  return written;
}

/** Takes back the grants that `revoked` picks. Resolves with those that were in force. */
export async function removeGrants(revoked: (grant: Grant) => boolean): Promise<Grant[]> {
  const gone: Grant[] = [];
  for (const list of allLists) {
    if (!(await list.get()).some(revoked)) continue;
    await list.edit((grants) => {
      gone.push(...grants.filter((grant) => revoked(grant) && isLive(grant)));
      return grants.filter((grant) => !revoked(grant));
    });
  }
  return gone;
}

/** Calls `listener` with the grants that were taken back, whoever did it. One whose time was over is none of them. */
export function onRevoked(listener: (revoked: Grant[]) => void): void {
  for (const list of allLists)
    list.watch((before, after) => {
      //rule:end-of-grant-closes-nothing
      const revoked = before.filter(isLive).filter((old) => !after.some((grant) => sameGrant(grant, old)));
      if (revoked.length > 0) listener(revoked);
    });
}

/** Calls `listener` when a list has changed, whoever did it. */
export function onGrantsChange(listener: () => void): void {
  for (const list of allLists) list.watch(listener);
}

/** Uses within so many ms are noted as one: each is a write. */
const usePause = 600_000;

/** Notes that something was opened that what is remembered allows, if it does. It is missed where the browser cannot write. */
export async function noteUse(
  { private: isPrivate, ...whose }: Whose & { private: boolean },
  connection: Destination & { protection: Protection },
): Promise<void> {
  //rule:private-windows-note-no-use
  if (isPrivate) return;
  const now = Date.now();
  const isNoted = ({ used = 0 }: Grant): boolean => Math.abs(now - used) < usePause;
  const used = (grant: Grant): boolean => isGrantOf(whose, grant) && concerns(grant, connection) && !isNoted(grant);
  for (const list of allLists)
    if ((await list.get()).some(used))
      await list.editIfWritten((grants) => grants.map((grant) => (used(grant) ? { ...grant, used: now } : grant)));
}

/** When the grants end that have a time, in ms since 1970. Also those that are over, as long as they are in the list. */
export async function timedEnds(): Promise<number[]> {
  return (await lists.time.get()).flatMap(({ ends }) => (typeof ends === "object" ? [ends.until] : []));
}

/**
 * Time has come as far as `reached`, in ms since 1970: grants that are over are removed, and what is left of others begins there.
 */
export async function passTime(reached: number): Promise<void> {
  if ((await lists.time.get()).length === 0) return;
  // Before they go, so that those who watch the list know that they were over.
  await lists.time.edit((grants) =>
    grants.map((grant) =>
      typeof grant.ends === "object" && isLive(grant) ? { ...grant, ends: movedOn(grant.ends, reached) } : grant,
    ),
  );
  if (!(await lists.time.get()).every(isLive)) await lists.time.edit((grants) => grants.filter(isLive));
}
