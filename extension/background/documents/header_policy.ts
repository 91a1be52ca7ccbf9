// What the headers of a response say of sockets: the declared permissions policy, and the CSP. Small, and fit for storage.

import { parseAllowlists } from "./allowlist.ts";
import type { Allowlist, Feature } from "./allowlist.ts";
import { distinct, evalState, parseHeaderPolicies } from "../../shared/csp.ts";
import type { ScriptPolicy } from "../../shared/csp.ts";

export interface HeaderPolicy {
  /** Of `direct-sockets`. Absent: the headers say nothing of the feature. */
  allowlist?: Allowlist;
  /** The same of `direct-sockets-multicast` and `direct-sockets-private`. What an earlier version has kept has neither. */
  multicast?: Allowlist;
  private?: Allowlist;
  csp: ScriptPolicy[];
}

/** A header as webRequest tells of it: with `binaryValue` when it is no UTF-8. */
export interface Header {
  name: string;
  value?: string | undefined;
  binaryValue?: unknown;
}

/** Values of Permissions-Policy longer than this together are not read: nobody has the feature then. */
const maxPolicy = 16_384;
/** Values of Content-Security-Policy longer than this together count as 'unsafe-eval'. */
const maxCSP = 65_536;
/**
 * What is kept has a bound: origins in an allowlist beyond this number, or beyond so many letters in all, do not have the feature. A longer
 * one is nobody's: names have at most 253 letters.
 */
const maxOrigins = 200;
const maxLetters = 4_096;
const maxOrigin = 272;

const nobody: Allowlist = { all: false, self: false, origins: [] };
const unsafe: ScriptPolicy = { eval: "unsafe", requiresTrustedTypes: false };

/** What headers that were not read count as: nobody has the feature, and eval is allowed. */
export const unread: HeaderPolicy = { allowlist: nobody, private: nobody, csp: [unsafe] };

/** What a header declares of a feature; undefined: nothing. */
export function declaredFor(policy: HeaderPolicy | undefined, feature: Feature): Allowlist | undefined {
  return policy?.[feature === "sockets" ? "allowlist" : feature];
}

/** What there is to read in a response. Undefined: longer than anybody reads. */
export interface HeaderTexts {
  permissions: readonly string[] | undefined;
  csp: readonly string[] | undefined;
}

export function textsOf(headers: readonly Header[]): HeaderTexts {
  const values = (name: string, most: number): string[] | undefined => {
    const found = headers.filter((header) => header.name.toLowerCase() === name);
    if (found.some(({ binaryValue }) => Array.isArray(binaryValue) && binaryValue.length > most)) return undefined;
    const texts = found.map((header) => header.value ?? latin1(header.binaryValue));
    //rule:overlong-headers-are-not-read
    return lengthOf(texts) > most ? undefined : texts;
  };
  return { permissions: values("permissions-policy", maxPolicy), csp: values("content-security-policy", maxCSP) };
}

export function readTexts({ permissions, csp }: HeaderTexts): HeaderPolicy {
  return headerPolicy(
    permissions === undefined ? { sockets: nobody, private: nobody } : parseAllowlists(permissions),
    csp === undefined ? [unsafe] : parseHeaderPolicies(csp),
  );
}

export function readHeaders(headers: readonly Header[]): HeaderPolicy {
  return readTexts(textsOf(headers));
}

/** In letters. */
export function lengthOf(values: readonly string[]): number {
  return values.reduce((length, value) => length + value.length, 0);
}

type Lists = Partial<Record<Feature, Allowlist | undefined>>;

function headerPolicy(lists: Lists, csp: readonly ScriptPolicy[]): HeaderPolicy {
  const { sockets, multicast, private: ofPrivate } = lists;
  const policy: HeaderPolicy = { csp: distinct(csp) };
  if (sockets !== undefined) policy.allowlist = bounded(sockets);
  if (multicast !== undefined) policy.multicast = bounded(multicast);
  if (ofPrivate !== undefined) policy.private = bounded(ofPrivate);
  return policy;
}

function bounded(list: Allowlist): Allowlist {
  return { ...list, origins: within(list.origins) };
}

/** The origins of a list that count. */
function within(origins: readonly string[]): string[] {
  let letters = 0;
  const possible = new Set(origins.filter((origin) => /*rule:kept-headers-are-bounded.2*/ origin.length <= maxOrigin));
  return [...possible]
    .slice(0, maxOrigins)
    .filter((origin) => /*rule:kept-headers-are-bounded*/ (letters += origin.length) <= maxLetters);
}

function latin1(bytes: unknown): string {
  return Array.isArray(bytes) ? new TextDecoder("latin1").decode(Uint8Array.from(bytes as number[])) : "";
}

/** Reports whether these headers could turn a "yes" into a "no": what must not be lost. Multicast is nobody's without a header. */
export function isRestrictive({ allowlist, private: ofPrivate, csp }: HeaderPolicy): boolean {
  return (
    /*rule:allowlist-is-restrictive*/ allowlist !== undefined ||
    /*rule:private-allowlist-is-restrictive*/ ofPrivate !== undefined ||
    evalState({ own: csp, others: [], evalBlocked: false }) === "unsafe"
  );
}

/** The stricter of two lists at every origin: what both say. Undefined: neither says anything. */
function both(a: Allowlist | undefined, b: Allowlist | undefined): Allowlist | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.all) return b;
  if (b.all) return a;
  return {
    all: false,
    /*rule:strictest-self-wins*/ self: a.self && b.self,
    origins: /*rule:allowlists-are-intersected*/ a.origins.filter((origin) => b.origins.includes(origin)),
  };
}

/** Several responses that may or may not have been the one: whatever any of them restricts is restricted. */
export function strictest(policies: readonly HeaderPolicy[]): HeaderPolicy {
  const sockets = policies.map((one) => one.allowlist).reduce(both, undefined);
  const ofPrivate = policies.map((one) => one.private).reduce(both, undefined);
  // Without a header nobody has it: one response that says nothing of it is the strictest there is.
  const multicast = /*rule:multicast-needs-every-record*/ policies.some((one) => one.multicast === undefined)
    ? undefined
    : policies.map((one) => one.multicast).reduce(both, undefined);
  return headerPolicy(
    { sockets, multicast, private: ofPrivate },
    policies.flatMap((one) => one.csp),
  );
}
