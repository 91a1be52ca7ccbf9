// What only a document can see of itself, for the broker's judgement: policies in <meta> elements, whether it is shown as an installed app,
// whether a service worker had a hand in it.

import type { DocumentEvidence } from "../../protocol/message.ts";
import { select } from "./dom.ts";

/** What the schema takes. */
const maxPolicies = 64;
const maxLength = 8_192;
/** Stands for policies that are too long or too many: their worst reading. */
const unreadable = "script-src 'unsafe-eval'";

/** The <meta> policies so far. Policies stay in force when their element goes. */
const policies = new Set<string>();

/** Looks for policies from now on: most are parsed later, and some are removed again. Only children of the head count (HTML, "pragma directives"). */
export function watchPolicies(): void {
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) addedNodes.forEach(look);
  });
  const watch = (node: Node): void => {
    observer.observe(node, { childList: true });
    node.childNodes.forEach(look);
  };
  const look = (node: Node): void => {
    if (node instanceof HTMLMetaElement) take(node);
    else if (node instanceof HTMLHtmlElement || node instanceof HTMLHeadElement) watch(node);
  };
  watch(document);
}

function take(meta: HTMLMetaElement): void {
  if (meta.httpEquiv.toLowerCase() !== "content-security-policy") return;
  const content = meta.content;
  if (content !== "") policies.add(content.length > maxLength ? unreadable : content);
}

/** The policies of this document, and of those that handed theirs on to it. */
function policiesSoFar(): Set<string> {
  // Attributes may have changed since.
  for (const meta of select(document, "head > meta[http-equiv]")) if (meta instanceof HTMLMetaElement) take(meta);
  return /^https?:/.test(location.protocol) ? policies : new Set([...policies, ...inherited()]);
}

/** The extension's world in another window of the same origin. */
interface World {
  portsidePolicies?: () => Set<string>;
}

/** What the document above has, or the one that opened this: an about:blank or blob: document has its maker's policies. */
function inherited(): Set<string> {
  const maker = parent === window ? (opener as unknown) : parent;
  try {
    return (maker as World | null)?.portsidePolicies?.() ?? new Set();
  } catch {
    return new Set(); // of another origin
  }
}

(globalThis as World).portsidePolicies = policiesSoFar;

function isStandalone(): boolean {
  const modes = ["standalone", "fullscreen", "minimal-ui", "window-controls-overlay"];
  return modes.some((mode) => matchMedia(`(display-mode: ${mode})`).matches);
}

function isControlled(): boolean {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if ((navigation?.workerStart ?? 0) > 0) return true;
  try {
    return navigator.serviceWorker.controller !== null;
  } catch {
    return false; // a sandboxed document
  }
}

/** What there is to say now. `evalBlocked` is the page script's finding. */
export function collectEvidence(evalBlocked: boolean): DocumentEvidence {
  const found = [...policiesSoFar()];
  const metaPolicies = found.length > maxPolicies ? [...found.slice(0, maxPolicies - 1), unreadable] : found;
  return { metaPolicies, evalBlocked, standalone: isStandalone(), controlled: isControlled() };
}
