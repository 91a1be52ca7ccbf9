// Refusals of the extension go into the host's audit log, where an administrator reads them.
//
// A page can be refused as often as it likes, and documents, origins and stops of the worker cost it nothing. So the host is told of a bounded
// number one by one (audit_budget.ts); of the others it is told how many there were, from time to time. The host has bounds of its own, which
// are those that the log is sure of; these keep the messages few, and hold also when the host was let go in between.

import { siteOf } from "../../shared/domain.ts";
import type { Stored } from "../../storage/stored.ts";
import { AuditBudget } from "./audit_budget.ts";
import type { Rule } from "../intake/refusal.ts";
import type { Hosts } from "../host/hosts.ts";
import { canonicalHost } from "../intake/origin.ts";
import type { Sender } from "../intake/sender.ts";
import type { AuditRefusedParams } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

/** Counts go to the host so long after the first of them, in ms: sooner than a worker is stopped to which nothing else happens. */
export const gatherTime = 15_000;
/** So many counts are kept apart until then, and so many of one site; others are counted without their origin. */
const mostCounts = 64;
const mostOfSite = 8;

/** The version of the protocol that knows refusals of sockets that others could send to. */
const localSince = 4;
/** The same for the setting that decided. */
const bySince = 4;

type Count = Omit<AuditRefusedParams, "host" | "port"> & { site: string; more: number };

export interface Surroundings {
  hosts: Pick<Hosts, "connect">;
  /** In ms since 1970. */
  now: () => number;
  later: (run: () => void, ms: number) => unknown;
  /** Keeps the budget of ordinary windows over stops of the worker. */
  budget: Pick<Stored<unknown>, "get" | "setIfWritten">;
}

/** The refusals of all documents. */
export class RefusalAudit {
  readonly #around: Surroundings;
  /** Private windows have a budget of their own, which nobody keeps. */
  readonly #private: AuditBudget;
  #normal: Promise<AuditBudget> | undefined;
  #counts = new Map<string, Count>();

  constructor(around: Surroundings) {
    this.#around = around;
    this.#private = new AuditBudget(around.now());
  }

  /** `local`: a socket that others could send to; then the address and the port are this computer's. `by`: the administrator's setting. */
  async refused(
    { origin, private: isPrivate }: Pick<Sender, "origin" | "private">,
    protocol: "tcp" | "udp",
    { remoteAddress, remotePort }: OpenOptions,
    rule: Rule,
    local = false,
    by?: string,
  ): Promise<void> {
    const { now } = this.#around;
    const site = URL.canParse(origin) ? siteOf(origin) : origin;
    const budget = isPrivate ? this.#private : await (this.#normal ??= this.#restore());
    if (!budget.take(origin, site, now())) {
      this.#count({ site, origin, protocol, private: isPrivate, rule, more: 1 });
      return;
    }
    // If it cannot be kept, it holds as long as the worker runs.
    if (!isPrivate) void this.#around.budget.setIfWritten(budget.kept());
    const host = canonicalHost(remoteAddress ?? "");
    await this.#tell({
      origin,
      protocol,
      ...(local ? { local } : {}),
      ...(host === undefined ? {} : { host }),
      ...(remotePort === undefined || remotePort === 0 ? {} : { port: remotePort }),
      private: isPrivate,
      rule,
      ...(by === undefined ? {} : { by }),
    });
  }

  async #restore(): Promise<AuditBudget> {
    const kept = await this.#around.budget.get().catch(() => undefined);
    return new AuditBudget(this.#around.now(), /*rule:audit-budget-outlives-worker*/ kept);
  }

  #count(count: Count): void {
    if (this.#counts.size === 0) {
      this.#around.later(() => {
        const counts = [...this.#counts.values()];
        this.#counts.clear();
        void this.#tell(...counts.map(({ site: _, ...params }) => params));
      }, gatherTime);
    }
    const keyOf = ({ origin, private: isPrivate, rule }: Count): string =>
      [isPrivate ? "private" : "normal", rule, origin].join(" ");
    let counted = count;
    if (!this.#counts.has(keyOf(count))) {
      const ofSite = [...this.#counts.values()].filter(({ site }) => site === count.site).length;
      if (
        /*rule:audit-counts-hide-private-origins*/ count.private ||
        this.#counts.size >= mostCounts ||
        ofSite >= mostOfSite
      ) {
        const { origin: _, ...others } = count;
        counted = { ...others, site: "" };
      }
    }
    const known = this.#counts.get(keyOf(counted));
    if (known === undefined) this.#counts.set(keyOf(counted), counted);
    else known.more++;
  }

  async #tell(...refusals: AuditRefusedParams[]): Promise<void> {
    try {
      const connection = await this.#around.hosts.connect();
      for (const params of refusals) {
        // A host of an earlier version does not know the member; without it the line would be about a connection.
        if (params.local === true && connection.hello.protocolVersion < localSince) continue;
        const { by, ...others } = params;
        const known = by === undefined || connection.hello.protocolVersion < bySince ? others : params;
        connection.notify("audit.refused", known);
      }
    } catch {
      // No host, no audit log.
    }
  }
}
