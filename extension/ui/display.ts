// How hosts, origins and foreign texts are put before the user, so that nobody is taken in. Pure: pages make elements of it (shown.ts).
//
// A host is always shown in the form that is dialled: ASCII, an IPv6 address in brackets where a port follows. Who it belongs to is what
// counts, so the registrable domain is told apart and never cut; what the owner may put before it, at will, is cut in the middle when it
// is long. "1.2.3.4.evil.example" is so seen to be evil.example's.

import { isAddress, registrableDomain } from "../shared/domain.ts";
import type { Protection } from "../background/consent/protection.ts";
import type { Place } from "../background/consent/question.ts";
import { inLetters } from "./idn.ts";

/** A host, in parts that put together are the whole of it. */
export interface ShownHost {
  /** What the owner of the domain put before it, with its dot. */
  start: string;
  /** What is left out where there is little room; "" when all of it is short. */
  middle: string;
  end: string;
  /** The registrable domain, or the whole host where there is none. Never cut. */
  domain: string;
  /** The labels in their letters, where that can be read safely and differs. */
  letters?: string[];
  /** It has letters that may be taken for others: they are not shown. */
  unclear: boolean;
}

/** Before the registrable domain, more characters than this are cut in the middle. */
const most = 40;
/** How many of them stay, at the start and at the end. */
const kept = 16;

/** `host` is canonical: ASCII, with or without brackets. The host of an origin may have a final dot, which stays with the domain. */
export function showHost(host: string): ShownHost {
  const dots = /\.*$/.exec(host)?.[0] ?? "";
  const domain = registrableDomain(host) + dots;
  const before = host.slice(0, /*rule:registrable-domain-never-cut*/ host.length - domain.length);
  const long = before.length > most;
  const read = inLetters(host);
  return {
    start: long ? before.slice(0, kept) : before,
    middle: long ? before.slice(kept, -kept) : "",
    end: long ? before.slice(-kept) : "",
    domain,
    //rule:unclear-names-stay-ascii
    ...(read?.clear === true ? { letters: read.labels } : {}),
    unclear: read !== undefined && !read.clear,
  };
}

/** Who asks. */
export interface ShownOrigin {
  /** "http://", which only this computer's own pages may have; "" for https. */
  scheme: string;
  host: ShownHost;
  /** ":8443"; "" for the scheme's own port. */
  port: string;
}

export function showOrigin(origin: string): ShownOrigin {
  const { protocol, hostname, port } = new URL(origin);
  return {
    scheme: protocol === "https:" ? "" : `${protocol}//`,
    host: showHost(hostname),
    port: port === "" ? "" : `:${port}`,
  };
}

/** Who asks, for the title of a window, whose end is cut where there is no room: of a long name the registrable domain alone. */
export function titleOf(origin: string): string {
  const { scheme, host, port } = showOrigin(origin);
  const { start, middle, end, domain } = host;
  return `${scheme}${/*rule:title-keeps-registrable-domain*/ middle === "" ? start + end : "…"}${domain}${port}`;
}

/** Reports whether a name begins as an address does, such as "192.168.1.1.example.org". */
export function looksLikeAddress(host: string): boolean {
  return !isAddress(host) && /^(?:\d{1,3}\.){4}|^(?:\d{1,3}-){3}\d{1,3}\./.test(host);
}

/** "mail.example.org:993", "[fd00::5]:631". */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port.toString()}` : `${host}:${port.toString()}`;
}

/**
 * Foreign text, such as what a device calls itself, without what could upset the text around it: control and formatting characters (bidi
 * controls among them), line breaks, what has no meaning, and more than two marks on one letter.
 */
export function plainText(text: string): string {
  return text
    .replaceAll(/[\p{Zl}\p{Zp}\p{Zs}\t\r\n]+/gu, " ")
    .replaceAll(/*rule:foreign-text-has-no-controls*/ /[\p{C}\u115f\u1160\u3164\uffa0\u2800]/gu, "")
    .replaceAll(/(\p{M}{2})\p{M}+/gu, "$1")
    .trim();
}

/** The message that says what kind of place it is. */
export function placeMessage(place: Place): string {
  switch (place) {
    case "internet":
      return "placeInternet";
    case "network":
      return "placeNetwork";
    case "computer":
      return "placeComputer";
    case "special":
      return "placeSpecial";
  }
}

/**
 * The message that says whether others can read what is sent, and who vouches for the other end where it is not its own name: who is in
 * between depends on the place. Undefined: nobody knows it yet.
 */
export function encryptionMessage(protection: Protection, place: Place | undefined): string {
  const { encryption } = protection;
  if (encryption === "on") {
    const messages = { name: "encryptionOn", serverName: "encryptionOnName", pinned: "encryptionOnPinned" };
    //rule:pinned-certificate-is-named
    return messages[protection.authentication];
  }
  const late = encryption === "starttls";
  switch (place) {
    case "computer":
      return late ? "encryptionLaterComputer" : "encryptionOffComputer";
    case "network":
      return late ? "encryptionLaterNetwork" : "encryptionOffNetwork";
    case "internet":
      return late ? "encryptionLaterInternet" : "encryptionOffInternet";
    default:
      return late ? "encryptionLaterUnknown" : "encryptionOffUnknown";
  }
}

/** Reports whether others may read what is sent, or be its reader, as far as Portside can tell. */
export function isReadable(protection: Protection, place: Place | undefined): boolean {
  if (protection.encryption === "on") return protection.authentication !== "name";
  return place !== "computer";
}
