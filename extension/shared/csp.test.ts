import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cspPermits, evalState, parseHeaderPolicies, parseMetaPolicies } from "./csp.ts";

type State = ReturnType<typeof evalState>;

describe("several policies: eval runs only if each of them lets it", () => {
  const cases: [headers: string[], state: State][] = [
    [[], "open"],
    [[""], "open"],
    [["img-src 'self'"], "open"],
    [["default-src 'self'"], "blocked"],
    [["default-src 'none'"], "blocked"],
    [["default-src"], "blocked"],
    [["script-src"], "blocked"],
    [["script-src *"], "blocked"],
    [["script-src 'self' 'unsafe-eval'"], "unsafe"],
    [["SCRIPT-SRC 'self' 'UNSAFE-EVAL'"], "unsafe"],
    [["default-src 'unsafe-eval'"], "unsafe"],
    [["default-src 'unsafe-eval'; script-src 'self'"], "blocked"],
    [["default-src 'self'; script-src 'unsafe-eval'"], "unsafe"],
    [["default-src 'self'; script-src-elem 'unsafe-eval'; script-src-attr 'unsafe-eval'"], "blocked"],
    [["script-src-elem 'unsafe-eval'"], "open"],
    [["script-src 'self'; script-src 'unsafe-eval'"], "blocked"], // the first of a name counts
    [["script-src 'unsafe-eval'; script-src 'self'"], "unsafe"],
    [["script-src 'none' 'unsafe-eval'"], "unsafe"], // 'none' beside others means nothing
    [["script-src 'strict-dynamic' 'nonce-x' 'unsafe-eval'"], "unsafe"],
    [["script-src 'strict-dynamic' 'nonce-x'"], "blocked"],
    [["script-src 'unsafe-inline' 'unsafe-hashes'"], "blocked"],
    [["script-src 'wasm-unsafe-eval'"], "blocked"],
    [["script-src unsafe-eval"], "blocked"], // a host of that name
    [["script-src 'unsafe-eval"], "blocked"],
    [["script-src\t'unsafe-eval'\f'self'"], "unsafe"],
    [["script-src 'unsafe-eval'\u00e9"], "open"], // not ASCII: the directive does not count
    [["script-src 'self' \u00e9; default-src 'unsafe-eval'"], "unsafe"],
    [["script-src 'unsafe-eval', script-src 'self'"], "blocked"], // two policies in one header
    [["script-src 'unsafe-eval', img-src 'self'"], "unsafe"],
    [["script-src 'unsafe-eval'", "script-src 'unsafe-eval'"], "unsafe"],
    [["script-src 'unsafe-eval'", "default-src 'self'"], "blocked"],
    [[",,;,; ;"], "open"],
    // Trusted types.
    [["require-trusted-types-for 'script'"], "trusted"],
    [["require-trusted-types-for 'script'; script-src 'unsafe-eval'"], "unsafe"],
    [["require-trusted-types-for 'script'; script-src 'self'"], "blocked"],
    [["require-trusted-types-for 'script'; script-src 'trusted-types-eval'"], "unsafe"], // unless the probe says no, see below
    [["require-trusted-types-for 'script'", "script-src 'trusted-types-eval'"], "unsafe"],
    [["require-trusted-types-for 'script'; script-src 'trusted-types-eval'", "script-src 'self'"], "blocked"],
    [["script-src 'trusted-types-eval'"], "blocked"],
    [["script-src 'trusted-types-eval' 'unsafe-eval'"], "unsafe"],
    [["require-trusted-types-for 'style'; script-src 'trusted-types-eval'"], "blocked"],
  ];
  for (const [headers, state] of cases)
    test(`${JSON.stringify(headers)}: ${state}`, () => {
      assert.equal(evalState({ own: parseHeaderPolicies(headers), others: [], evalBlocked: false }), state);
    });
});

test("what others than the response say: what allows counts, what forbids only when the probe agrees", () => {
  const unsafe = parseMetaPolicies(["script-src 'unsafe-eval'"]);
  const strict = parseMetaPolicies(["script-src 'self'"]);
  const trustedTypes = parseMetaPolicies(["require-trusted-types-for 'script'"]);
  const trustedEval = parseMetaPolicies(["script-src 'trusted-types-eval'"]);
  const states: [Parameters<typeof evalState>[0], State][] = [
    [{ own: [], others: unsafe, evalBlocked: false }, "unsafe"],
    [{ own: [], others: unsafe, evalBlocked: true }, "unsafe"],
    [{ own: [], others: strict, evalBlocked: true }, "blocked"],
    [{ own: [], others: strict, evalBlocked: false }, "open"],
    [{ own: unsafe, others: strict, evalBlocked: true }, "blocked"],
    [{ own: unsafe, others: strict, evalBlocked: false }, "unsafe"],
    [{ own: strict, others: unsafe, evalBlocked: false }, "blocked"],
    [{ own: [], others: [], evalBlocked: true }, "blocked"],
    [{ own: [], others: trustedTypes, evalBlocked: true }, "trusted"],
    [{ own: trustedEval, others: trustedTypes, evalBlocked: true }, "trusted"],
    [{ own: trustedEval, others: trustedTypes, evalBlocked: false }, "unsafe"],
    [{ own: trustedEval, others: [], evalBlocked: false }, "blocked"],
  ];
  for (const [evidence, state] of states) assert.equal(evalState(evidence), state, JSON.stringify(evidence));
});

test("a comma in <meta> separates nothing", () => {
  const policies = parseMetaPolicies(["script-src 'self', script-src 'unsafe-eval'"]);
  assert.deepEqual(policies, [{ eval: "unsafe", requiresTrustedTypes: false }]);
});

test("the rule, and the administrator's stricter one", () => {
  for (const [state, usual, strict] of [
    ["blocked", true, true],
    ["open", true, false],
    ["trusted", true, false],
    ["unsafe", false, false],
  ] as const) {
    assert.equal(cspPermits("refuse-unsafe-eval", state), usual, state);
    assert.equal(cspPermits("require-eval-blocked", state), strict, state);
  }
});
