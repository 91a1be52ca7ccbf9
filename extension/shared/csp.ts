// The CSP rule (explainer: "MITM attackers may hijack plaintext connections"): a document that lets itself evaluate strings may not open
// sockets, since what a socket brings could become script.
//
// What a policy says of eval is in its script-src, or else in its default-src; script-src-elem and script-src-attr have no say (CSP 3,
// "EnsureCSPDoesNotBlockStringCompilation"). Eval runs only if every policy of the document lets it.
//
// Headers are read in the background, <meta> elements in the content script: what crosses is what a policy comes to, never its text.

import parseContentSecurityPolicy from "content-security-policy-parser";
import type { ScriptPolicy } from "../../protocol/message.ts";

export type { ScriptPolicy };

export type CSPRule = "refuse-unsafe-eval" | "require-eval-blocked";

/** What is known of a document's policies. */
export interface ScriptEvidence {
  /** From the headers of the very response that became the document: facts. */
  own: readonly ScriptPolicy[];
  /**
   * From elsewhere: <meta>, what a creator handed on, headers seen on another occasion. What they allow counts; what they forbid counts only
   * when the probe agrees.
   */
  others: readonly ScriptPolicy[];
  /** The probe: the page's own Function constructor refused a string. */
  evalBlocked: boolean;
}

/** Reads the policies of all Content-Security-Policy headers of a response. Each may hold several, with commas between them. */
export function parseHeaderPolicies(headers: readonly string[]): ScriptPolicy[] {
  const policies = new Set(/*rule:csp-header-may-hold-several*/ headers.flatMap((header) => header.split(",")));
  return distinct([...policies].map(parsePolicy));
}

/** Reads the policies of <meta http-equiv=Content-Security-Policy> elements: one each (CSP 3, section 3.3). */
export function parseMetaPolicies(contents: readonly string[]): ScriptPolicy[] {
  return distinct(contents.map(parsePolicy));
}

function parsePolicy(serialized: string): ScriptPolicy {
  // Nothing said of scripts: most policies of a long header full of commas.
  if (!/src|require-trusted-types-for/i.test(serialized)) return { eval: "silent", requiresTrustedTypes: false };
  // The parser's time grows with the square of a run of white space, and a header can be a quarter of a megabyte of it.
  const directives = parseContentSecurityPolicy(serialized.replace(/[\t\n\f\r ]+/g, " "));
  const lowerCased = (name: string): string[] | undefined =>
    directives.get(name)?.map((value) => /*rule:csp-sources-ignore-case*/ value.toLowerCase());
  const sources = lowerCased("script-src") ?? /*rule:default-src-replaces-script-src*/ lowerCased("default-src");
  return {
    eval:
      sources === undefined
        ? "silent"
        : sources.includes(/*rule:unsafe-eval-in-script-src*/ "'unsafe-eval'")
          ? "unsafe"
          : sources.includes("'trusted-types-eval'")
            ? "trusted"
            : "blocked",
    requiresTrustedTypes: lowerCased("require-trusted-types-for")?.includes("'script'") === true,
  };
}

/** There are few different ones, whatever a page sends; those that say nothing are left out. */
export function distinct(policies: readonly ScriptPolicy[]): ScriptPolicy[] {
  const seen = new Map<string, ScriptPolicy>();
  for (const policy of policies) {
    if (policy.eval !== "silent" || policy.requiresTrustedTypes)
      seen.set(`${policy.eval} ${String(policy.requiresTrustedTypes)}`, policy);
  }
  return [...seen.values()];
}

/**
 * What evaluating a string comes to in the document: `blocked`; allowed by 'unsafe-eval' (`unsafe`); possible with trusted types only
 * (`trusted`); or possible since no policy that we know of says anything (`open`).
 */
export function evalState({ own, others, evalBlocked }: ScriptEvidence): "blocked" | "unsafe" | "trusted" | "open" {
  const all = [...own, ...others];
  const trustedTypes = all.some((policy) => policy.requiresTrustedTypes);
  const blocks = (policy: ScriptPolicy): boolean =>
    policy.eval === "blocked" || (policy.eval === "trusted" && !trustedTypes);
  if (own.some(blocks) || /*rule:others-block-only-with-probe*/ (evalBlocked && others.some(blocks))) return "blocked";
  if (/*rule:unsafe-policy-of-others-counts*/ all.some((policy) => policy.eval === "unsafe")) return "unsafe";
  // Chromium 156 evaluates plain strings too where 'trusted-types-eval' stands beside required trusted types.
  if (!evalBlocked && all.some((policy) => policy.eval === "trusted" && trustedTypes)) return "unsafe";
  // The probe fails under trusted types too, yet a TrustedScript may be evaluated.
  //rule:trusted-types-do-not-block-eval
  if (trustedTypes) return "trusted";
  return evalBlocked ? "blocked" : "open";
}

/** Reports whether a document in this state may open sockets. */
export function cspPermits(rule: CSPRule, state: ReturnType<typeof evalState>): boolean {
  //rule:admin-may-require-blocked-eval
  return rule === "require-eval-blocked" ? state === "blocked" : /*rule:unsafe-eval-is-refused*/ state !== "unsafe";
}
