// What the host's rules say of a socket that others can send to, and of whom it may send to. Each connects anew: the host may go away while the
// user is thinking.

import type { Hosts } from "../host/hosts.ts";
import type { Announcement, NamedPeer, PolicyJudgeLocalResult, PolicyJudgeResult } from "../../../protocol/message.ts";

/** What a document wants to open. */
export interface LocalWish {
  kind: "listen" | "bind";
  /** As the page wrote it. */
  localAddress: string;
  /** Absent: the system picks one. */
  localPort?: number;
  ipv6Only?: boolean;
  /** With TLS. */
  secure: boolean;
  /** `bind`: the page may join multicast groups, as far as its permissions policy goes. */
  multicast: boolean;
  announce?: Announcement;
}

/** The protocol of each kind. */
export const protocols = { listen: "tcp", bind: "udp" } as const;

/** The longest address that the host reads. */
const maxAddress = 64;

/** `salt`: under which networks have their ids. */
export async function judgeLocal(
  hosts: Hosts,
  origin: string,
  { kind, localAddress, localPort, ipv6Only, announce }: LocalWish,
  salt: string | undefined,
): Promise<PolicyJudgeLocalResult> {
  const connection = await hosts.connect();
  const verdict = await connection.request("policy.judgeLocal", {
    origin,
    protocol: protocols[kind],
    localAddress: localAddress.slice(0, maxAddress),
    ...(localPort === undefined ? {} : { localPort }),
    ...(ipv6Only === undefined ? {} : { ipv6Only }),
    ...(announce === undefined ? {} : { announce: true }),
    ...(salt === undefined ? {} : { networkSalt: salt }),
  });
  hosts.tellsReasons = verdict.errorDetail === "reason";
  return verdict;
}

/** Of a host that the user names. */
export async function judgePeer(
  hosts: Hosts,
  origin: string,
  { host, port }: Required<NamedPeer>,
  salt: string | undefined,
): Promise<PolicyJudgeResult> {
  const connection = await hosts.connect();
  return await connection.request("policy.judge", {
    origin,
    protocol: "udp",
    host,
    port,
    secure: false,
    userEntered: true,
    ...(salt === undefined ? {} : { networkSalt: salt }),
  });
}
