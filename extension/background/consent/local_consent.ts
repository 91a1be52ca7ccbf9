// What the user agreed to of a socket that others can send to, beside its address and port; and what such a consent serves. Pure.
//
// A consent serves what gives others, and the page, no more than it did: the same place in the same network; whom the page may send to is
// what was picked, and comes with the consent; groups, and an announcement, only if they were told of when the user was asked.

import { isRecord } from "../../storage/stored.ts";
import type { LocalPlace, NamedPeer, UDPBindParams } from "../../../protocol/message.ts";

type Peers = UDPBindParams["peers"];

/** A host that the user named. `network`: as in Consent. */
export type NamedHost = NamedPeer & { network?: string };

export interface LocalConsent {
  /** From where others may reach it. */
  reach: LocalPlace["reach"];
  /** The page had asked for every interface: the place is what the user has made of that. */
  everywhere?: boolean;
  /** The system's name of the interface, as it was when they were asked; for the user to read. */
  interface?: string;
  /** Of a UDP socket: whom it may send to. */
  peers?: Peers;
  /** With peers "named". */
  hosts?: NamedHost[];
  /** It may join multicast groups. */
  multicast: boolean;
  /** As what it is announced. */
  announce?: { name: string; type: string };
}

/** What a page asks for, as far as a consent depends on it. */
export interface LocalNeeds {
  multicast: boolean;
  announce?: { name: string; type: string };
}

/** Choices of peers, each wider than the one before. */
const widths = ["named", "network", "internet"] as const satisfies readonly Peers[];

/** What the host says of a network that it cannot tell from others. */
export const unknownNetwork = "unknown";

/** Reports whether `peers` is no wider than `widest`. */
export function isWithin(peers: Peers, widest: Peers): boolean {
  return widths.includes(peers) && widths.indexOf(peers) <= widths.indexOf(widest);
}

function isNamed(value: unknown): value is NamedHost {
  if (!isRecord(value)) return false;
  const { host, port, network } = value;
  return (
    typeof host === "string" &&
    (port === undefined || Number.isSafeInteger(port)) &&
    (network === undefined || typeof network === "string")
  );
}

/** Reports whether what was kept is one. */
export function isLocalConsent(value: unknown): value is LocalConsent {
  if (!isRecord(value)) return false;
  const { reach, everywhere, peers, hosts, multicast, announce } = value;
  return (
    ["computer", "network", "anybody"].includes(reach as string) &&
    (everywhere === undefined || typeof everywhere === "boolean") &&
    (peers === undefined || widths.includes(peers as Peers)) &&
    (hosts === undefined || (Array.isArray(hosts) && hosts.every(isNamed))) &&
    typeof multicast === "boolean" &&
    (announce === undefined ||
      (isRecord(announce) && typeof announce["name"] === "string" && typeof announce["type"] === "string"))
  );
}

/** Reports whether a consent serves what a page asks for, as far as the page's wishes go. */
export function servesNeeds(consent: LocalConsent, { multicast, announce }: LocalNeeds): boolean {
  //rule:local-grant-without-groups
  if (multicast && !consent.multicast) return false;
  //rule:local-grant-for-its-announcement
  if (announce === undefined) return true;
  return consent.announce?.name === announce.name && consent.announce.type === announce.type;
}

/**
 * In which network a consent for `place` holds: that of the place; or where it is open everywhere and the page may send to devices nearby,
 * those of all interfaces, which are in `places`. Undefined: in every one.
 */
export function networkOf(
  { network, reach }: LocalPlace,
  peers: Peers | undefined,
  places: readonly LocalPlace[],
): string | undefined {
  if (network !== undefined || reach === "computer" || peers !== "network") return network;
  const all = new Set(places.flatMap((one) => (one.network === undefined ? [] : [one.network])));
  //rule:nearby-peers-hold-in-these-networks
  return all.size === 0 || all.has(unknownNetwork) ? unknownNetwork : [...all].sort().join(" ");
}

/** The place among `places` that a consent is for, if it is there and in the network of then. */
export function placeOf(
  { host, network, local }: { host: string; network?: string; local?: LocalConsent },
  places: readonly LocalPlace[],
): LocalPlace | undefined {
  if (local === undefined) return undefined;
  return places.find(
    (place) =>
      place.address === host &&
      /*rule:local-grant-keeps-its-reach*/ place.reach === local.reach &&
      /*rule:local-grant-needs-same-network*/ networkOf(place, local.peers, places) === network,
  );
}
