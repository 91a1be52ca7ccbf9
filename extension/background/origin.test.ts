import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalHost, isTrustworthyOrigin } from "./origin.ts";

test("https and loopback origins may ask, others may not", () => {
  for (const origin of [
    "https://a.test",
    "https://a.test:8443",
    "http://localhost",
    "http://x.localhost:80",
    "http://127.0.0.1:8080",
    "http://127.9.9.9",
    "http://[::1]:3000",
  ]) {
    // Default ports never appear in a serialised origin, so the second-last kind is only valid without one.
    assert.equal(isTrustworthyOrigin(origin), new URL(origin).origin === origin, origin);
  }
  for (const origin of [
    undefined,
    "null",
    "",
    "http://a.test",
    "http://128.0.0.1",
    "http://localhost.evil.test",
    "file://",
    "data:",
    "ws://localhost",
    "https://a.test/",
    "https://A.test",
    "chrome-extension://abc",
  ]) {
    assert.equal(isTrustworthyOrigin(origin), false, origin);
  }
});

test("a host is shown and dialled in one canonical form", () => {
  const cases: [string, string | undefined][] = [
    ["Example.ORG", "example.org"],
    ["example.org.", "example.org"],
    ["  irc.example.org ", "irc.example.org"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["127.1", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["１２７.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["", undefined],
    [" ", undefined],
    ["a b", undefined],
    ["a\tb", undefined],
    ["a/b", undefined],
    ["a\\b", undefined],
    ["user@host", undefined],
    ["host:80", undefined],
    ["host?x", undefined],
    ["host#x", undefined],
    ["%31", undefined],
    ["fe80::1%eth0", undefined],
    ["256.1.1.1", undefined],
    ["1.2.3.4.5", undefined],
    ["[::1", undefined],
    ["a".repeat(254), undefined],
  ];
  for (const [input, expected] of cases) assert.equal(canonicalHost(input), expected, JSON.stringify(input));
});
