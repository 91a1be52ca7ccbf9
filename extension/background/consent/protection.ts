// How a connection is protected, as far as a consent depends on it. Pure.
//
// Whoever agreed to something agreed to what it risks. Plain text risks the most: anybody on the way reads and changes it. A connection for
// STARTTLS may stay plain for as long as the site likes. TLS risks what its other end does, and that is whoever it was verified to be. So a
// consent serves what risks no more than what was agreed to: plain text serves all, STARTTLS serves itself and TLS, and TLS serves TLS with
// the same peer only.

import { canonicalHost } from "../intake/origin.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

/** TLS is verified for the host's own name; for another name that the page gave; or by the page's list of certificates, whoever has them. */
export type Protection =
  | { encryption: "off" | "starttls" }
  | { encryption: "on"; authentication: "name" }
  | { encryption: "on"; authentication: "serverName"; serverName: string }
  /** `certificates`: SHA-256, base64. */
  | { encryption: "on"; authentication: "pinned"; certificates: string[] };

/** Reports whether what was kept is one. */
export function isProtection(value: unknown): value is Protection {
  const { encryption, authentication, serverName, certificates } = (value ?? {}) as Record<string, unknown>;
  if (encryption === "off" || encryption === "starttls") return true;
  if (encryption !== "on") return false;
  if (authentication === "name") return true;
  if (authentication === "serverName") return typeof serverName === "string";
  return (
    authentication === "pinned" && Array.isArray(certificates) && certificates.every((one) => typeof one === "string")
  );
}

/** What a page's options ask for at `host`, which is canonical, or undefined while the user is still to name it. */
export function protectionOf({ secureTransport = "off", tls }: OpenOptions, host: string | undefined): Protection {
  if (secureTransport !== "on") return { encryption: secureTransport };
  const pins = tls?.serverCertificateHashes;
  // Pinned certificates are good for any name.
  if (pins !== undefined)
    return {
      encryption: "on",
      authentication: "pinned",
      certificates: [...new Set(pins.map(({ value }) => value))].sort(),
    };
  const serverName = tls?.serverName === undefined ? undefined : (canonicalHost(tls.serverName) ?? tls.serverName);
  if (serverName === undefined || serverName === host) return { encryption: "on", authentication: "name" };
  return { encryption: "on", authentication: "serverName", serverName };
}

/** What administrators tell apart besides TLS that is verified for the host itself: `tls` of policy.judge. */
export function otherTLS(protection: Protection): "pinned" | "other-name" | undefined {
  if (protection.encryption !== "on" || protection.authentication === "name") return undefined;
  return protection.authentication === "pinned" ? "pinned" : "other-name";
}

/** Reports whether TLS proves from the first byte that the other end is the host itself: `secure` of policy.judge. */
export function authenticates(protection: Protection): boolean {
  return protection.encryption === "on" && protection.authentication === "name";
}

/** Reports whether a yes to `agreed` is a yes to `wanted`, for the same destination. */
export function covers(agreed: Protection, wanted: Protection): boolean {
  //rule:starttls-consent-not-for-plain
  if (agreed.encryption !== "on") return agreed.encryption === "off" || wanted.encryption !== "off";
  if (wanted.encryption !== "on") return /*rule:encrypted-consent-not-for-plain*/ false;
  switch (agreed.authentication) {
    case "name":
      //rule:tls-consent-not-for-other-peer
      return wanted.authentication === "name";
    case "serverName":
      return wanted.authentication === "serverName" && wanted.serverName === agreed.serverName;
    case "pinned":
      return (
        wanted.authentication === "pinned" &&
        /*rule:consent-covers-listed-certificates*/ wanted.certificates.every((one) =>
          agreed.certificates.includes(one),
        )
      );
  }
}

/** Reports whether the two are the same in all that counts. */
export function sameProtection(a: Protection, b: Protection): boolean {
  return covers(a, b) && covers(b, a);
}

/** Those of some consents that serve a request: first what is no wider than need be. */
export function ranked<T extends { protection: Protection }>(
  agreed: readonly T[],
  wanted: (one: T) => Protection,
): T[] {
  const able = agreed.filter((one) => covers(one.protection, wanted(one)));
  const exact = able.filter((one) => sameProtection(one.protection, wanted(one)));
  return [...exact, ...able.filter((one) => !exact.includes(one))];
}

/** Of consents for the same request, the one that serves it best. */
export function serving<T extends { protection: Protection }>(
  agreed: readonly T[],
  wanted: (one: T) => Protection,
): T | undefined {
  return ranked(agreed, wanted)[0];
}
