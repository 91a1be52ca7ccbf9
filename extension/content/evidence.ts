// What only a document can see of itself, for the broker's judgement: policies in <meta> elements, and whether a service worker had
// a hand in it.

import { parseMetaPolicies } from "../shared/csp.ts";
import type { DocumentEvidence } from "../../protocol/message.ts";

function isControlled(): boolean {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if ((navigation?.workerStart ?? 0) > 0) return true;
  try {
    return navigator.serviceWorker.controller !== null;
  } catch {
    return false; // a sandboxed document
  }
}

/** What there is to say now: of policies what they come to, never their texts. `evalBlocked` is the page script's finding. */
export function collectEvidence(policies: readonly string[], evalBlocked: boolean): DocumentEvidence {
  return { policies: parseMetaPolicies(policies), evalBlocked, controlled: isControlled() };
}
