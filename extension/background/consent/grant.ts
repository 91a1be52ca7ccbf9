// A grant: what the user allowed an origin, and until when. What it is, when two are the same, and how it is read from storage. Pure.

import { covers, isProtection, sameProtection } from "./protection.ts";
import type { Protection } from "./protection.ts";
import { isSpan } from "./lifetime.ts";
import type { Ends } from "./lifetime.ts";
import { isLocalConsent } from "./local_consent.ts";
import type { LocalConsent } from "./local_consent.ts";
import { isContainer, type Whose } from "../../shared/container.ts";
import { isRecord } from "../../storage/stored.ts";

export interface Destination {
  /** A socket that listens, or a UDP socket that is bound. Absent: a connection. */
  kind?: "listen" | "bind";
  protocol: "tcp" | "udp";
  /** Canonical, without brackets. With a kind, the address of this computer that is bound. */
  host: string;
  /** With a kind, 0 is whichever port the system picks. */
  port: number;
}

/** What the user said yes to, besides the destination itself. */
export interface Consent {
  /** They typed or picked the destination. */
  entered: boolean;
  /** The prompt named the danger of this port. */
  risk: boolean;
  /** How the connection was going to be protected. */
  protection: Protection;
  /** In which network, where the destination is another machine in another one; an id of the host's (PolicyJudgeResult). */
  network?: string;
  /** With a kind: what the user picked besides. */
  local?: LocalConsent;
}

/** How a connection to this host would be protected now. */
export type Wanted = (host: string) => Protection;

/** How the user came to agree: to what the page asked for, to what they typed, or to what they picked from the devices nearby. */
export type How = "asked" | "typed" | "picked";

export interface Grant extends Destination, Consent {
  origin: string;
  /** The container that it was given in. Absent: the default one. */
  container?: string;
  /** When it was given, in ms since 1970. */
  created: number;
  /** Absent in grants that are older than this. */
  how?: How;
  /** Until when; absent: for good. */
  ends?: Ends;
  /** When it was last used, in ms since 1970, to ten minutes; absent: it never was, or not since this is noted. */
  used?: number;
}

export function sameDestination(a: Destination, b: Destination): boolean {
  return (
    /*rule:grant-is-per-kind*/ a.kind === b.kind &&
    a.protocol === b.protocol &&
    a.host === b.host &&
    /*rule:grant-is-per-port*/ a.port === b.port
  );
}

/** Reports whether it was given to this origin, in this container. */
export function isGrantOf({ origin, container }: Whose, grant: Grant): boolean {
  return (
    /*rule:grant-is-per-origin*/ grant.origin === origin &&
    /*rule:grant-is-per-container*/ grant.container === container
  );
}

/** Reports whether it is the same entry of the list: of one destination there may be one for good, and others with an end. */
export function sameGrant(a: Grant, b: Grant): boolean {
  return (
    a.origin === b.origin &&
    /*rule:grant-list-tells-containers-apart*/ a.container === b.container &&
    a.network === b.network &&
    kindOfEnd(a) === kindOfEnd(b) &&
    sameDestination(a, b) &&
    sameProtection(a.protection, b.protection)
  );
}

/** What a grant ends with. */
export function kindOfEnd({ ends }: Pick<Grant, "ends">): "never" | "browser" | "time" {
  if (ends === undefined) return "never";
  return ends === "browser" ? "browser" : "time";
}

/** Reports whether a connection stands on this grant, or could. */
export function concerns(grant: Grant, connection: Destination & { protection: Protection }): boolean {
  return sameDestination(grant, connection) && covers(grant.protection, connection.protection);
}

const leastProtection: Protection = { encryption: "on", authentication: "name" };

/** What was kept, as a grant; undefined: it is none. Of a version that kept no protection it counts for the least: it may have been given to an encrypted connection. */
export function readGrant(value: unknown): Grant | undefined {
  if (!isRecord(value)) return undefined;
  const { origin, container, protocol, host, port, created, network, protection, ends } = value;
  if (typeof origin !== "string" || typeof host !== "string" || !Number.isSafeInteger(port)) return undefined;
  //rule:kept-container-is-an-id
  if (container !== undefined && !isContainer(container)) return undefined;
  if ((protocol !== "tcp" && protocol !== "udp") || (network !== undefined && typeof network !== "string"))
    return undefined;
  if (ends !== undefined && ends !== "browser" && !isSpan(ends)) return undefined;
  const { used, ...rest } = value;
  const { kind, local } = rest;
  //rule:kept-local-grant-is-whole
  if (kind === undefined ? local !== undefined : (kind !== "listen" && kind !== "bind") || !isLocalConsent(local))
    return undefined;
  return {
    ...(rest as unknown as Grant),
    ...(typeof used === "number" ? { used } : {}),
    entered: value["entered"] === true,
    risk: value["risk"] === true,
    created: typeof created === "number" ? created : 0,
    protection: isProtection(protection) ? protection : leastProtection,
  };
}
