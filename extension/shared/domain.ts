// Who a host belongs to: its registrable domain, "example.co.uk" for "www.example.co.uk". One owner has all the names below it, as many as
// they like; so what is counted against a site is counted against this.
//
// Browsers tell extensions nothing of the Public Suffix List, so it comes with tldts. The list's private part counts: whoever has
// alice.github.io has nothing else of github.io.

import { getDomain } from "tldts";

/** Reports whether a canonical host is an address, as opposed to a name. With or without brackets. */
export function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** A host without its final dot, which makes another origin of it but belongs to the same owner. */
function bare(host: string): string {
  return host.replace(/\.+$/, "");
}

/**
 * The registrable domain of a canonical host, without a final dot. The whole host where there is no such thing: addresses, single labels,
 * and names that are public suffixes themselves.
 */
export function registrableDomain(name: string): string {
  //rule:site-ignores-final-dot
  const host = bare(name);
  if (isAddress(host)) return host;
  const found = getDomain(host, {
    allowPrivateDomains: /*rule:private-suffixes-are-suffixes*/ true,
    extractHostname: false,
    validateHostname: false,
  });
  return found !== null && (host === found || host.endsWith(`.${found}`)) ? found : host;
}

/**
 * The site that an origin belongs to: its registrable domain, whatever the scheme and the port. An opaque origin ("null") has none: "". Of
 * IPv6 addresses it is the /64: whoever has a network has all of its addresses.
 */
export function siteOf(origin: string): string {
  return URL.canParse(origin) ? /*rule:site-is-registrable-domain*/ siteOfHost(new URL(origin).hostname) : "";
}

/** The same of the host of a URL. */
export function siteOfHost(host: string): string {
  //rule:ipv6-network-is-site-in-extension
  return host.startsWith("[") ? networkOf(host) : registrableDomain(host);
}

/** "[2001:db8::]/64". ::/64 is nobody's network: it has the address of this computer, and those that stand for IPv4 ones. */
function networkOf(host: string): string {
  const [start = "", end] = host.slice(1, -1).split("::");
  const groups = start === "" ? [] : start.split(":");
  const left = end === undefined || end === "" ? 0 : end.split(":").length;
  const all = end === undefined ? groups : [...groups, ...Array<string>(8 - groups.length - left).fill("0")];
  if (end !== undefined && end !== "") all.push(...end.split(":"));
  const network = all.slice(0, 4);
  if (network.every((group) => group === "0")) return host;
  return `${new URL(`http://[${network.join(":")}::]`).hostname}/64`;
}
