// May this document open sockets at all, and of which kinds? The rules that look at documents, before those that look at destinations:
// secure contexts, the permissions policy, the CSP rule.
//
// Origins are those that the browser attests of the senders of messages; URLs and the tree are webNavigation's, headers webRequest's. What
// content scripts say of their documents can make an answer stricter. Three things they say are heard the other way, too: what is in an
// element's `allow` (said by the parent, whose word on it is law), that a service worker serves a same-origin frame, and that eval does not
// work. Only a renderer that was taken over could lie there, and it would gain nothing that it does not have.

import type { DocumentEvidence } from "../../../protocol/message.ts";
import { background as platform } from "../../platform/current.ts";
import { matches } from "./allowlist.ts";
import type { Feature } from "./allowlist.ts";
import { cspPermits, evalState } from "../../shared/csp.ts";
import type { CSPRule, ScriptPolicy } from "../../shared/csp.ts";
import { declaredFor } from "./header_policy.ts";
import type { HeaderPolicy } from "./header_policy.ts";
import { areSecure, isLocal, pathTo } from "./frame_tree.ts";
import type { TreeDocument } from "./place.ts";
import { heldBy } from "./handshake.ts";
import type { Held } from "./handshake.ts";
import { recordsOf } from "./headers.ts";
import type { DocumentRecord } from "./headers.ts";
import { findOriginPolicy, findPolicy } from "./header_lookup.ts";
import { creatorPolicy } from "./creators.ts";
import { isTrustworthyOrigin } from "../intake/origin.ts";
import type { ConsoleLine } from "../../shared/console_lines.ts";
import { isFeatureEnabled } from "./permissions_policy.ts";
import type { DeclaredPolicy, DefaultAllowlist, PolicyDocument } from "./permissions_policy.ts";

export type Admission =
  /**
   * `multicast`: it may join multicast groups. `private`: it may reach what is not public, and be reached. `lasting`: nothing of it goes by the
   * URL of now, so that the browser will say the same for as long as the document lives.
   */
  | { allowed: true; multicast: boolean; private: boolean; lasting: boolean }
  | {
      allowed: false;
      rule: "insecure" | "permissions-policy" | "csp";
      /** For the developer's console. */ line: ConsoleLine;
    };

/** What the document says of itself. */
export interface Claims {
  secure: boolean;
  evidence: DocumentEvidence;
}

const insecure: Admission = { allowed: false, rule: "insecure", line: "insecure" };

function denied(line: ConsoleLine): Admission {
  return { allowed: false, rule: "permissions-policy", line };
}

/**
 * Default allowlists. The draft has none for the first, and `self` for the last: it would take sockets to devices from frames that may have
 * sockets. What opens such a destination is the user's own word, so that only a header or an attribute that denies it counts.
 */
const defaults: Record<Feature, DefaultAllowlist> = { sockets: "self", multicast: "none", private: "*" };

/** A document of the path, with all that is known of it. */
interface Known extends TreeDocument {
  /** Undefined: nothing is known of its headers. */
  policy: HeaderPolicy | undefined;
  /** The policy is that of its own response. */
  own: boolean;
  /** It has its policies from the document above it, or the one that opened it. */
  inherits: boolean;
}

/** Judges the document that sent this. */
export async function admit(
  sender: chrome.runtime.MessageSender,
  { secure, evidence }: Claims,
  cspRule: CSPRule,
): Promise<Admission> {
  const { tab, origin, url, frameId } = sender;
  const documentId = platform.documentIdOf(sender);
  if (/*rule:insecure-claim-refuses*/ !secure || /*rule:broker-checks-secure-ancestors*/ !isTrustworthyOrigin(origin))
    return insecure;
  if (tab?.id === undefined || documentId === undefined || url === undefined || frameId === undefined) return insecure;
  const place = { tabId: tab.id, documentId, url, frameId };
  let path = await pathTo(place);
  let records = path && (await recordsIn(tab.id, path));
  // Where a URL stands for what a document came with, it is that of now that counts.
  const byURL = records?.some((record) => /*rule:unseen-documents-judged-by-url-of-now*/ record?.policy === undefined);
  if (byURL === true) {
    path = await pathTo(place, { now: true });
    records = path && (await recordsIn(tab.id, path));
  }
  if (path === undefined || records === undefined) return denied("policyNotShown");
  //rule:urls-of-ancestors-are-secure
  if (!areSecure(path)) return insecure;

  const known = await lookUpHeaders(path, records, tab, origin);
  const { refusal, ...may } = await judgePolicy(known, origin, evidence);
  return refusal ?? judgeCSP(known, evidence, cspRule) ?? { allowed: true, ...may, lasting: byURL !== true };
}

type Records = readonly (DocumentRecord | undefined)[];

function recordsIn(tabId: number, path: readonly TreeDocument[]): Promise<Records> {
  return recordsOf(
    tabId,
    path.map(({ documentId }) => documentId),
  );
}

/** Collects what is known of each document's headers, beside their records. */
async function lookUpHeaders(
  path: readonly TreeDocument[],
  records: Records,
  tab: chrome.tabs.Tab,
  origin: string,
): Promise<Known[]> {
  const known: Known[] = [];
  for (const [index, document] of path.entries()) {
    const record = records[index];
    if (record?.policy !== undefined) {
      known.push({ ...document, policy: record.policy, own: true, inherits: false });
    } else if (isLocal(document.url)) {
      const policy =
        index === 0
          ? /*rule:blank-window-inherits-opener*/ /*rule:unknown-maker-uses-origin-records*/ ((await creatorPolicy(
              tab,
              origin,
            )) ?? (await findOriginPolicy(origin, tab)))
          : known[index - 1]?.policy;
      known.push({ ...document, policy, own: false, inherits: true });
    } else {
      const policy = await findPolicy(document, tab, record?.cached, index === 0);
      known.push({ ...document, policy, own: false, inherits: false });
    }
  }
  return known;
}

/** What the permissions policy lets a document do; or the refusal. */
interface Permitted {
  refusal?: Admission;
  multicast: boolean;
  private: boolean;
}
const refused = (refusal: Admission): Permitted => ({ refusal, multicast: false, private: false });

/** The permissions policy. */
async function judgePolicy(known: readonly Known[], origin: string, evidence: DocumentEvidence): Promise<Permitted> {
  const own = known.at(-1)?.policy?.allowlist;
  //rule:own-header-denies
  if (own !== undefined && !known.at(-1)?.inherits && !matches(own, origin, origin))
    return refused(denied("policyHeader"));

  const held = await Promise.all(known.slice(1).map(({ documentId }) => heldBy(documentId)));
  //rule:silent-parent-refuses-frame
  if (held.some((one, index) => one?.parent.documentId !== known[index]?.documentId))
    return refused(denied("policySilentParent"));
  const origins = [...held.map((one) => one?.parent.origin ?? /*rule:silent-parent-refuses-frame.2*/ "null"), origin];
  //rule:broker-checks-secure-ancestors.2
  if (!origins.every(isTrustworthyOrigin)) return refused(insecure);

  const has = (feature: Feature): boolean => isFeatureEnabled(pathOf(feature, known, origins, held), defaults[feature]);
  //rule:tree-decides-the-feature
  if (!has("sockets")) return refused(denied("policyTree"));

  // Where headers are not known, the default allowlist is enough for the origin of the page itself, and for nobody else.
  const unknown = known.map(({ policy, inherits }) => policy === undefined && !inherits);
  if (unknown.includes(true)) {
    //rule:unknown-headers-same-origin-tree
    if (origins.some((other) => other !== origin)) return refused(denied("policyUnknownHeaders"));
    //rule:frames-before-install-need-reload
    if (unknown.includes(true, 1) && !evidence.controlled) return refused(denied("policyLoadedBefore"));
  }
  return { multicast: has("multicast"), private: has("private") };
}

/** The path as far as one feature goes. */
function pathOf(
  feature: Feature,
  known: readonly Known[],
  origins: readonly string[],
  held: readonly (Held | undefined)[],
): PolicyDocument[] {
  const path: PolicyDocument[] = [];
  for (const [index, { policy, inherits }] of known.entries()) {
    const self = origins[index] ?? "null";
    const list = declaredFor(policy, feature);
    const declared: DeclaredPolicy | undefined =
      inherits && index > 0
        ? /*rule:srcdoc-inherits-parent-header*/ path[index - 1]?.declared // or a frame without a header of its own could hand on what its parent may not
        : list === undefined
          ? undefined
          : { list, self };
    const container = held[index - 1];
    path.push({
      origin: self,
      container:
        container?.[feature === "sockets" ? "policy" : feature] ?? /*rule:silent-parent-refuses-frame.3*/ "none",
      ...(declared === undefined ? {} : { declared }),
    });
  }
  return path;
}

/** The CSP rule. Returns the refusal, if it is one. */
function judgeCSP(known: readonly Known[], evidence: DocumentEvidence, rule: CSPRule): Admission | undefined {
  const document = known.at(-1);
  const seen: ScriptPolicy[] = document?.policy?.csp ?? [];
  const state = evalState({
    //rule:csp-header-is-read
    own: document?.own === true ? seen : [],
    others: [...(document?.own === true ? [] : seen), /*rule:csp-meta-is-read*/ ...evidence.policies],
    evalBlocked: evidence.evalBlocked,
  });
  if (/*rule:broker-applies-csp-rule*/ cspPermits(rule, state)) return undefined;
  return {
    allowed: false,
    rule: "csp",
    line: rule === "refuse-unsafe-eval" ? "unsafeEval" : "evalNotForbidden",
  };
}
