// Policies in a document's <meta> elements, from the start on: later it cannot be seen any more what some have said.

import { offerPolicies, policiesOf } from "../platform/current_early.ts";
import { select } from "./dom.ts";
import { listen } from "./life.ts";
import { MetaPolicies } from "./meta_policies.ts";

const policies = new MetaPolicies();
const arrivals = new MutationObserver(readArrivals);
const changes = new MutationObserver(readChanges);

/**
 * Looks for policies from now on: most are parsed later, and some are removed or changed again. Only children of the head count (HTML,
 * "pragma directives"). What an element said before it was changed is in the record of the change, also when script inserted it only a moment
 * before; by then the browser has it in force.
 */
export function watchPolicies(): void {
  changes.observe(document, { attributeFilter: ["http-equiv", "content"], attributeOldValue: true, subtree: true });
  watch(document);
  offerPolicies(policiesSoFar, listen);
  //rule:inherited-csp-read-at-start
  inherit(); // now, since the creator may go, or be made unreachable
}

/** Looks no more. */
export function leavePolicies(): void {
  arrivals.disconnect();
  changes.disconnect();
}

function readArrivals(records: readonly MutationRecord[]): void {
  for (const { addedNodes } of records) addedNodes.forEach(look);
}

function readChanges(records: readonly MutationRecord[]): void {
  // Which content stood beside which http-equiv is not known: all contents count of an element that was a policy at some time.
  const were = new Set<Node>();
  for (const { target, attributeName, oldValue } of records)
    if (attributeName === "http-equiv" && isPolicy(oldValue)) were.add(target);
  for (const { target, attributeName, oldValue } of records) {
    if (
      !(target instanceof HTMLMetaElement) ||
      !(isPolicy(target.httpEquiv) || /*rule:renamed-csp-meta-counts*/ were.has(target))
    )
      continue;
    policies.take(target.content);
    //rule:changed-csp-meta-counts
    if (attributeName === "content") policies.take(oldValue ?? "");
  }
}

/** It came as a page. An empty document has no address of its own at first, and gets that of whoever writes into it. */
const cameAsPage = /^https?:/.test(location.protocol);
/** The first of its kind in this document. */
const roots = new Map<"html" | "head", Node>();

/**
 * An element takes the place of <html> or <head>. Nobody was told of what came into it and went again before it was seen: the worst is taken for
 * said. Empty documents (about:blank) are there to be written into, and have their creator's policies.
 */
function noteRoot(kind: "html" | "head", node: Node): void {
  const first = roots.get(kind);
  if (first === undefined) roots.set(kind, node);
  else if (/*rule:replaced-head-counts-as-worst*/ first !== node && cameAsPage) policies.addWorst();
}

function watch(node: Node): void {
  arrivals.observe(node, { childList: true });
  node.childNodes.forEach(look);
}

function look(node: Node): void {
  if (node instanceof HTMLMetaElement) take(node);
  else if (node instanceof HTMLHtmlElement || node instanceof HTMLHeadElement) {
    noteRoot(node instanceof HTMLHtmlElement ? "html" : "head", node);
    watch(node);
  }
}

function isPolicy(httpEquiv: string | null): boolean {
  return httpEquiv?.toLowerCase() === "content-security-policy";
}

function take(meta: HTMLMetaElement): void {
  if (isPolicy(meta.httpEquiv)) policies.take(meta.content);
}

/** The texts of the policies of this document, and of those that handed theirs on to it. */
export function policiesSoFar(): string[] {
  readArrivals(arrivals.takeRecords());
  readChanges(changes.takeRecords());
  for (const meta of select(document, "head > meta[http-equiv]")) if (meta instanceof HTMLMetaElement) take(meta);
  inherit();
  return policies.all;
}

/** What the document above has, or the one that opened this: an about:blank or blob: document has its creator's policies. */
function inherit(): void {
  if (cameAsPage) return;
  const creator = parent === window ? (opener as Window | null) : parent;
  if (creator === null) return;
  try {
    //rule:blank-document-inherits-csp
    for (const text of policiesOf(creator) ?? []) policies.take(text);
  } catch {
    // Of another origin.
  }
}
