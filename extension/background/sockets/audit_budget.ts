// How many refusals the host is told one by one: bounds for an origin, for its site and in all, within each period. The host has the same
// bounds (nativehost/audit). Pure.

import {
  auditLinesOverall,
  auditLinesPerOrigin,
  auditLinesPerSite,
  auditPeriodSeconds,
} from "../../../protocol/message.ts";

/** What is worth keeping over a stop of the worker: no longer than the bound of all lines, and a registrable domain each. */
export interface KeptBudget {
  /** In ms since 1970. */
  began: number;
  lines: number;
  sites: [site: string, lines: number][];
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

export class AuditBudget {
  #began: number;
  #lines = 0;
  #sites = new Map<string, number>();
  #origins = new Map<string, number>();

  /** Begins with what was kept, as far as that is anything. */
  constructor(now: number, kept?: unknown) {
    this.#began = now;
    const { began, lines, sites } = (kept ?? {}) as Partial<KeptBudget>;
    if (!isNumber(began) || !isNumber(lines) || !Array.isArray(sites)) return;
    this.#began = began;
    this.#lines = lines;
    this.#sites = new Map(sites);
  }

  /** Reports whether another refusal of this origin may be told by itself, and counts it. */
  take(origin: string, site: string, now: number): boolean {
    const age = now - this.#began;
    if (age < 0 || age >= auditPeriodSeconds * 1_000) {
      this.#began = now;
      this.#lines = 0;
      this.#sites.clear();
      this.#origins.clear();
    }
    const ofOrigin = this.#origins.get(origin) ?? 0;
    const ofSite = this.#sites.get(site) ?? 0;
    if (
      /*rule:audit-lines-limited-overall*/ this.#lines >= auditLinesOverall ||
      /*rule:audit-lines-limited-per-site*/ ofSite >= auditLinesPerSite ||
      /*rule:audit-lines-limited-per-origin*/ ofOrigin >= auditLinesPerOrigin
    )
      return false;
    this.#lines++;
    this.#origins.set(origin, ofOrigin + 1);
    this.#sites.set(site, ofSite + 1);
    return true;
  }

  kept(): KeptBudget {
    return { began: this.#began, lines: this.#lines, sites: [...this.#sites] };
  }
}
