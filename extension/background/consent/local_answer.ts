// What the user answered to a question about a socket that others can send to: only what the question offered counts.

import { lasting } from "./lifetime.ts";
import { isWithin } from "./local_consent.ts";
import type { AllowLocal, Complaint, LocalAnswer, LocalQuestion } from "./question.ts";
import type { NamedPeer } from "../../../protocol/message.ts";

/** Hosts that the user may name for one socket; the host takes no more. */
export const maxHosts = 16;

type Named = NamedPeer | { complaint: Complaint };

/**
 * Reads `message`, which the prompt page sent. `name` judges a host that was typed. Resolves with the answer, with a complaint about what was
 * typed, or with undefined where the question offered no such thing.
 */
export async function localAnswer(
  { kind, places, peers: widest, remember }: LocalQuestion,
  message: AllowLocal,
  name: (typed: string) => Promise<Named>,
): Promise<LocalAnswer | { named: { address: string }; complaint: Complaint } | undefined> {
  const place = Number.isSafeInteger(message.place) ? places[message.place] : undefined;
  if (place === undefined) return undefined;
  const answer = { allow: true as const, ...lasting(message, remember), place };
  if (kind === "listen") return answer;
  const { peers } = message;
  if (peers === undefined || widest === undefined || /*rule:peers-within-what-was-offered*/ !isWithin(peers, widest))
    return undefined;
  if (peers !== "named") return { ...answer, peers };
  const typed = (message.hosts ?? []).map((text) => text.trim()).filter((text) => text !== "");
  if (typed.length === 0) return { named: { address: "" }, complaint: "invalid" };
  const beyond = typed[maxHosts];
  //rule:named-peers-are-bounded
  if (beyond !== undefined) return { named: { address: beyond }, complaint: "invalid" };
  const hosts: NamedPeer[] = [];
  for (const address of typed) {
    const named = await name(address);
    if ("complaint" in named) return { named: { address }, complaint: named.complaint };
    if (!hosts.some(({ host, port }) => host === named.host && port === named.port)) hosts.push(named);
  }
  return { ...answer, peers, hosts };
}
