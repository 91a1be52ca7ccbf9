// What sites have connected to in the last seven days, if the user wants that kept: where, when first and last on a day, and how often. Off unless
// they switch it on. It never leaves this computer, and private windows are not in it.
//
// It can be missed: it is the first to go when the browser's storage is full, and what cannot be written is not in it.

import { Stored, isRecord, listOf } from "../../storage/stored.ts";
import { inContainer, isContainer, type Whose } from "../../shared/container.ts";
import { siteOf } from "../../shared/domain.ts";
import { onFull } from "../../storage/store.ts";
import { FairTable } from "../intake/fair.ts";
import type { Bounds } from "../intake/fair.ts";
import type { LiveSocket } from "./activity.ts";

/** A destination of a site's, on one day. */
export interface Visit extends Whose {
  kind: "connect" | "listen" | "bind";
  protocol: "tcp" | "udp";
  host: string;
  port: number;
  /** By Portside, from the beginning. */
  encrypted: boolean;
  /** The first and the last time, in ms since 1970. */
  first: number;
  last: number;
  count: number;
}

const day = 86_400_000;
/** For how long it is kept, in ms. */
export const keptFor = 7 * day;
/** Of all, and of one site; sizes in characters of JSON. A site that connects to much pushes out its own. */
export const bounds: Bounds = { entries: 1_000, size: 400_000, entriesOfOwner: 200, sizeOfOwner: 80_000 };
/** What comes within so many ms is written together. */
const pace = 2_000;
/** Before it is written: more at once are left out. */
const maxPending = 500;

const kinds = ["connect", "listen", "bind"];

function isVisit(value: unknown): value is Visit {
  if (!isRecord(value)) return false;
  const { origin, container, kind, protocol, host, port, encrypted, first, last, count } = value;
  return (
    typeof origin === "string" &&
    (container === undefined || isContainer(container)) &&
    kinds.includes(kind as string) &&
    (protocol === "tcp" || protocol === "udp") &&
    typeof host === "string" &&
    typeof encrypted === "boolean" &&
    [port, first, last, count].every((number) => Number.isSafeInteger(number))
  );
}

/** The oldest first. */
const visits = new Stored<Visit[]>("local", "history", (stored) => listOf(stored, isVisit));
const kept = new Stored<boolean>("local", "historyOn", (stored) => stored === true);
onFull(/*rule:history-makes-room*/ () => visits.forget());

/** One that is too old; or from a time to come, since the clock was set back, so that nothing would ever end it. */
function isOld({ last }: Visit, now: number): boolean {
  return last < now - keptFor || last > now + day;
}

/** Within the bounds, and not too old. */
function tidied(all: readonly Visit[], now: number): Visit[] {
  const table = new FairTable<Visit>(/*rule:history-is-bounded*/ bounds);
  for (const [n, visit] of all.entries()) {
    //rule:history-ends-after-seven-days
    if (isOld(visit, now)) continue;
    table.put(String(n), visit, { owner: siteOf(visit.origin), part: visit.origin }, JSON.stringify(visit).length);
  }
  return [...table.entries()].map(([, visit]) => visit);
}

/** Reports whether the user wants it kept. */
export function isHistoryKept(): Promise<boolean> {
  return kept.get();
}

/** Switches it on or off. What is there stays until it is cleared, or is seven days old. */
export async function keepHistory(on: boolean): Promise<void> {
  await kept.set(on);
}

/** What is in it, the latest first. */
export async function listHistory(): Promise<Visit[]> {
  return tidied(await visits.get(), Date.now()).sort((a, b) => b.last - a.last);
}

export function clearHistory(): Promise<void> {
  return visits.forget();
}

/** Calls `listener` when it has changed, or was switched on or off. */
export function onHistoryChange(listener: () => void): void {
  visits.watch(listener);
  kept.watch(listener);
}

/** The same destination of the same site, in the same container, on the same day. */
function keyOf({ origin, container, kind, protocol, host, port, encrypted, first }: Visit): string {
  return JSON.stringify([
    origin,
    /*rule:history-tells-containers-apart*/ container,
    kind,
    protocol,
    host,
    port,
    encrypted,
    Math.floor(first / day),
  ]);
}

/** Puts the new ones to those that are there. */
function merged(all: readonly Visit[], added: readonly Visit[]): Visit[] {
  const byKey = new Map(all.map((visit) => [keyOf(visit), visit]));
  for (const visit of added) {
    const old = byKey.get(keyOf(visit));
    byKey.delete(keyOf(visit));
    byKey.set(keyOf(visit), old === undefined ? visit : { ...old, last: visit.last, count: old.count + visit.count });
  }
  return [...byKey.values()];
}

/** Notes what opens. For the background. */
export class History {
  #pending: Visit[] = [];
  #due: ReturnType<typeof setTimeout> | undefined;

  /** Removes what is too old. */
  async tidy(): Promise<void> {
    const now = Date.now();
    if ((await visits.get()).some((visit) => isOld(visit, now))) await visits.editIfWritten((all) => tidied(all, now));
  }

  /** A socket has opened. Connections that others make to one that listens are theirs, and not noted. */
  note({ sender, kind, protocol, host, port, encryption, since }: Omit<LiveSocket, "key">): void {
    //rule:history-leaves-out-private-windows
    if (sender.private) return;
    if (kind === "accepted" || this.#pending.length >= maxPending) return;
    const { origin } = sender;
    const encrypted = encryption === "on";
    this.#pending.push({
      origin,
      ...inContainer(sender),
      kind,
      protocol,
      host,
      port,
      encrypted,
      first: since,
      last: since,
      count: 1,
    });
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      void this.#write().catch((error: unknown) => {
        console.error("history:", error);
      });
    }, pace);
  }

  async #write(): Promise<void> {
    const added = this.#pending;
    this.#pending = [];
    //rule:history-is-off-by-default
    if (!(await kept.get())) return;
    const now = Date.now();
    await visits.editIfWritten((all) => tidied(merged(all, added), now));
  }
}
