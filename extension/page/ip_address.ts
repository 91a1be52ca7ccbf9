// IP addresses, as the API takes them: without brackets and zones.

import { NativeURL, charCodeAt, hostnameOf, slice } from "./builtins.ts";

/** No address is longer, in characters: IPv6 with an IPv4 address at its end (RFC 4291, section 2.2). */
const longest = 45;

/** The canonical text of an address (RFC 5952), or undefined for what is none. */
export function canonicalAddress(text: string): string | undefined {
  let six = false;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i) | 0x20; // lower case; '.', ':' and digits stay what they are
    const digit = (code >= 0x30 && code <= 0x39) || code === 0x2e;
    if (!digit && code !== 0x3a && !(code >= 0x61 && code <= 0x66)) return undefined;
    six ||= !digit;
  }
  if (text === "" || text.length > longest) return undefined;
  try {
    const host = hostnameOf(new NativeURL(`http://${six ? `[${text}]` : text}`));
    if (six) return slice(host, 1, -1);
    // A URL also takes 127.1 and 0x7f000001, and names.
    return host === text && text[text.length - 1] !== "." ? text : undefined;
  } catch {
    return undefined;
  }
}

/** What stands before the first such character. */
function before(text: string, end: string): string {
  let i = 0;
  while (i < text.length && text[i] !== end) i++;
  return slice(text, 0, i);
}

/** Whether a canonical address is one of IPv6. */
export function isIPv6(address: string): boolean {
  return before(address, ":") !== address;
}

/** Whether a canonical address is that of a group: 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291, section 2.7). */
export function isMulticast(address: string): boolean {
  if (isIPv6(address)) {
    const first = before(address, ":");
    return first.length === 4 && first[0] === "f" && first[1] === "f";
  }
  const first = +before(address, ".");
  return first >= 224 && first <= 239;
}

/** Whether a canonical address is a loopback address, or unspecified: nobody sends to a group from there. */
export function isLoopbackOrUnspecified(address: string): boolean {
  return address === "::" || address === "::1" || address === "0.0.0.0" || before(address, ".") === "127";
}
