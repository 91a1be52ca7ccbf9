// May this document have a socket that others can send to, and where? What the host's rules and the administrators say, what was remembered,
// and, if nothing settles it, the user, who also picks the place and whom the page may send to. Nothing is opened here.
//
// The order is that of consent.ts. What differs: no administrator's word stands for the user's; and what was agreed to is a place, so that an
// earlier consent counts only where that place is there, in the network of then.

import { inContainer } from "../../shared/container.ts";
import {
  addDocumentGrant,
  documentGrants,
  mayReturn,
  reachedBy,
  stillReaches,
  timesTakenBack,
  wasClosed,
} from "./grants.ts";
import type { Destination, Grant, Reached } from "./grants.ts";
import { remember, stillRemembers } from "./cleared.ts";
import type { Admitted, Asked, Surroundings } from "./consent.ts";
import { endsFrom } from "./lifetime.ts";
import type { Lasting } from "./lifetime.ts";
import { answerRefusals, asksAnew, mustPass, questionForbidden } from "./judged.ts";
import { judgeLocal, judgePeer, protocols } from "./local_judge.ts";
import type { LocalWish } from "./local_judge.ts";
import { isWithin, networkOf, placeOf, servesNeeds, unknownNetwork } from "./local_consent.ts";
import type { LocalConsent, LocalNeeds, NamedHost } from "./local_consent.ts";
import { findLocalGrants } from "./local_grants.ts";
import { anyPort, judgeNamed } from "./named_hosts.ts";
import { networkSalt } from "./network_salt.ts";
import type { Protection } from "./protection.ts";
import type { LocalAnswer, LocalQuestion, Peers } from "./question.ts";
import type { Claims } from "../documents/admission.ts";
import { Refusal, noGesture } from "../intake/refusal.ts";
import type { LocalPlace, NamedPeer, PolicyJudgeLocalResult, PolicyJudgeResult } from "../../../protocol/message.ts";

/** What was agreed to. */
export interface Agreed {
  place: LocalPlace;
  /** The names by which it can be taken back. */
  destination: Destination & { protection: Protection };
  /** Whose word it is. */
  by: Admitted;
  /** Groups may be joined. */
  multicast: boolean;
  peers?: Peers;
  hosts?: NamedPeer[];
}

/** What a socket with or without TLS counts as. */
export function localProtection(secure: boolean): Protection {
  return secure ? { encryption: "on", authentication: "name" } : { encryption: "off" };
}

/** Reports whether the page wants a socket that is open on every interface. */
function asksEverywhere({ places }: PolicyJudgeLocalResult): boolean {
  return places.length > 1;
}

/**
 * Resolves with what was agreed to; rejects with a Refusal, or as the host's connection does. What the user allowed is the document's from then
 * on, whatever becomes of it.
 */
export async function consentToLocal(
  wish: LocalWish,
  asked: Asked,
  claims: Claims,
  around: Surroundings,
): Promise<Agreed> {
  const salt = await networkSalt();
  return await new LocalConsenting(wish, asked, claims, around, salt).run();
}

class LocalConsenting {
  readonly #wish: LocalWish;
  readonly #asked: Asked;
  readonly #claims: Claims;
  readonly #around: Surroundings;
  readonly #salt: string | undefined;
  readonly #protection: Protection;

  constructor(wish: LocalWish, asked: Asked, claims: Claims, around: Surroundings, salt: string | undefined) {
    this.#wish = wish;
    this.#asked = asked;
    this.#claims = claims;
    this.#around = around;
    this.#salt = salt;
    this.#protection = localProtection(wish.secure);
  }

  async run(): Promise<Agreed> {
    const { attested, sender, gesture } = this.#around;
    const { request, reopened } = this.#asked;
    const verdict = await this.#judge();
    await mustPass(verdict, this.#claims, attested);
    if (verdict.places.length === 0) throw new Refusal("policy", "noAddress", { hidden: true, reason: "address" });
    // The last that was allowed is what is meant now.
    for (const reached of /*rule:local-each-open-ignores-earlier*/ asksAnew(verdict) ? [] : reopened.toReversed()) {
      const place = await this.#holds(reached, verdict);
      if (place === undefined) continue;
      return /*rule:local-revoking-stops-pending*/ (await stillReaches(sender.documentId, request, reached))
        ? this.#agreed(place, reached.local, "document", verdict)
        : await this.#anew();
    }
    const taken = timesTakenBack(sender);
    const known = await this.#remembered(verdict);
    if (known !== undefined) {
      await this.#returns(known.place);
      return await this.#documents(known.place, known.consent, known.by, taken, verdict);
    }
    // An administrator who has connections opened without a question ("skip") has not said so of these.
    if (verdict.prompt === "forbid") throw questionForbidden(verdict);
    //rule:local-prompt-needs-gesture
    if (!gesture.take()) throw noGesture();
    return await this.#ask(verdict);
  }

  /** What this stood on was taken back, or closed, while it was under way: as if it had not been. */
  #anew(): Promise<Agreed> {
    return consentToLocal(this.#wish, { ...this.#asked, reopened: [] }, this.#claims, this.#around);
  }

  #judge(): Promise<PolicyJudgeLocalResult> {
    const { hosts, sender } = this.#around;
    return judgeLocal(hosts, sender.origin, this.#wish, this.#salt);
  }

  #judgeHost(host: string, port: number): Promise<PolicyJudgeResult> {
    const { hosts, sender } = this.#around;
    return judgePeer(hosts, sender.origin, { host, port }, this.#salt);
  }

  #needs({ multicast }: PolicyJudgeLocalResult): LocalNeeds {
    const { announce } = this.#wish;
    return {
      multicast: this.#wish.multicast && multicast,
      ...(announce === undefined ? {} : { announce: { name: announce.name, type: announce.type } }),
    };
  }

  /** Where an earlier consent leads now; undefined: it does not serve. */
  async #holds(consent: Reached, verdict: PolicyJudgeLocalResult): Promise<LocalPlace | undefined> {
    const { local } = consent;
    const place = placeOf(consent, verdict.places);
    if (local === undefined || place === undefined || !servesNeeds(local, this.#needs(verdict))) return undefined;
    if (this.#wish.kind === "listen") return place;
    //rule:local-grant-within-policy
    if (local.peers === undefined || !isWithin(local.peers, verdict.peers ?? "named")) return undefined;
    for (const { host, port = anyPort, network } of local.hosts ?? []) {
      const now = await this.#judgeHost(host, port);
      //rule:named-peers-need-same-network
      if (!now.allowed || now.risk || now.network !== network) return undefined;
    }
    return place;
  }

  /** A remembered grant that serves, the last that was given: it is what the user wanted last. */
  async #remembered(
    verdict: PolicyJudgeLocalResult,
  ): Promise<{ place: LocalPlace; consent: Reached; by: Admitted } | undefined> {
    const { sender } = this.#around;
    if (asksAnew(verdict)) return undefined;
    const { request } = this.#asked;
    for (const again of (await documentGrants(sender.documentId, request, () => this.#protection)).toReversed()) {
      const place = await this.#holds(again, verdict);
      if (place !== undefined) return { place, consent: again, by: "document" };
    }
    if (/*rule:local-grants-not-used-in-private*/ sender.private || !verdict.remember) return undefined;
    const { kind, localPort = 0 } = this.#wish;
    const given = await findLocalGrants(sender, {
      kind,
      port: localPort,
      protection: this.#protection,
    });
    for (const grant of given.toReversed()) {
      // Who agreed to one address was not asked about the others.
      //rule:grant-for-one-address-not-for-all
      if (asksEverywhere(verdict) && grant.local?.everywhere !== true) continue;
      const place = grant.network === unknownNetwork ? undefined : await this.#holds(grant, verdict);
      if (place === undefined) continue;
      //rule:local-grant-needs-its-marker
      if (!(await stillRemembers(sender))) return undefined;
      return { place, consent: reachedBy(grant), by: "remembered" };
    }
    return undefined;
  }

  #destination(place: LocalPlace): Destination & { protection: Protection } {
    const { kind, localPort = 0 } = this.#wish;
    return { kind, protocol: protocols[kind], host: place.address, port: localPort, protection: this.#protection };
  }

  #agreed(place: LocalPlace, local: LocalConsent | undefined, by: Admitted, verdict: PolicyJudgeLocalResult): Agreed {
    const agreed: Agreed = {
      place,
      by,
      destination: this.#destination(place),
      multicast: this.#needs(verdict).multicast,
    };
    if (local?.peers !== undefined) agreed.peers = local.peers;
    if (local?.hosts !== undefined) agreed.hosts = local.hosts.map(({ network: _, ...named }) => named);
    return agreed;
  }

  /** What needs no question needs no gesture either, unless the user has just closed it. */
  async #returns(place: LocalPlace): Promise<void> {
    const { sender, gesture } = this.#around;
    //rule:closed-listener-needs-gesture
    if (!(await wasClosed(sender.documentId, this.#destination(place)))) return;
    if (!gesture.take()) throw noGesture();
    await mayReturn(sender, this.#destination(place));
  }

  /** It is the document's from now on, unless something was taken back since `taken` was looked at. */
  async #documents(
    place: LocalPlace,
    consent: Reached,
    by: Admitted,
    taken: number,
    verdict: PolicyJudgeLocalResult,
  ): Promise<Agreed> {
    const may = await addDocumentGrant(this.#around.sender, this.#asked.request, consent, taken);
    return may ? this.#agreed(place, consent.local, by, verdict) : await this.#anew();
  }

  #question(verdict: PolicyJudgeLocalResult): LocalQuestion {
    const { sender } = this.#around;
    const { kind, localPort, secure } = this.#wish;
    const { multicast, announce } = this.#needs(verdict);
    return {
      kind,
      origin: sender.origin,
      ...(localPort === undefined ? {} : { port: localPort }),
      places: verdict.places,
      ...(kind === "bind" ? { peers: verdict.peers ?? "named" } : {}),
      multicast,
      secure,
      ...(announce === undefined ? {} : { announce }),
      private: sender.private,
      ...inContainer(sender),
      remember: verdict.remember && /*rule:no-local-remember-box-in-private*/ !sender.private,
    };
  }

  async #ask(verdict: PolicyJudgeLocalResult): Promise<Agreed> {
    const { sender, prompts, signal, asking } = this.#around;
    let settledAt: number | undefined;
    let by: Admitted = "asked";
    const answer = await prompts.askLocal(
      this.#question(verdict),
      sender,
      {
        //rule:admin-can-ask-for-each-listen
        each: asksAnew(verdict),
        stillNeeded: async (): Promise<LocalAnswer | undefined> => {
          const before = timesTakenBack(sender);
          const now = await this.#judge(); // it may have waited for long, and be in another network now
          const settled = await this.#remembered(now);
          if (settled === undefined) return undefined;
          settledAt = before;
          by = settled.by;
          const { peers, hosts } = this.#agreed(settled.place, settled.consent.local, settled.by, now);
          return {
            allow: true,
            remember: false,
            place: settled.place,
            ...(settled.consent.timed === undefined ? {} : { timed: settled.consent.timed }),
            ...(peers === undefined ? {} : { peers }),
            ...(hosts === undefined ? {} : { hosts }),
          };
        },
        name: (typed) => judgeNamed(typed, (host, port) => this.#judgeHost(host, port)),
      },
      signal,
      asking,
    );
    if (!answer.allow) throw answerRefusals[answer.rule]();
    const taken = /*rule:local-revoking-voids-settled*/ settledAt ?? timesTakenBack(sender);
    return await this.#answered(answer, by, taken, verdict);
  }

  /** `verdict`: what the user was asked by. */
  async #answered(
    answer: Extract<LocalAnswer, { allow: true }>,
    by: Admitted,
    taken: number,
    verdict: PolicyJudgeLocalResult,
  ): Promise<Agreed> {
    const { sender } = this.#around;
    const { place, peers } = answer;
    const judged = await this.#judge();
    const now = { ...judged, multicast: judged.multicast && verdict.multicast };
    const hosts: NamedHost[] = [];
    for (const named of answer.hosts ?? []) {
      const { network } = await this.#judgeHost(named.host, named.port ?? anyPort);
      hosts.push(network === undefined ? named : { ...named, network });
    }
    const there = now.places.find(({ address, reach }) => address === place.address && reach === place.reach);
    //rule:local-place-still-there-at-answer
    if (!now.allowed || there === undefined)
      throw new Refusal("policy", "addressGone", {
        hidden: true,
        reason: "address",
      });
    const { multicast, announce } = this.#needs(now);
    const local: LocalConsent = { reach: place.reach, multicast };
    if (place.interface !== undefined) local.interface = place.interface;
    if (asksEverywhere(verdict)) local.everywhere = true;
    if (peers !== undefined) local.peers = peers;
    if (answer.hosts !== undefined) local.hosts = hosts;
    if (announce !== undefined) local.announce = announce;
    const consent: Reached = {
      host: place.address,
      entered: false,
      risk: false,
      protection: this.#protection,
      local,
    };
    //rule:local-consent-for-network-of-answer
    const network = networkOf(there, peers, now.places);
    if (network !== undefined) consent.network = network;
    //rule:local-settled-question-ends-with-its-hour
    if (answer.timed !== undefined) consent.timed = answer.timed;
    const kept = answer.remember ? await this.#remember(consent, answer) : undefined;
    const destination = this.#destination(there);
    if (await wasClosed(sender.documentId, destination)) await mayReturn(sender, destination);
    return await this.#documents(there, kept ?? consent, by, taken, now);
  }

  /** Resolves with what the document has of it; undefined: it is not remembered. */
  async #remember(consent: Reached, { ends }: Lasting): Promise<Reached | undefined> {
    const { sender, notRemembered } = this.#around;
    const { kind, localPort = 0 } = this.#wish;
    const created = Date.now();
    const grant: Grant = {
      origin: sender.origin,
      ...inContainer(sender),
      kind,
      protocol: protocols[kind],
      port: localPort,
      created,
      ...consent,
      ...endsFrom(ends, created),
    };
    const networks = [consent.network, ...(consent.local?.hosts ?? []).map(({ network }) => network)];
    const why =
      //rule:local-unknown-network-not-remembered
      networks.includes(unknownNetwork) ? "network-unknown" : await remember(grant).catch(() => "storage" as const);
    if (why === undefined) return reachedBy(grant);
    notRemembered(consent.host, why);
    return undefined;
  }
}
