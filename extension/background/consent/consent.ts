// May this document open this destination? What the host's rules and the administrators say, what was remembered, and, if nothing
// settles it, the user. Nothing is sent to the network here.

import { inContainer } from "../../shared/container.ts";
import * as grants from "./grants.ts";
import { Judge } from "./judge.ts";
import type { Carried, Verdicts, Wish } from "./judge.ts";
import { serving } from "./protection.ts";
import type { Protection } from "./protection.ts";
import { answerRefusals, asksAnew, isPublic, mustPass, privateDenied, questionForbidden } from "./judged.ts";
import { unknownNetwork } from "./local_consent.ts";
import { endsFrom } from "./lifetime.ts";
import type { Claims } from "../documents/admission.ts";
import { remember, stillRemembers } from "./cleared.ts";
import type { NotRemembered } from "./cleared.ts";
import type { Gesture } from "./gestures.ts";
import { HostError } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";
import { noGesture } from "../intake/refusal.ts";
import { networkSalt } from "./network_salt.ts";
import type { Helpers, Prompts } from "./prompt.ts";
import type { Sender } from "../intake/sender.ts";
import type { PolicyJudgeResult, TCPOpenParams } from "../../../protocol/message.ts";

/** Whose word an open stands on. */
export type Admitted = NonNullable<TCPOpenParams["admitted"]>;

/** The name of the request in the document's own list, and where it led before, what serves best first. */
export interface Asked {
  request: string;
  reopened: readonly grants.Reached[];
}

/** Who asks, and whom there is to ask. */
export interface Surroundings {
  sender: Sender;
  attested: chrome.runtime.MessageSender;
  hosts: Hosts;
  /** What the host said last, for connections. `carry`: an open may carry that in place of a question. */
  verdicts?: Verdicts;
  carry?: boolean;
  prompts: Prompts;
  /** The gesture behind the call. */
  gesture: Gesture;
  /** The permissions policy lets the document reach what is not public. */
  reachesPrivate: boolean;
  /** Aborts when the document withdraws or goes away. */
  signal: AbortSignal;
  /** Called when the user is really asked: the question is on the screen. */
  asking?: () => void;
  /** Hears that what was to hold longer is no more than "Allow this time", and why. */
  notRemembered: (host: string, why: NotRemembered) => void;
}

/** What was agreed to, and whose word that is. */
export interface Consented {
  reached: grants.Reached;
  by: Admitted;
  /** It holds only for an open that carries this. `lasting`: as long as the host says the same, nothing else decides. */
  carried?: Carried;
  lasting?: boolean;
}

/** How long devices nearby are looked for while the question stands, in ms. */
const lookingTime = 20_000;

/**
 * Resolves with the destination that was agreed to; rejects with a Refusal, or as the host's connection does. What the user allowed is the
 * document's from then on, whatever the network makes of it.
 */
export async function consentTo(
  wish: Wish,
  { request, reopened }: Asked,
  claims: Claims,
  around: Surroundings,
): Promise<Consented> {
  const { protocol, remoteAddress, port } = wish;
  const { sender, attested, hosts, verdicts, prompts, gesture, reachesPrivate, signal, asking, notRemembered } = around;
  const { origin, documentId } = sender;
  const rules = new Judge(origin, wish, hosts, await networkSalt(), verdicts);
  const judge = rules.ask.bind(rules);
  const protection = (host: string | undefined): Protection => rules.protection(host);
  // What this open stood on was taken back, or closed, while it was under way: as if it had not been. It ends, since each time takes another
  // act of the user or of the site's, and a grant that there was.
  const anew = (): Promise<Consented> => consentTo(wish, { request, reopened: [] }, claims, around);
  /** `taken`: grants.timesTakenBack before the consent was read, or given. */
  const agreed = async (reached: grants.Reached, by: Admitted, taken: number): Promise<Consented> =>
    (await grants.addDocumentGrant(sender, request, reached, taken)) ? { reached, by } : await anew();
  // Else it was allowed in another network, where it is another machine, or what was allowed does not count: as if it had not been.
  const counts = (reached: grants.Reached, there: PolicyJudgeResult): boolean =>
    /*rule:document-grant-needs-same-network*/ reached.network === there.network &&
    /*rule:ask-each-open-ignores-document-grants*/ !asksAnew(there);
  const mustBeReachable = async (verdict: PolicyJudgeResult): Promise<void> => {
    await mustPass(verdict, claims, attested);
    //rule:denied-private-is-refused
    if (!reachesPrivate && !isPublic(verdict)) throw privateDenied();
  };
  const standing = async (back: grants.Reached): Promise<Consented | undefined> =>
    /*rule:revoking-stops-pending-open*/ (await grants.stillReaches(documentId, request, back))
      ? { reached: back, by: "document" }
      : undefined;
  const first = around.carry === true ? reopened[0] : undefined;
  const last = first && (await rules.last(first.host, first.entered));
  if (first !== undefined && last !== undefined && counts(first, last.verdict)) {
    const passes = await mustBeReachable(last.verdict).then(
      () => true,
      () => false, // the rules may have changed
    );
    const again = passes ? await standing(first) : undefined;
    // A tab is moved from window to window without a word.
    //rule:installed-only-is-not-reopenable
    const lasting = !last.verdict.installedOnly;
    if (again !== undefined) return { ...again, carried: last.carried, lasting };
  }
  const wanted = remoteAddress.trim() === "" ? undefined : remoteAddress;
  let back: grants.Reached | undefined;
  let verdict: PolicyJudgeResult | undefined;
  for (const reached of reopened) {
    const there = await judge(reached.host, reached.entered);
    if (!counts(reached, there)) continue;
    [back, verdict] = [reached, there];
    break;
  }
  verdict ??= await judge(wanted, /*rule:user-entry-not-from-page*/ false);
  //rule:dns-failure-needs-gesture
  if (verdict.reason === "dns" && !gesture.take()) throw noGesture(); // or it would tell that there is a host
  if (verdict.reason === "dns") throw new HostError("no host name", { name: "NetworkError", reason: "dns" });
  await mustBeReachable(verdict);
  if (back !== undefined) return (await standing(back)) ?? (await anew());

  const proposed = verdict.host;
  const remembered = async (judged: PolicyJudgeResult): Promise<Consented | undefined> => {
    const now = async (host: string): Promise<PolicyJudgeResult> =>
      host === proposed ? judged : await judge(host, true);
    const serves = async (host: string, network: string | undefined): Promise<boolean> => {
      const there = await now(host);
      return network === there.network && (reachesPrivate || /*rule:denied-private-ignores-grants*/ isPublic(there));
    };
    //rule:ask-each-open-ignores-remembered
    //rule:ask-each-open-while-queued
    if (asksAnew(judged)) return undefined;
    for (const again of await grants.documentGrants(documentId, request, protection))
      //rule:network-rechecked-after-question
      if (await serves(again.host, again.network)) return { reached: again, by: "document" };
    if (/*rule:grants-not-used-in-private*/ sender.private || !judged.remember) return undefined;
    const given =
      proposed === undefined
        ? await grants.findNamed(sender, protocol, port, protection)
        : await grants.findGrants(sender, { protocol, host: proposed, port, protection: protection(proposed) });
    const mustBeEntered = proposed === undefined || judged.mustEnter;
    const good: grants.Grant[] = [];
    for (const grant of given) {
      const { host, risk, entered, network } = grant;
      //rule:consent-without-risk-not-enough
      if (judged.risk && !risk) continue;
      if (mustBeEntered && !entered) continue;
      //rule:remembered-grant-needs-same-network
      if (!(await serves(host, network)) || network === unknownNetwork) continue;
      good.push(grant);
    }
    // Of several that the user has named nobody knows which they mean now.
    //rule:ambiguous-grants-are-not-guessed
    if (proposed === undefined && new Set(good.map(({ host }) => host)).size > 1) return undefined;
    const grant = serving(good, ({ host }) => protection(host));
    if (grant === undefined || /*rule:grant-needs-its-marker*/ !(await stillRemembers(sender))) return undefined;
    return { reached: grants.reachedBy(grant), by: "remembered" };
  };
  // What needs no question needs no gesture either, unless the user has just closed it.
  const returns = async (host: string): Promise<void> => {
    const destination = { protocol, host, port };
    //rule:closed-destination-needs-gesture
    if (!(await grants.wasClosed(documentId, destination))) return;
    if (!gesture.take()) throw noGesture();
    await grants.mayReturn(sender, destination);
  };
  let taken = grants.timesTakenBack(sender);
  const known = await remembered(verdict);
  if (known !== undefined) {
    await returns(known.reached.host);
    return await agreed(known.reached, known.by, taken);
  }
  // Where the administrator's word does not stand for the user's, they are asked all the same.
  if (
    /*rule:new-destination-is-prompted*/ verdict.prompt === "skip" &&
    proposed !== undefined &&
    !verdict.mustEnter &&
    !verdict.risk
  ) {
    await returns(proposed);
    //rule:admin-skip-is-no-consent
    return {
      reached: { host: proposed, entered: false, risk: false, protection: protection(proposed) },
      by: "policy",
    };
  }
  if (verdict.prompt === "forbid") throw questionForbidden(verdict);

  //rule:prompt-needs-gesture
  //rule:port-probing-needs-gestures
  if (!gesture.take()) throw noGesture();

  const look: Helpers["look"] = (found, over) =>
    hosts.browse(
      { origin, protocol, port, ...rules.security(undefined), timeout: lookingTime },
      found,
      /*rule:search-ends-with-question*/ over,
    );
  let settledAt: number | undefined;
  let by: Admitted = "asked";
  const answer = await prompts.ask(
    {
      origin,
      protocol,
      ...(proposed === undefined ? {} : verdict.mustEnter ? { proposal: proposed } : { host: proposed }),
      ...(verdict.place === undefined ? {} : { place: verdict.place }),
      port,
      // Which name TLS is verified for is not known before the host is.
      ...protection(verdict.mustEnter ? undefined : proposed),
      risk: verdict.risk,
      private: sender.private,
      ...inContainer(sender),
      remember: verdict.remember && /*rule:no-remember-box-in-private*/ !sender.private,
    },
    sender,
    {
      //rule:admin-can-ask-for-each-open
      each: asksAnew(verdict),
      stillNeeded: async () => {
        const before = grants.timesTakenBack(sender);
        const settled = await remembered(/*rule:queued-question-judged-again*/ await judge(wanted, false)); // it may have waited for long, and be in another network now
        if (settled === undefined) return undefined;
        settledAt = before;
        by = settled.by;
        const { host, entered, risk, timed } = settled.reached;
        const how = entered ? "typed" : "asked";
        return { allow: true, remember: false, host, how, risk, ...(timed === undefined ? {} : { timed }) };
      },
      check: async (address) => {
        const named = await judge(address.trim() === "" ? "/" : address, true);
        if (named.allowed && !reachesPrivate && /*rule:denied-private-refuses-typed*/ !isPublic(named))
          return { complaint: "policy" };
        //rule:typed-host-is-judged
        if (named.allowed && named.host !== undefined)
          return { host: named.host, risk: named.risk, ...(named.place === undefined ? {} : { place: named.place }) };
        return {
          complaint:
            named.reason?.startsWith("policy") === true ? "policy" : named.reason === "address" ? "never" : "invalid",
        };
      },
      // What is proposed on this computer, or beyond the network, is no device nearby.
      ...((proposed === undefined && reachesPrivate) ||
      /*rule:search-only-for-network-prompts*/ (verdict.mustEnter && verdict.place === "network")
        ? { look }
        : {}),
    },
    signal,
    asking,
  );
  //rule:deny-refuses
  if (!answer.allow) throw answerRefusals[answer.rule]();
  taken =
    /*rule:revoking-voids-settled-question*/ settledAt ??
    /*rule:later-answer-is-new-consent*/ grants.timesTakenBack(sender);
  /** Resolves with whether it is remembered. */
  const rememberOrSay = async (grant: grants.Grant): Promise<boolean> => {
    const why =
      //rule:unknown-network-not-remembered
      grant.network === unknownNetwork ? "network-unknown" : await remember(grant).catch(() => "storage" as const);
    if (why !== undefined) notRemembered(grant.host, why);
    return why === undefined;
  };
  const { host, how, risk } = answer;
  //rule:consent-is-for-network-of-answer
  const { network } = await judge(host, how !== "asked"); // the one that the computer is in at the answer
  const consent = {
    entered: how !== "asked",
    risk,
    protection: protection(host),
    ...(network === undefined ? {} : { network }),
  };
  let reached: grants.Reached = { host, ...consent };
  //rule:settled-question-ends-with-its-hour
  if (answer.timed !== undefined) reached.timed = answer.timed;
  if (/*rule:remembering-takes-the-box*/ answer.remember) {
    const created = Date.now();
    const grant = {
      origin,
      ...inContainer(sender),
      protocol,
      host,
      port,
      created,
      how,
      ...consent,
      ...endsFrom(answer.ends, created),
    };
    if (await rememberOrSay(grant)) reached = grants.reachedBy(grant);
  }
  const destination = { protocol, host, port };
  if (await grants.wasClosed(documentId, destination)) await grants.mayReturn(sender, destination);
  return await agreed(reached, by, taken);
}
