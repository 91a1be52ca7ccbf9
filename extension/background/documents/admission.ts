// May this document open sockets at all? The rules that look at documents, before those that look at destinations: secure contexts, the
// permissions policy, the CSP rule.
//
// Origins are those that the browser attests of the senders of messages; URLs and the tree are webNavigation's, headers webRequest's. What
// content scripts say of their documents can make an answer stricter. Three things they say are heard the other way, too: what is in an
// element's `allow` (said by the parent, whose word on it is law), that a service worker serves a same-origin frame, and that eval does not
// work. Only a renderer that was taken over could lie there, and it would gain nothing that it does not have.

import type { DocumentEvidence } from "../../../protocol/message.ts";
import { background as platform } from "../../platform/current.ts";
import { matches } from "./allowlist.ts";
import { cspPermits, evalState } from "../../shared/csp.ts";
import type { CSPRule, ScriptPolicy } from "../../shared/csp.ts";
import type { HeaderPolicy } from "./header_policy.ts";
import { areSecure, isLocal, pathTo } from "./frame_tree.ts";
import type { TreeDocument } from "./place.ts";
import { heldBy } from "./handshake.ts";
import { recordsOf } from "./headers.ts";
import type { DocumentRecord } from "./headers.ts";
import { findOriginPolicy, findPolicy } from "./header_lookup.ts";
import { creatorPolicy } from "./creators.ts";
import { isTrustworthyOrigin } from "../intake/origin.ts";
import { isFeatureEnabled } from "./permissions_policy.ts";
import type { DeclaredPolicy, PolicyDocument } from "./permissions_policy.ts";

export type Admission =
  | { allowed: true }
  | {
      allowed: false;
      rule: "insecure" | "permissions-policy" | "csp";
      /** For the developer's console. */ hint: string;
    };

/** What the document says of itself. */
export interface Claims {
  secure: boolean;
  evidence: DocumentEvidence;
}

const insecure: Admission = { allowed: false, rule: "insecure", hint: "only secure pages may open sockets." };

function denied(why: string): Admission {
  return {
    allowed: false,
    rule: "permissions-policy",
    hint: `the permissions policy does not allow direct-sockets: ${why}`,
  };
}

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
  const path = await pathTo({ tabId: tab.id, documentId, url, frameId });
  if (path === undefined) return denied("this document is not on the screen.");
  //rule:urls-of-ancestors-are-secure
  if (!areSecure(path)) return insecure;

  const known = await lookUpHeaders(path, tab, origin);
  const policy = await judgePolicy(known, origin, evidence);
  if (policy !== undefined) return policy;
  return judgeCSP(known, evidence, cspRule);
}

/** Collects what is known of each document's headers. */
async function lookUpHeaders(path: readonly TreeDocument[], tab: chrome.tabs.Tab, origin: string): Promise<Known[]> {
  const records = await recordsOf(
    tab.id ?? -1,
    path.map(({ documentId }) => documentId),
  );
  const known: Known[] = [];
  for (const [index, document] of path.entries()) {
    const record: DocumentRecord | undefined = records[index];
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

/** The permissions policy. Returns the refusal, if it is one. */
async function judgePolicy(
  known: readonly Known[],
  origin: string,
  evidence: DocumentEvidence,
): Promise<Admission | undefined> {
  const own = known.at(-1)?.policy?.allowlist;
  //rule:own-header-denies
  if (own !== undefined && !known.at(-1)?.inherits && !matches(own, origin, origin))
    return denied("the header of this document.");

  const held = await Promise.all(known.slice(1).map(({ documentId }) => heldBy(documentId)));
  //rule:silent-parent-refuses-frame
  if (held.some((one, index) => one?.parent.documentId !== known[index]?.documentId))
    return denied(
      "the page that holds this frame did not say so, or changed the frame's allow attribute after it had loaded.",
    );
  const origins = [...held.map((one) => one?.parent.origin ?? /*rule:silent-parent-refuses-frame.2*/ "null"), origin];
  //rule:broker-checks-secure-ancestors.2
  if (!origins.every(isTrustworthyOrigin)) return insecure;

  const path: PolicyDocument[] = [];
  for (const [index, { policy, inherits }] of known.entries()) {
    const self = origins[index] ?? "null";
    const declared: DeclaredPolicy | undefined =
      inherits && index > 0
        ? /*rule:srcdoc-inherits-parent-header*/ path[index - 1]?.declared // or a frame without a header of its own could hand on what its parent may not
        : policy?.allowlist === undefined
          ? undefined
          : { list: policy.allowlist, self };
    path.push({
      origin: self,
      container: held[index - 1]?.policy ?? /*rule:silent-parent-refuses-frame.3*/ "none",
      ...(declared === undefined ? {} : { declared }),
    });
  }
  //rule:tree-decides-the-feature
  if (!isFeatureEnabled(path)) return denied("a header, or the allow attribute of a frame.");

  // Where headers are not known, the default allowlist is enough for the origin of the page itself, and for nobody else.
  const unknown = known.map(({ policy, inherits }) => policy === undefined && !inherits);
  if (unknown.includes(true)) {
    //rule:unknown-headers-same-origin-tree
    if (origins.some((other) => other !== origin))
      return denied("the headers of the pages around this frame are not known.");
    //rule:frames-before-install-need-reload
    if (unknown.includes(true, 1) && !evidence.controlled)
      return denied("this frame was here before the extension. Reload the page.");
  }
  return undefined;
}

/** The CSP rule. */
function judgeCSP(known: readonly Known[], evidence: DocumentEvidence, rule: CSPRule): Admission {
  const document = known.at(-1);
  const seen: ScriptPolicy[] = document?.policy?.csp ?? [];
  const state = evalState({
    //rule:csp-header-is-read
    own: document?.own === true ? seen : [],
    others: [...(document?.own === true ? [] : seen), /*rule:csp-meta-is-read*/ ...evidence.policies],
    evalBlocked: evidence.evalBlocked,
  });
  if (/*rule:broker-applies-csp-rule*/ cspPermits(rule, state)) return { allowed: true };
  return {
    allowed: false,
    rule: "csp",
    hint:
      rule === "refuse-unsafe-eval"
        ? "the content security policy of this document has 'unsafe-eval'."
        : "the administrator asks for a content security policy that forbids eval here.",
  };
}
