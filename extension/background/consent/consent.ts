// May this document open this destination? What the host's rules and the administrators say, what was remembered, and, if nothing
// settles it, the user. Nothing is sent to the network here.

import * as grants from "./grants.ts";
import { authenticates, protectionOf, serving } from "./protection.ts";
import type { Protection } from "./protection.ts";
import { admit } from "../documents/admission.ts";
import { isInstalledApp } from "../documents/app_window.ts";
import type { Claims } from "../documents/admission.ts";
import { remember, stillRemembers } from "./cleared.ts";
import type { NotRemembered } from "./cleared.ts";
import type { Gesture } from "./gestures.ts";
import { HostError } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";
import { canonicalHost } from "../intake/origin.ts";
import { Refusal, noGesture } from "../intake/refusal.ts";
import { networkSalt } from "./network_salt.ts";
import type { Helpers, Prompts } from "./prompt.ts";
import type { Answer } from "./question.ts";
import type { Sender } from "../intake/sender.ts";
import type { PolicyJudgeResult } from "../../../protocol/message.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

/** What a document wants to reach. */
export interface Wish {
  protocol: "tcp" | "udp";
  /** As the page wrote it; blank: the user is to name it. */
  remoteAddress: string;
  port: number;
  /** How it is to be protected. */
  security: Pick<OpenOptions, "secureTransport" | "tls">;
}

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
  prompts: Prompts;
  /** The gesture behind the call. */
  gesture: Gesture;
  /** Aborts when the document withdraws or goes away. */
  signal: AbortSignal;
  /** Called when the user is really asked: the question is on the screen. */
  asking?: () => void;
  /** Hears that "Allow and remember" was no more than "Allow once", and why. */
  notRemembered: (host: string, why: NotRemembered) => void;
}

/** What the host says of a network that it cannot tell from others. */
const unknownNetwork = "unknown";

/** How long devices nearby are looked for while the question stands, in ms. */
const lookingTime = 20_000;

/** What to call it when the answer is no. Only the user's own no comes when they gave it. */
const refusals: Record<Extract<Answer, { allow: false }>["rule"], () => Refusal> = {
  user: () => new Refusal("user", "the user did not allow it."),
  muted: () =>
    new Refusal("muted", "the user has said no several times: this site may not ask for a while.", {
      /*rule:cooldown-refusal-is-delayed*/ hidden: true,
    }),
  limit: () =>
    new Refusal("limit", "too many questions of this site or tab wait for an answer.", {
      /*rule:full-queue-refusal-is-delayed*/ hidden: true,
    }),
  prompt: () => new Refusal("prompt", "the browser opened no window for the question.", { hidden: true }),
};

/** Reports whether no earlier yes counts, neither a remembered one nor one of the document: each open is to be asked for, or none. */
function asksAnew({ prompt }: PolicyJudgeResult): boolean {
  return prompt === "always" || prompt === "forbid";
}

/**
 * Resolves with the destination that was agreed to; rejects with a Refusal, or as the host's connection does. What the user allowed is the
 * document's from then on, whatever the network makes of it.
 */
export async function consentTo(
  wish: Wish,
  { request, reopened }: Asked,
  claims: Claims,
  around: Surroundings,
): Promise<grants.Reached> {
  const { protocol, remoteAddress, port, security } = wish;
  const { sender, attested, hosts, prompts, gesture, signal, asking, notRemembered } = around;
  const { origin, documentId } = sender;
  const protection = (host: string | undefined): Protection => protectionOf(security, host);
  const secure = (host: string | undefined): boolean =>
    authenticates(protection(host === undefined ? undefined : (canonicalHost(host) ?? host)));
  const salt = await networkSalt();
  // What this open stood on was taken back, or closed, while it was under way: as if it had not been. It ends, since each time takes another
  // act of the user or of the site's, and a grant that there was.
  const anew = (): Promise<grants.Reached> => consentTo(wish, { request, reopened: [] }, claims, around);
  /** `taken`: grants.timesTakenBack before the consent was read, or given. */
  const agreed = async (reached: grants.Reached, taken: number): Promise<grants.Reached> =>
    (await grants.addDocumentGrant(sender, request, reached, taken)) ? reached : await anew();
  // Connects anew each time: the host may go away while the user is thinking.
  const judge = async (host: string | undefined, userEntered: boolean): Promise<PolicyJudgeResult> => {
    const connection = await hosts.connect();
    const verdict = await connection.request("policy.judge", {
      origin,
      protocol,
      ...(host === undefined ? {} : { host }),
      port,
      //rule:rules-asked-about-authentic-tls
      secure: secure(host),
      userEntered,
      ...(salt === undefined ? {} : { networkSalt: salt }),
    });
    hosts.tellsReasons = verdict.errorDetail === "reason";
    return verdict;
  };
  const wanted = remoteAddress.trim() === "" ? undefined : remoteAddress;
  let back: grants.Reached | undefined;
  let verdict: PolicyJudgeResult | undefined;
  for (const reached of reopened) {
    const there = await judge(reached.host, reached.entered);
    // Else it was allowed in another network, where it is another machine, or what was allowed does not count: as if it had not been.
    //rule:document-grant-needs-same-network
    if (reached.network !== there.network || /*rule:ask-each-open-ignores-document-grants*/ asksAnew(there)) continue;
    [back, verdict] = [reached, there];
    break;
  }
  verdict ??= await judge(wanted, /*rule:user-entry-not-from-page*/ false);
  //rule:dns-failure-needs-gesture
  if (verdict.reason === "dns" && !gesture.take()) throw noGesture(); // or it would tell that there is a host
  if (verdict.reason === "dns") throw new HostError("no host name", { name: "NetworkError", reason: "dns" });
  //rule:judgement-names-deciding-setting
  const told = verdict.by === undefined ? {} : { by: verdict.by };
  // Before the rules about the page, which are the strictest while a policy cannot be used: it is the policy that is to be mended then.
  if (/*rule:broken-policy-told-before-page-rules*/ !verdict.allowed) {
    const { reason } = verdict;
    throw new Refusal(
      reason === "policy-broken" ? reason : "policy",
      "Portside's rules or the administrator do not allow it.",
      { hidden: true, ...(reason === "address" || reason === "origin" ? { reason } : {}), ...told },
    );
  }
  if (verdict.cspRule !== "refuse-unsafe-eval") {
    const admission = await admit(attested, claims, /*rule:admin-csp-rule-reaches-page*/ verdict.cspRule);
    if (!admission.allowed) throw new Refusal(admission.rule, admission.hint, { hidden: true });
  }
  //rule:installed-apps-only
  if (verdict.installedOnly && !(await isInstalledApp(attested.tab?.id)))
    throw new Refusal("installed-only", "the administrator lets only installed apps open sockets.", { hidden: true });
  if (back !== undefined)
    return /*rule:revoking-stops-pending-open*/ (await grants.stillReaches(documentId, request, back))
      ? back
      : await anew();

  const proposed = verdict.host;
  const remembered = async (judged: PolicyJudgeResult): Promise<grants.Reached | undefined> => {
    const networkOf = async (host: string): Promise<string | undefined> =>
      host === proposed ? judged.network : (await judge(host, true)).network;
    //rule:ask-each-open-ignores-remembered
    //rule:ask-each-open-while-queued
    if (asksAnew(judged)) return undefined;
    for (const again of await grants.documentGrants(documentId, request, protection))
      //rule:network-rechecked-after-question
      if (again.network === (await networkOf(again.host))) return again;
    if (/*rule:grants-not-used-in-private*/ sender.private || !judged.remember) return undefined;
    const given =
      proposed === undefined
        ? await grants.findNamed(origin, protocol, port, protection)
        : await grants.findGrants(origin, { protocol, host: proposed, port, protection: protection(proposed) });
    const mustBeEntered = proposed === undefined || judged.mustEnter;
    const good: grants.Grant[] = [];
    for (const grant of given) {
      const { host, risk, entered, network } = grant;
      //rule:consent-without-risk-not-enough
      if (judged.risk && !risk) continue;
      if (mustBeEntered && !entered) continue;
      //rule:remembered-grant-needs-same-network
      if (network !== (await networkOf(host)) || network === unknownNetwork) continue;
      good.push(grant);
    }
    // Of several that the user has named nobody knows which they mean now.
    //rule:ambiguous-grants-are-not-guessed
    if (proposed === undefined && new Set(good.map(({ host }) => host)).size > 1) return undefined;
    const grant = serving(good, ({ host }) => protection(host));
    if (grant === undefined || /*rule:grant-needs-its-marker*/ !(await stillRemembers(origin))) return undefined;
    const { host, entered, risk, network } = grant;
    return { host, entered, risk, protection: grant.protection, ...(network === undefined ? {} : { network }) };
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
    await returns(known.host);
    return await agreed(known, taken);
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
    return { host: proposed, entered: false, risk: false, protection: protection(proposed) };
  }
  if (verdict.prompt === "forbid")
    throw new Refusal("policy", "the administrator allows this site only what needs no question.", {
      hidden: true,
      ...told,
    });

  //rule:prompt-needs-gesture
  //rule:port-probing-needs-gestures
  if (!gesture.take()) throw noGesture();

  const look: Helpers["look"] = (found, over) =>
    hosts.browse(
      { origin, protocol, port, secure: secure(undefined), timeout: lookingTime },
      found,
      /*rule:search-ends-with-question*/ over,
    );
  let settledAt: number | undefined;
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
        const { host, entered, risk } = settled;
        return { allow: true, remember: false, host, how: entered ? "typed" : "asked", risk };
      },
      check: async (address) => {
        const named = await judge(address.trim() === "" ? "/" : address, true);
        //rule:typed-host-is-judged
        if (named.allowed && named.host !== undefined)
          return { host: named.host, risk: named.risk, ...(named.place === undefined ? {} : { place: named.place }) };
        return {
          complaint:
            named.reason?.startsWith("policy") === true ? "policy" : named.reason === "address" ? "never" : "invalid",
        };
      },
      // What is proposed on this computer, or beyond the network, is no device nearby.
      ...(proposed === undefined ||
      /*rule:search-only-for-network-prompts*/ (verdict.mustEnter && verdict.place === "network")
        ? { look }
        : {}),
    },
    signal,
    asking,
  );
  //rule:deny-refuses
  if (!answer.allow) throw refusals[answer.rule]();
  taken =
    /*rule:revoking-voids-settled-question*/ settledAt ??
    /*rule:later-answer-is-new-consent*/ grants.timesTakenBack(sender);
  const rememberOrSay = async (grant: grants.Grant): Promise<void> => {
    const why =
      //rule:unknown-network-not-remembered
      grant.network === unknownNetwork ? "network-unknown" : await remember(grant).catch(() => "storage" as const);
    if (why !== undefined) notRemembered(grant.host, why);
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
  if (/*rule:remembering-takes-the-box*/ answer.remember)
    await rememberOrSay({ origin, protocol, host, port, created: Date.now(), how, ...consent });
  const destination = { protocol, host, port };
  if (await grants.wasClosed(documentId, destination)) await grants.mayReturn(sender, destination);
  return await agreed({ host, ...consent }, taken);
}
