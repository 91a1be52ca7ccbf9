// Which origins may ask, and what a destination is called. The host judges both again.

/** Reports whether `origin` is https, or http on a loopback name or address (Secure Contexts, section 3.1). */
export function isTrustworthyOrigin(origin: string | undefined): origin is string {
  if (origin === undefined || origin === "null") return false;
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    return false;
  }
  if (url.origin !== origin) return false;
  if (url.protocol === "https:") return true;
  //rule:origin-is-trustworthy
  if (url.protocol !== "http:") return false;
  const host = url.hostname;
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    /*rule:plain-http-on-loopback-only*/ /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}

/**
 * The canonical form of a host as the URL Standard's host parser sees it: lower case, IDNA applied, old spellings of IPv4 addresses
 * resolved, IPv6 compressed, no brackets, no final dot. Undefined when it is no host. What is shown is what is dialled: the host reads
 * hosts by the same table, protocol/testdata/hosts.json.
 */
export function canonicalHost(input: string): string | undefined {
  const text = input.trim();
  if (text === "" || text.length > 1024) return undefined;
  // Characters that would end the host part of a URL, and white space, which the URL parser drops silently.
  //rule:extension-host-has-no-delimiters
  if (/[\s/\\?#@%\u0000-\u001f]/u.test(text)) return undefined;
  const bracketed = text.startsWith("[") ? text : text.includes(":") ? `[${text}]` : text;
  // A URL's default port would go unnoticed.
  if (bracketed.startsWith("[") && !bracketed.endsWith("]")) return undefined;
  let host: string;
  try {
    // A special scheme, so that the domain parser (and not the opaque-host one) runs.
    const url = new URL(`http://${bracketed}/`);
    if (url.port !== "" || url.username !== "" || url.password !== "") return undefined;
    host = url.hostname;
  } catch {
    return undefined;
  }
  if (host.startsWith("[")) return host.slice(1, -1);
  if (host.endsWith(/*rule:extension-host-drops-final-dot*/ ".")) host = host.slice(0, -1);
  // A URL may have hosts that no resolver takes. "local" is the domain of multicast DNS and not a host (RFC 6762, section 3).
  const fits = host.length <= 253 && host.split(".").every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
  return fits && host !== "local" ? host : undefined;
}
