// Content-Security-Policy headers and <meta> elements.

import assert from "node:assert/strict";
import { cspPermits, evalState, parseHeaderPolicies, parseMetaPolicies } from "../shared/csp.ts";
import type { Target } from "./target.ts";

const words = [
  "script-src", "default-src", "script-src-elem", "script-src-attr", "SCRIPT-SRC", "require-trusted-types-for", "trusted-types", "img-src", "sandbox",
  "'unsafe-eval'", "'UNSAFE-EVAL'", "unsafe-eval", "'wasm-unsafe-eval'", "'trusted-types-eval'", "'strict-dynamic'", "'none'", "'self'", "'script'", "*", "; ", ", ", " ", "\t",
]; // prettier-ignore

export const csp: Target = {
  name: "Content-Security-Policy",
  corpus: [
    "",
    "script-src 'self' 'unsafe-eval', default-src 'self'",
    "require-trusted-types-for 'script'; script-src 'trusted-types-eval'",
    "script-src 'none' 'unsafe-eval'",
    "default-src;;script-src",
  ],
  words,
  check(input, random) {
    const policies = parseHeaderPolicies([input]);
    assert.ok(policies.length <= 7, "there are few different policies");
    assert.deepEqual(parseHeaderPolicies(input.split(",")), policies, "a comma is as good as another header");
    assert.deepEqual(parseHeaderPolicies([input, input]), policies, "twice says no more than once");
    assert.ok(parseMetaPolicies([input]).length <= 1, "more than one policy");
    const state = (own: typeof policies, others: typeof policies, evalBlocked: boolean): ReturnType<typeof evalState> =>
      evalState({ own, others, evalBlocked });

    const alone = state(policies, [], false);
    if (!/unsafe-eval|trusted-types-eval/i.test(input)) assert.notEqual(alone, "unsafe");
    // A policy more, and eval is blocked for good; nothing that is added unblocks it.
    const strict = parseHeaderPolicies(["script-src 'self'"]);
    assert.equal(state([...policies, ...strict], [], false), "blocked");
    const more = parseHeaderPolicies([random.text(words)]);
    if (alone === "blocked" && !policies.some((policy) => policy.eval === "trusted"))
      assert.equal(state([...policies, ...more], more, random.next() < 0.5), "blocked");
    // What others say never makes a page that may not into one that may, unless the probe agrees.
    if (alone === "unsafe") assert.equal(state(policies, more, false), "unsafe");
    // Who may under the stricter rule may under the usual one.
    for (const blocked of [true, false]) {
      const found = state(policies, more, blocked);
      if (cspPermits("require-eval-blocked", found))
        assert.ok(cspPermits("refuse-unsafe-eval", found), "not permitted");
    }
  },
};
