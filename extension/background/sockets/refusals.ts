// The last refusals and failures of each tab, with the true reason, which the page did not get. For the user.
//
// Kept in storage.session, so that a stop of the worker forgets nothing. That is memory: nothing of it, and nothing of a private window, is
// ever on a disk. They go with their tab. A page cannot flood it: what repeats is one line with a count, lines are few, texts are cut, and
// what a site fills is its own share (bounded_store.ts).

import { siteOf } from "../../shared/domain.ts";
import { grouped } from "../../shared/group.ts";
import { StorageFailure } from "../../storage/store.ts";
import type { AuditRefusedParams, ErrorData, SocketClosedParams } from "../../../protocol/message.ts";
import type { NotRemembered } from "../consent/cleared.ts";
import { Refusal } from "../intake/refusal.ts";
import type { JudgedReason } from "../intake/refusal.ts";
import { HostError, HostUnavailable } from "../host/host.ts";
import type { HostProblem } from "../host/host.ts";
import { BoundedStore } from "../intake/bounded_store.ts";
import { kindOf } from "../documents/window_kind.ts";

/** A rule of the extension, a reason of the host's, why there is no host, or why nothing is written down. */
export type Reason =
  AuditRefusedParams["rule"] | JudgedReason | ErrorData["reason"] | `host-${HostProblem["kind"]}` | NotRemembered;

/** Why sockets end. */
const hostReasons = [
  "address",
  "network",
  "origin",
  "plaintext",
  "policy",
  "policy-broken",
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
  /** open: it was not opened. upgrade: TLS could not be begun. end: it had been open. remember: it is allowed once, and not remembered. */
  stage: "open" | "upgrade" | "end" | "remember";
  /** A socket that others could send to; then host and port are this computer's. Absent: a connection. */
  kind?: "listen" | "bind";
  protocol: "tcp" | "udp";
  /** As the page asked for it; empty: the user was to name it. */
  host: string;
  /** 0: the page named none. */
  port: number;
}

export interface RefusalRecord extends Attempt, Why {
  /** Of the last one, in ms since 1970. */
  at: number;
  /** How many in a row were the same. */
  count: number;
  /** The user shall look, and has not looked since. */
  unseen: boolean;
}

/** Lines that are kept of one tab. */
export const maxRefusals = 20;
/** The longest host there is has 253 characters, and a page may write what it likes. */
const maxText = 255;

/** Why a rule ends a socket that was open. */
const endedByRule: readonly Reason[] = ["address", "origin", "policy", "policy-broken"];

/** What the user did calls for no attention, nor does a connection that broke: only one that a rule has ended. */
function callsForAttention(stage: Attempt["stage"], reason: Reason): boolean {
  if (stage === "end") return endedByRule.includes(reason);
  //rule:user-actions-leave-no-mark
  return reason !== "user" && reason !== "paused";
}

/** Reads what the broker caught as a reason; undefined when it concerns the page alone. */
export function reasonOf(error: unknown): Why | undefined {
  if (error instanceof Refusal)
    return error.by === undefined ? { reason: error.reason } : { reason: error.reason, by: error.by };
  if (error instanceof StorageFailure) return { reason: "storage" };
  if (error instanceof HostUnavailable) return { reason: `host-${error.problem.kind}` };
  if (error instanceof HostError) {
    const { name, reason, by } = error.data ?? { name: "NetworkError", reason: "network" };
    if (name === "AbortError" || name === "InvalidStateError") return undefined;
    //rule:popup-shows-true-reason
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
    a.kind === b.kind &&
    a.protocol === b.protocol &&
    a.host === b.host &&
    a.port === b.port &&
    a.reason === b.reason &&
    a.by === b.by
  );
}

/** What is kept of one tab. */
interface OfTab {
  at: number;
  /** The newest first. */
  records: RefusalRecord[];
}

/** Of more lines than a tab may have, the oldest goes of the site that has most of them. */
function bounded(records: RefusalRecord[]): RefusalRecord[] {
  if (records.length <= /*rule:popup-refusals-are-bounded*/ maxRefusals) return records;
  const bySite = [...grouped(records, ({ origin }) => siteOf(origin)).values()];
  const [most = []] = bySite.sort((a, b) => b.length - a.length);
  //rule:frame-refusals-keep-page-refusals
  const oldest = most.at(-1);
  return records.filter((record) => record !== oldest);
}

export class Refusals {
  readonly #changed: (tabId: number) => void;
  readonly #tabs = new BoundedStore<OfTab>("session", "refusals:", {
    entries: 500,
    size: 1_500_000,
    entriesOfOwner: 100,
    sizeOfOwner: 500_000,
  });
  #last: Promise<unknown> = Promise.resolve();

  /** `changed` is called for a tab whose refusals have changed. */
  constructor(changed: (tabId: number) => void) {
    this.#changed = changed;
  }

  /** One after the other, so that none is lost. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  add(tabId: number, attempt: Attempt, { reason, by }: Why): Promise<void> {
    const record: RefusalRecord = {
      ...attempt,
      //rule:refusal-texts-are-cut
      host: attempt.host.slice(0, maxText),
      reason,
      ...(by === undefined ? {} : { by: by.slice(0, maxText) }),
      at: Date.now(),
      count: 1,
      unseen: callsForAttention(attempt.stage, reason),
    };
    return this.#inTurn(async () => {
      const records = await this.of(tabId);
      const before = records.find((old) => /*rule:repeated-refusals-are-merged*/ same(old, record));
      if (before !== undefined) record.count += before.count;
      await this.#keep(tabId, bounded([record, ...records.filter((old) => old !== before)]));
    });
  }

  /** The newest first. */
  async of(tabId: number): Promise<readonly RefusalRecord[]> {
    return (await this.#tabs.get(String(tabId)))?.records ?? [];
  }

  /** The user has looked at them. */
  seen(tabId: number): Promise<void> {
    return this.#inTurn(async () => {
      const records = await this.of(tabId);
      if (!records.some(({ unseen }) => unseen)) return;
      await this.#keep(
        tabId,
        records.map((record) => ({ ...record, unseen: false })),
      );
    });
  }

  /** The tab is gone. */
  forget(tabId: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#tabs.remove((id) => id === String(tabId));
      this.#changed(tabId);
    });
  }

  /** Tabs that are no more, as when the browser has ended others while the worker did not run. */
  async keepOnly(tabs: ReadonlySet<number>): Promise<void> {
    await this.#tabs.remove((id) => !tabs.has(Number(id)));
  }

  async #keep(tabId: number, records: RefusalRecord[]): Promise<void> {
    const site = siteOf(records[0]?.origin ?? "");
    //rule:refusal-bounds-apart-for-private
    const owner = `${await kindOf({ tabId })} ${site}`;
    await this.#tabs.put(String(tabId), { at: Date.now(), records }, { owner, part: site });
    this.#changed(tabId);
  }
}
