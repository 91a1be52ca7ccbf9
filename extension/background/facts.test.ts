import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Allowlist } from "./allowlist.ts";
import { isRestrictive, readHeaders, strictest } from "./facts.ts";

const list = (policy: string): Allowlist | undefined =>
  readHeaders([{ name: "Permissions-Policy", value: policy }]).allowlist;

describe("several responses that may have been the one: whatever any of them restricts", () => {
  const cases: [policies: (string | undefined)[], strictest: Allowlist | undefined][] = [
    [[], undefined],
    [[undefined, undefined], undefined],
    [[undefined, "direct-sockets=()"], { all: false, self: false, origins: [] }],
    [["direct-sockets=*", "direct-sockets=(self)"], { all: false, self: true, origins: [] }],
    [["direct-sockets=(self)", "direct-sockets=*"], { all: false, self: true, origins: [] }],
    [["direct-sockets=*", "direct-sockets=*"], { all: true, self: false, origins: [] }],
    [["direct-sockets=(self)", "direct-sockets=()"], { all: false, self: false, origins: [] }],
    [
      ['direct-sockets=(self "https://b.test" "https://c.test")', 'direct-sockets=(self "https://c.test")'],
      { all: false, self: true, origins: ["https://c.test"] },
    ],
  ];
  for (const [policies, expected] of cases)
    test(`several responses: ${JSON.stringify(policies)}`, () => {
      const facts = policies.map((value) =>
        readHeaders(value === undefined ? [] : [{ name: "permissions-policy", value }]),
      );
      assert.deepEqual(strictest(facts).allowlist, expected);
    });

  test("several responses: policies of scripts are collected", () => {
    const one = readHeaders([{ name: "content-security-policy", value: "script-src 'unsafe-eval'" }]);
    const two = readHeaders([{ name: "Content-Security-Policy", value: "script-src 'self'" }]);
    assert.equal(strictest([one, two]).csp.length, 2);
  });

  test("several responses: what could turn a yes into a no must not be lost", () => {
    for (const [name, value, restrictive] of [
      ["permissions-policy", "direct-sockets=()", true],
      ["permissions-policy", "camera=()", false],
      ["content-security-policy", "script-src 'unsafe-eval'", true],
      ["content-security-policy", "script-src 'self'", false],
    ] as const)
      assert.equal(isRestrictive(readHeaders([{ name, value }])), restrictive, value);
  });
});

test("a header that is no UTF-8 is read byte by byte", () => {
  const bytes = [...new TextEncoder().encode("direct-sockets=()")];
  assert.deepEqual(
    readHeaders([{ name: "permissions-policy", binaryValue: bytes }]).allowlist,
    list("direct-sockets=()"),
  );
});

test("an allowlist has a bound", () => {
  const many = Array.from({ length: 500 }, (_, n) => `"https://x${n.toString()}.test"`).join(" ");
  assert.equal(list(`direct-sockets=(${many})`)?.origins.length, 200);
});
