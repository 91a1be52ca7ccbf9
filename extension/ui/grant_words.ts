// What a remembered grant is, in words: a destination that a site may connect to, or a place of this computer where others may send to it.

import { numberLanguage } from "../shared/language.ts";
import type { Grant } from "../background/consent/grants.ts";
import type { LocalConsent } from "../background/consent/local_consent.ts";
import type { Protection } from "../background/consent/protection.ts";
import { hostAndPort, plainText } from "./display.ts";
import { destinationName, isolated } from "./foreign.ts";
import { peerTexts, reachText } from "./prompt_local.ts";
import { describePort, text } from "./texts.ts";

const lists = new Intl.ListFormat(numberLanguage(), { type: "unit", style: "short" });

/** What it is about, as text. Without a port where it is for any. */
export function grantName(grant: Grant): string {
  return destinationName(grant.host, grant.port);
}

function peersText({ peers, hosts = [] }: LocalConsent): string[] {
  if (peers === undefined) return [];
  if (peers !== "named") return [text(peerTexts[peers])];
  const names = hosts.map(({ host, port }) => isolated(port === undefined ? host : hostAndPort(host, port)));
  return [text("grantPeersNamed", lists.format(names))];
}

function protectionText(protection: Protection): string {
  if (protection.encryption !== "on") return text(protection.encryption === "off" ? "grantPlain" : "grantStartTls");
  switch (protection.authentication) {
    case "name":
      return text("grantEncrypted");
    case "serverName":
      return text("grantEncryptedName", isolated(protection.serverName));
    case "pinned":
      return text("grantEncryptedPinned");
  }
}

/** What others may do there, where it is no connection of the site's. */
export function grantKind({ kind }: Pick<Grant, "kind">): string | undefined {
  return kind && text(kind === "listen" ? "popupListens" : "popupExchanges");
}

/** "IMAP mail, port 143 · TCP". */
export function grantService({ port, protocol }: Grant): string {
  const service = port === 0 ? text("localPortAny") : describePort(port, protocol);
  return text("grantService", service, protocol.toUpperCase());
}

/** How it is protected, and how far it goes. */
export function grantLimits({ kind, local, network: id, protection }: Grant): string {
  const network = id === undefined ? [] : [text("grantNetwork")];
  if (kind === undefined || local === undefined) return [protectionText(protection), ...network].join(" \u00b7 ");
  const { multicast, announce } = local;
  return [
    reachText(kind, local),
    ...peersText(local),
    ...(kind === "listen" ? [text(protection.encryption === "on" ? "grantEncrypted" : "grantPlain")] : []),
    ...(multicast ? [text("grantMulticast")] : []),
    ...(announce === undefined ? [] : [text("grantAnnounced", isolated(plainText(announce.name)))]),
    ...network,
  ].join(" \u00b7 ");
}

/** How the user came to agree. */
export function grantHow(grant: Grant): string {
  if (grant.kind !== undefined) return text("grantLocal");
  switch (grant.how ?? (grant.entered ? "typed" : "asked")) {
    case "picked":
      return text("grantPicked");
    case "typed":
      return text("grantTyped");
    default:
      return text("grantAsked");
  }
}
