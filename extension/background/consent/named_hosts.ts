// Hosts that the user names for a bound UDP socket: what is typed, and what the rules say of it. Nothing is sent to the network here.

import { canonicalHost } from "../intake/origin.ts";
import type { Complaint } from "./question.ts";
import type { NamedPeer, PolicyJudgeResult } from "../../../protocol/message.ts";

/** A port that no router watches: a host that is named without one is judged by it. The host judges each port before it sends there. */
export const anyPort = 65_535;

/** Reads "host", "host:port", "[address]:port" or an address. Undefined: it is none of these. The host is not judged yet. */
export function readNamed(typed: string): NamedPeer | undefined {
  const text = typed.trim();
  const [, bracketed, plain = text, digits] = /^(?:(\[[^\]]*\])|([^:[\]]*))(?::(\d{1,5}))$/.exec(text) ?? [];
  const host = canonicalHost(bracketed ?? plain);
  if (host === undefined) return undefined;
  if (digits === undefined) return { host };
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** What the rules say of a host of the user's, as `judge` asks for them. */
export async function judgeNamed(
  typed: string,
  judge: (host: string, port: number) => Promise<PolicyJudgeResult>,
): Promise<NamedPeer | { complaint: Complaint }> {
  const named = readNamed(typed);
  if (named === undefined) return { complaint: "invalid" };
  const { allowed, host, reason, risk } = await judge(named.host, named.port ?? anyPort);
  //rule:named-peers-are-judged
  if (!allowed || host === undefined)
    return {
      complaint: reason?.startsWith("policy") === true ? "policy" : reason === "address" ? "never" : "invalid",
    };
  // The host sends nothing there, whatever the user says: only an administrator can vouch for such a port.
  if (/*rule:named-peers-at-no-watched-port*/ risk) return { complaint: "policy" };
  return { ...named, host };
}
