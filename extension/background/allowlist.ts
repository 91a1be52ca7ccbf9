// The allowlist of the permissions policy `direct-sockets`, as a response header states it (Permissions Policy, section 5.2;
// structured fields, RFC 9651).

import { Token, parseDictionary } from "structured-headers";

const feature = "direct-sockets";

/** An allowlist: what the header says of the feature. `undefined` stands for the default, `self`. */
export interface Allowlist {
  all: boolean;
  self: boolean;
  origins: string[];
}

/**
 * Reads the allowlist of `direct-sockets` from the values of all Permissions-Policy headers of a response.
 * Undefined when they say nothing of it, or are no valid structured field (the standard ignores such a header whole).
 */
export function parseAllowlist(headers: readonly string[]): Allowlist | undefined {
  let member;
  try {
    member = parseDictionary(headers.join(", ")).get(feature);
  } catch {
    return undefined;
  }
  if (member === undefined) return undefined;
  const list: Allowlist = { all: false, self: false, origins: [] };
  const items = Array.isArray(member[0]) ? member[0] : [member];
  for (const [value] of items as [unknown, unknown][]) {
    if (value instanceof Token) {
      if (value.toString() === "*") list.all = true;
      if (value.toString() === "self") list.self = true;
    } else if (typeof value === "string") {
      try {
        list.origins.push(new URL(value).origin);
      } catch {
        // No origin: matches nothing.
      }
    }
  }
  return list;
}

/** Reports whether a document of `origin`, served with `list`, has the feature itself. */
export function allows(list: Allowlist | undefined, origin: string): boolean {
  return list === undefined || list.all || list.self || list.origins.includes(origin);
}
