// The permissions policy features for sockets (explainer: "Permissions Policy integration"), by the algorithms of the standard (Permissions
// Policy, section 9), over the documents from the top of a tab down to the one that asks.
//
// Where these documents, their origins and headers and the elements that hold them come from is not known here: see admission.ts.

import { matches, sameOrigin } from "./allowlist.ts";
import type { Allowlist } from "./allowlist.ts";

/** A document, as far as its policy goes. */
export interface PolicyDocument {
  origin: string;
  /** What its own header declares; absent: nothing, or it has none. */
  declared?: DeclaredPolicy;
  /** What the element that holds it says of the feature for its origin. Ignored for the first document, which no element holds. */
  container: ContainerPolicy;
}

export interface DeclaredPolicy {
  list: Allowlist;
  /** The origin that `self` stands for. Not the document's own where it has taken over its parent's policy. */
  self: string;
}

/** The allowlist of the container policy: not there, there and it matches the frame's origin, there and it does not. */
export type ContainerPolicy = "none" | "matches" | "differs";

/** Who has a feature that neither headers nor attributes mention: `self` is the top-level document and frames of its origin, `*` is everybody. */
export type DefaultAllowlist = "self" | "none" | "*";

/** "Get feature value for origin": what a document may give to `origin`, itself or another. */
function featureValue(document: PolicyDocument, inherited: boolean, origin: string, rest: DefaultAllowlist): boolean {
  //rule:inherited-policy-passes-down
  if (!inherited) return false;
  const { declared } = document;
  if (declared === undefined) return /*rule:multicast-needs-header*/ rest !== "none";
  return matches(declared.list, origin, declared.self);
}

/** "Define an inherited policy for feature in container at origin". `inherited` is the parent's own inherited policy. */
function inheritedPolicy(
  parent: PolicyDocument,
  inherited: boolean,
  child: PolicyDocument,
  rest: DefaultAllowlist,
): boolean {
  //rule:parent-needs-the-feature
  if (!featureValue(parent, inherited, parent.origin, rest)) return false;
  //rule:parent-header-names-frame-origin
  if (!featureValue(parent, inherited, child.origin, rest)) return false;
  switch (child.container) {
    case "matches":
      return true;
    case "differs":
      //rule:allow-mismatch-denies
      return false;
    case "none":
      //rule:no-allow-same-origin-only
      return rest === "*" || (rest === "self" && sameOrigin(child.origin, parent.origin));
  }
}

/**
 * "Is feature enabled in document for origin", for the last document of `path` and its own origin. The first is the top-level document.
 * `rest`: the feature's default allowlist.
 */
export function isFeatureEnabled(path: readonly PolicyDocument[], rest: DefaultAllowlist = "self"): boolean {
  const [top, ...frames] = path;
  if (top === undefined) return false;
  let document = top;
  let inherited = true;
  for (const frame of frames) {
    inherited = inheritedPolicy(document, inherited, frame, rest);
    document = frame;
  }
  return (
    /*rule:opaque-documents-lack-feature*/ document.origin !== "null" &&
    /*rule:own-header-limits-document*/ featureValue(document, inherited, document.origin, rest)
  );
}
