// The last refusals and failures of each tab, with the true reason, which the page did not get. For the person at the browser.
//
// Kept in storage.session, so that a stop of the worker forgets nothing. That is memory: nothing of it, and nothing of a private window, is
// ever on a disk. They go with their tab. A page cannot flood it: what repeats is one line with a count, lines are few, texts are cut,
// and one write is under way at a time, however many come meanwhile.

import { ext } from "../ext.ts";
import type { AuditRefusedParams, ErrorData, SocketClosedParams } from "../../protocol/message.ts";
import { Refusal } from "./consent.ts";
import { HostError, HostUnavailable } from "./host.ts";
import type { HostProblem } from "./host.ts";

/** A rule of the extension, a reason of the host's, or why there is no host. */
export type Reason = AuditRefusedParams["rule"] | ErrorData["reason"] | `host-${HostProblem["kind"]}`;

/** Why sockets end. */
const hostReasons = [
  "address",
  "network",
  "origin",
  "plaintext",
  "policy",
  "protocol",
  "reset",
  "timeout",
  "tls",
  "unreachable",
] as const satisfies readonly Reason[];

/** Why something was refused, or failed. */
export interface Why {
  reason: Reason;
  /** The administrator's setting that decided. */
  by?: string;
}

/** What was refused, or failed. */
export interface Attempt {
  origin: string;
  /** open: it was not opened. upgrade: TLS could not be begun. end: it had been open. */
  stage: "open" | "upgrade" | "end";
  protocol: "tcp" | "udp";
  /** As the page asked for it; empty: the person was to name it. */
  host: string;
  /** 0: the page named none. */
  port: number;
}

export interface RefusalRecord extends Attempt, Why {
  /** Of the last one, in ms since 1970. */
  at: number;
  /** How many in a row were the same. */
  count: number;
  /** The person shall look, and has not looked since. */
  unseen: boolean;
}

/** Lines that are kept of one tab. */
export const maxRefusals = 20;
/** The longest host there is has 253 characters, and a page may write what it likes. */
const maxText = 255;

const prefix = "refusals:";
const keyOf = (tabId: number): string => prefix + String(tabId);

/** What the person did calls for no attention, nor does a connection that broke: only one that a rule has ended. */
function callsForAttention(stage: Attempt["stage"], reason: Reason): boolean {
  if (stage === "end") return reason === "policy" || reason === "address" || reason === "origin";
  return reason !== "user" && reason !== "paused";
}

/** Reads what the broker caught as a reason; undefined when it concerns the page alone. */
export function reasonOf(error: unknown): Why | undefined {
  if (error instanceof Refusal)
    return error.by === undefined ? { reason: error.reason } : { reason: error.reason, by: error.by };
  if (error instanceof HostUnavailable) return { reason: `host-${error.problem.kind}` };
  if (error instanceof HostError) {
    const { name, reason, by } = error.data ?? { name: "NetworkError", reason: "network" };
    if (name === "AbortError" || name === "InvalidStateError") return undefined;
    return by === undefined ? { reason } : { reason, by };
  }
  return undefined;
}

/** Why the host says that a socket ended with an error; without its word, it is gone itself. */
export function reasonOfEnd(last: SocketClosedParams | undefined): Why {
  if (last === undefined) return { reason: "gone" };
  const reason = hostReasons.find((known) => known === last.reason) ?? "network";
  return last.by === undefined ? { reason } : { reason, by: last.by };
}

function same(a: RefusalRecord, b: RefusalRecord): boolean {
  return (
    a.origin === b.origin &&
    a.stage === b.stage &&
    a.protocol === b.protocol &&
    a.host === b.host &&
    a.port === b.port &&
    a.reason === b.reason &&
    a.by === b.by
  );
}

export class Refusals {
  readonly #changed: (tabId: number) => void;
  #table: Promise<Map<number, RefusalRecord[]>> | undefined;
  readonly #unsaved = new Set<number>();
  #saving = false;

  /** `changed` is called for a tab whose refusals have changed. */
  constructor(changed: (tabId: number) => void) {
    this.#changed = changed;
  }

  /** What was kept, read once. */
  #read(): Promise<Map<number, RefusalRecord[]>> {
    return (this.#table ??= ext.storage.session.get(null).then((all) => {
      const kept = Object.entries(all).filter(([key]) => key.startsWith(prefix)) as [string, RefusalRecord[]][];
      return new Map(kept.map(([key, records]) => [Number(key.slice(prefix.length)), records]));
    }));
  }

  async add(tabId: number, attempt: Attempt, { reason, by }: Why): Promise<void> {
    const table = await this.#read();
    const record: RefusalRecord = {
      ...attempt,
      host: attempt.host.slice(0, maxText),
      reason,
      ...(by === undefined ? {} : { by: by.slice(0, maxText) }),
      at: Date.now(),
      count: 1,
      unseen: callsForAttention(attempt.stage, reason),
    };
    const records = table.get(tabId) ?? [];
    const before = records.find((old) => same(old, record));
    if (before !== undefined) record.count += before.count;
    table.set(tabId, [record, ...records.filter((old) => old !== before)].slice(0, maxRefusals));
    this.#save(tabId);
  }

  /** The newest first. */
  async of(tabId: number): Promise<readonly RefusalRecord[]> {
    return (await this.#read()).get(tabId) ?? [];
  }

  /** The person has looked at them. */
  async seen(tabId: number): Promise<void> {
    const records = (await this.#read()).get(tabId) ?? [];
    if (!records.some(({ unseen }) => unseen)) return;
    for (const record of records) record.unseen = false;
    this.#save(tabId);
  }

  /** The tab is gone. */
  async forget(tabId: number): Promise<void> {
    if ((await this.#read()).delete(tabId)) this.#save(tabId);
  }

  #save(tabId: number): void {
    this.#changed(tabId);
    this.#unsaved.add(tabId);
    if (!this.#saving) void this.#write();
  }

  async #write(): Promise<void> {
    this.#saving = true;
    const table = await this.#read();
    while (this.#unsaved.size > 0) {
      const tabs = [...this.#unsaved];
      this.#unsaved.clear();
      const gone = tabs.filter((tabId) => !table.has(tabId));
      const kept = tabs.flatMap((tabId) => {
        const records = table.get(tabId);
        return records === undefined ? [] : [[keyOf(tabId), records] as const];
      });
      try {
        await ext.storage.session.set(Object.fromEntries(kept));
        await ext.storage.session.remove(gone.map(keyOf));
      } catch (error) {
        console.error("refusals are not kept:", error);
      }
    }
    this.#saving = false;
  }
}
