// Whether a text can be a host at all, as far as a page can tell by itself. The program has the last word (nativehost/address).

import { NativeURL, fits, hostnameOf, trim } from "./builtins.ts";
import { refuse } from "./webidl.ts";

/** What the schema of messages takes; no host is as long. */
const maxText = 1024;

/**
 * Reports whether a text could be a host: a name (RFC 1123, section 2.1, and the underscore) or an address, without scheme, user, port and
 * path. White space around it does not count. Names with other letters than ASCII's, or in Punycode, are left to the program, which knows more
 * of them.
 */
export function isHost(given: string): boolean {
  const text = trim(given);
  // White space, control characters, and what ends the host in a URL. A zone means something on one computer only.
  if (text.length > maxText || fits(/^$|[\s/\\?#@%\0-\x1f\x7f]/, text)) return false;
  const address = fits(/[:[\]]/, text);
  if (!address && fits(/[^\0-\x7f]|xn--/i, text)) return true;
  const bracketed = fits(/^\[.*\]$/, text);
  try {
    const host = hostnameOf(new NativeURL(`http://${address && !bracketed ? `[${text}]` : text}`));
    return address || fits(/^(?=.{1,253}\.?$)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*\.?$/, host);
  } catch {
    return false;
  }
}

/** Throws TypeError for what can be no host. An empty one is for the user to name. */
export function checkRemoteAddress(text: string | undefined): void {
  if (text !== undefined && text !== "" && !isHost(text))
    refuse("remoteAddress", "host: a name or an address, and nothing else");
}
