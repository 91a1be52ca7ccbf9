import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Allowlist } from "./allowlist.ts";
import { isRestrictive, readHeaders, strictest } from "./header_policy.ts";

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
      const policy = policies.map((value) =>
        readHeaders(value === undefined ? [] : [{ name: "permissions-policy", value }]),
      );
      assert.deepEqual(strictest(policy).allowlist, expected);
    });

  test("several responses: multicast is a document's only if all of them say so, and what is private only if none denies it", () => {
    const cases: [policies: string[], multicast: boolean, ofPrivate: boolean | undefined][] = [
      [[], false, undefined],
      [["direct-sockets-multicast=(self)"], true, undefined],
      [["direct-sockets-multicast=(self)", "direct-sockets=(self)"], false, undefined],
      [["direct-sockets-multicast=(self)", "direct-sockets-multicast=*"], true, undefined],
      [["direct-sockets-multicast=(self)", "direct-sockets-multicast=()"], false, undefined],
      [["direct-sockets-private=(self)", "direct-sockets=*"], false, true],
      [["direct-sockets-private=(self)", "direct-sockets-private=()"], false, false],
    ];
    for (const [policies, multicast, ofPrivate] of cases) {
      const all = strictest(policies.map((value) => readHeaders([{ name: "permissions-policy", value }])));
      assert.equal(all.multicast?.self === true, multicast, policies.join(" and "));
      assert.equal(all.private?.self, ofPrivate, policies.join(" and "));
    }
  });

  test("several responses: policies of scripts are collected", () => {
    const one = readHeaders([{ name: "content-security-policy", value: "script-src 'unsafe-eval'" }]);
    const two = readHeaders([{ name: "Content-Security-Policy", value: "script-src 'self'" }]);
    assert.equal(strictest([one, two]).csp.length, 2);
  });

  test("several responses: what could turn a yes into a no must not be lost", () => {
    for (const [name, value, restrictive] of [
      ["permissions-policy", "direct-sockets=()", true],
      ["permissions-policy", "direct-sockets-private=()", true],
      ["permissions-policy", "direct-sockets-multicast=(self)", false],
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

test("what is kept of the headers of a response has a bound in bytes, and the stricter reading counts", () => {
  const inList = (length: number): string =>
    Array.from({ length: 200 }, (_, n) => `"https://${"x".repeat(length)}${n.toString()}.test"`).join(" ");
  for (const length of [10, 30, 250, 1_000]) {
    const policy = readHeaders([{ name: "permissions-policy", value: `direct-sockets=(self ${inList(length)})` }]);
    assert.ok(
      JSON.stringify(policy).length < 5_500,
      `${length.toString()} letters: ${JSON.stringify(policy).length.toString()}`,
    );
    assert.equal(policy.allowlist?.all, false);
    assert.equal(isRestrictive(policy), true);
  }
  const [one] = list(`direct-sockets=("https://${"x".repeat(300)}.test" "https://b.test")`)?.origins ?? [];
  assert.equal(one, "https://b.test");
});

test("headers that are too long to be read count as their strictest reading", () => {
  const filler = Array.from({ length: 2_000 }, (_, n) => `camera${n.toString()}=*`).join(", ");
  assert.deepEqual(list(`direct-sockets=*, ${filler}`), { all: false, self: false, origins: [] });
  const csp = readHeaders([{ name: "content-security-policy", value: `script-src 'self' ${"x ".repeat(40_000)}` }]);
  assert.deepEqual(csp.csp, [{ eval: "unsafe", requiresTrustedTypes: false }]);
  const bytes = Array<number>(300_000).fill(0xff);
  assert.equal(isRestrictive(readHeaders([{ name: "permissions-policy", binaryValue: bytes }])), true);
});

test("many responses together say no more than each of their kinds once", () => {
  const one = readHeaders([{ name: "content-security-policy", value: "script-src 'self'" }]);
  assert.equal(strictest(Array(100).fill(one)).csp.length, 1);
});

test("one header says something of each feature, and none of it is another's", () => {
  const value = "direct-sockets-multicast=(self), direct-sockets-private=(), direct-sockets=*";
  const nobody = { all: false, self: false, origins: [] };
  assert.deepEqual(readHeaders([{ name: "permissions-policy", value }]), {
    csp: [],
    allowlist: { ...nobody, all: true },
    multicast: { ...nobody, self: true },
    private: nobody,
  });
});
