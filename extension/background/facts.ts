// What the headers of a response say of sockets: the declared permissions policy, and the CSP. Small, and fit for storage.

import { parseAllowlist } from "./allowlist.ts";
import type { Allowlist } from "./allowlist.ts";
import { evalState, parseHeaderPolicies } from "./csp.ts";
import type { ScriptPolicy } from "./csp.ts";

export interface Facts {
  /** Absent: the headers say nothing of the feature. */
  allowlist?: Allowlist;
  csp: ScriptPolicy[];
}

/** A header as webRequest tells of it: with `binaryValue` when it is no UTF-8. */
export interface Header {
  name: string;
  value?: string | undefined;
  binaryValue?: unknown;
}

/** Origins in an allowlist beyond this number do not count: what is kept has a bound. */
const maxOrigins = 200;

export function readHeaders(headers: readonly Header[]): Facts {
  const values = (name: string): string[] =>
    headers.flatMap((header) =>
      header.name.toLowerCase() === name ? [header.value ?? latin1(header.binaryValue)] : [],
    );
  const allowlist = parseAllowlist(values("permissions-policy"));
  if (allowlist !== undefined) allowlist.origins.length = Math.min(allowlist.origins.length, maxOrigins);
  const csp = parseHeaderPolicies(values("content-security-policy"));
  return allowlist === undefined ? { csp } : { allowlist, csp };
}

function latin1(bytes: unknown): string {
  return Array.isArray(bytes) ? String.fromCharCode(...(bytes as number[])) : "";
}

/** Reports whether these headers could turn a "yes" into a "no": what must not be lost. */
export function isRestrictive({ allowlist, csp }: Facts): boolean {
  return allowlist !== undefined || evalState({ own: csp, others: [], evalBlocked: false }) === "unsafe";
}

/** The stricter of two lists at every origin: what both say. Undefined: neither says anything. */
function both(a: Allowlist | undefined, b: Allowlist | undefined): Allowlist | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.all) return b;
  if (b.all) return a;
  return { all: false, self: a.self && b.self, origins: a.origins.filter((origin) => b.origins.includes(origin)) };
}

/** Several responses that may or may not have been the one: whatever any of them restricts is restricted. */
export function strictest(facts: readonly Facts[]): Facts {
  const allowlist = facts.map((one) => one.allowlist).reduce(both, undefined);
  const csp = facts.flatMap((one) => one.csp);
  return allowlist === undefined ? { csp } : { allowlist, csp };
}
