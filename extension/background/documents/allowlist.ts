// Allowlists of the permissions policy features for sockets: as a response header states one (Permissions Policy, "Construct policy from
// dictionary and origin"; structured fields, RFC 9651), and as `<iframe allow>` does ("Parse policy directive").
//
// Parsing never throws. Where the standard and browsers read something differently, the stricter reading is taken.

import { Token, parseDictionary } from "structured-headers";

/** The feature of every socket; of multicast groups; of what is not public. The names of the others begin with that of the first. */
export const features = {
  sockets: "direct-sockets",
  multicast: "direct-sockets-multicast",
  private: "direct-sockets-private",
} as const;
export type Feature = keyof typeof features;
export const featureNames = Object.keys(features) as Feature[];

/** Who has the feature. `self` stands for the origin of the document that the list came with. */
export interface Allowlist {
  all: boolean;
  self: boolean;
  /** Origins; one with `*.` in front of its host stands for every subdomain. */
  origins: string[];
}

/** Reports whether two serialized origins are the same. Opaque origins ("null") are the same as none. */
export function sameOrigin(a: string, b: string): boolean {
  return /*rule:opaque-origins-never-match*/ a !== "null" && a === b;
}

/**
 * Reads the allowlists of our features from the values of all Permissions-Policy headers of a response. One is absent when they say nothing
 * of it, and all are when they are no valid structured field (the standard ignores such a header whole).
 */
export function parseAllowlists(headers: readonly string[]): Partial<Record<Feature, Allowlist>> {
  // The key stands there as it is, or not at all: most headers need no parser, which takes milliseconds for a long one.
  if (!headers.some((value) => value.includes(features.sockets))) return {};
  let members;
  try {
    members = parseDictionary(headers.filter((value) => value.trim() !== "").join(", "));
  } catch {
    return {};
  }
  const lists: Partial<Record<Feature, Allowlist>> = {};
  for (const feature of featureNames) {
    const member = members.get(features[feature]);
    if (member !== undefined) lists[feature] = allowlistOf(member);
  }
  return lists;
}

/** The same for `direct-sockets` alone. */
export function parseAllowlist(headers: readonly string[]): Allowlist | undefined {
  return parseAllowlists(headers).sockets;
}

/** Reads one member of the dictionary: an item or an inner list, with its parameters. */
function allowlistOf(member: unknown): Allowlist {
  const list: Allowlist = { all: false, self: false, origins: [] };
  const [value] = member as [unknown, unknown];
  const inner = Array.isArray(value);
  // Outside a list only the tokens count: a bare string makes an empty allowlist.
  for (const item of inner ? (value as [unknown, unknown][]).map(([bare]) => bare) : [value]) {
    if (item instanceof Token) {
      //rule:empty-allowlist-matches-nobody
      if (item.toString() === "*") list.all = true;
      if (item.toString() === "self") /*rule:allowlist-self-is-own-origin*/ list.self = true;
    } else if (inner && typeof item === "string") {
      const origin = originOf(item);
      if (origin !== undefined) list.origins.push(origin);
    }
  }
  //rule:empty-allowlist-matches-nobody.2
  return list;
}

/** The element that holds a frame, as its document's content script sees it. */
export interface Container {
  /** The origin of the document that the element is in. */
  origin: string;
  /** The element's attributes; absent: it has none. */
  allow?: string | undefined;
  sandbox?: string | undefined;
  /** Resolved; absent when it has none, or has srcdoc. */
  src?: string | undefined;
}

/** The "declared origin" of an element: of the document that it means to load. "null" when it is opaque. */
export function declaredOrigin({ origin, sandbox, src }: Container): string {
  //rule:sandbox-declares-opaque-origin
  if (sandbox !== undefined && !splitOnWhitespace(sandbox.toLowerCase()).includes("allow-same-origin")) return "null";
  if (src === undefined || /^(?:about|javascript):/i.test(src)) return origin;
  return originOf(src) ?? "null";
}

/**
 * Reads what `allow` says of a feature: one allowlist for each time that it names the feature, with 'self' and 'src' as the origins that
 * they stand for. None: the attribute says nothing of it.
 */
export function parseAllow(container: Container, feature: Feature = "sockets"): Allowlist[] {
  const lists: Allowlist[] = [];
  for (const declaration of (container.allow ?? "").split(";")) {
    const [name, ...targets] = splitOnWhitespace(declaration);
    if (name !== features[feature]) continue;
    const list: Allowlist = { all: targets.includes("*"), self: false, origins: [] };
    if (targets.length === 0) /*rule:allow-defaults-to-src*/ targets.push("'src'");
    for (const target of targets) {
      const keyword = target.toLowerCase();
      const origin =
        keyword === "'self'" ? container.origin : keyword === "'src'" ? declaredOrigin(container) : originOf(target);
      if (origin !== undefined && origin !== "null") list.origins.push(origin);
    }
    lists.push(list);
  }
  return lists;
}

/** Reports whether `list`, which came with a document of origin `self`, matches `origin`. */
export function matches(list: Allowlist, origin: string, self: string): boolean {
  return (
    list.all ||
    (list.self && sameOrigin(origin, self)) ||
    list.origins.some((member) => sameOrigin(member, origin) || isSubdomain(origin, member))
  );
}

/** Reports whether `origin` is that of a subdomain which `member` (https://*.example.org) stands for. */
function isSubdomain(origin: string, member: string): boolean {
  const [scheme, base] = member.split("://*.");
  // A star before a name without a dot would be every site under a top-level domain.
  if (/*rule:wildcard-needs-registrable-host*/ base?.includes(".") !== true || !origin.startsWith(`${scheme ?? ""}://`))
    return false;
  return origin.endsWith(`.${base}`); // a port, if there is one, is part of both
}

function originOf(text: string): string | undefined {
  try {
    const { origin } = new URL(text);
    return origin === "null" ? undefined : origin;
  } catch {
    return undefined;
  }
}

function splitOnWhitespace(text: string): string[] {
  return text.split(/[\t\n\f\r ]+/).filter((token) => token !== "");
}
