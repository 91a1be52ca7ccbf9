// IP addresses, as the API takes them: without brackets and zones.

import { NativeURL, fits, hostnameOf, slice } from "./builtins.ts";

/** The canonical text of an address (RFC 5952), or undefined for what is none. */
export function canonicalAddress(text: string): string | undefined {
  const four = fits(/^[\d.]{7,15}$/, text);
  if (!four && !fits(/^[\da-f:.]{2,45}$/i, text)) return undefined; // RFC 4291, section 2.2
  try {
    const host = hostnameOf(new NativeURL(`http://${four ? text : `[${text}]`}`));
    // A URL also takes 127.1 and 010.0.0.1, and names of dots.
    return four ? (host === text && fits(/\d$/, text) ? text : undefined) : slice(host, 1, -1);
  } catch {
    return undefined;
  }
}

/** Whether a canonical address is one of IPv6. */
export function isIPv6(address: string): boolean {
  return fits(/:/, address);
}

/** Whether a canonical address is that of a group: 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291, section 2.7). */
export function isMulticast(address: string): boolean {
  return fits(/^(22[4-9]|23\d)\.|^ff[\da-f]{2}:/, address);
}

/** Whether a canonical address is a loopback address, or unspecified: nobody sends to a group from there. */
export function isLoopbackOrUnspecified(address: string): boolean {
  return fits(/^127\.|^0\.0\.0\.0$|^::1?$/, address);
}
