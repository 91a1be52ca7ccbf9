import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMetaPolicies } from "../shared/csp.ts";
import { MetaPolicies } from "./meta_policies.ts";

const states = (texts: readonly string[]): string[] => {
  const policies = new MetaPolicies();
  for (const text of texts) policies.take(text);
  return parseMetaPolicies(policies.all)
    .map((policy) => policy.eval)
    .sort();
};

test("what policies come to is told once for each kind, however many there are", () => {
  assert.deepEqual(states(["script-src 'self'", "script-src 'none'", "img-src *", ""]), ["blocked"]);
  assert.deepEqual(states(["script-src 'unsafe-eval'", "script-src 'self'"]), ["blocked", "unsafe"]);
  const kinds = new MetaPolicies();
  for (const source of ["'self'", "'unsafe-eval'", "'trusted-types-eval'"])
    for (const types of ["", "; require-trusted-types-for 'script'"]) kinds.take(`script-src ${source}${types}`);
  kinds.take("require-trusted-types-for 'script'");
  assert.equal(parseMetaPolicies(kinds.all).length, 7, "the schema takes eight");
});

test("more than anybody reads, or longer: the worst reading", () => {
  const sixtyFour = Array.from({ length: 64 }, (_, n) => `script-src 'nonce-${n.toString()}'`);
  assert.deepEqual(states(sixtyFour), ["blocked"]);
  assert.deepEqual(states([...sixtyFour, "img-src *"]), ["blocked", "unsafe"]);
  assert.deepEqual(states([...sixtyFour, ...sixtyFour]), ["blocked"], "the same text again is not one more");
  assert.deepEqual(states([`img-src ${"x".repeat(8_184)}`]), []);
  assert.deepEqual(states([`img-src ${"x".repeat(8_185)}`]), ["unsafe"]);
});

test("what nobody has read is the worst in both ways", () => {
  const policies = new MetaPolicies();
  policies.addWorst();
  assert.deepEqual(parseMetaPolicies(policies.all), [
    { eval: "unsafe", requiresTrustedTypes: false },
    { eval: "silent", requiresTrustedTypes: true },
  ]);
});
