import assert from "node:assert/strict";
import { test } from "node:test";
import { readHeaders, unread } from "./header_policy.ts";
import type { Header } from "./header_policy.ts";
import { HeaderReader } from "./header_reader.ts";

const clock = { now: 0 };
const make = (): HeaderReader => {
  clock.now = 0;
  return new HeaderReader(() => clock.now);
};
/** Headers of so many letters, different for each `n`. */
const long = (n: number, letters = 50_000): Header[] => [
  { name: "content-security-policy", value: `script-src https://x${n.toString()}.test `.padEnd(letters, "a") },
];
let last = 0;
/** How many responses are read until one is not. */
function count(reader: HeaderReader, asker: Parameters<HeaderReader["read"]>[1], headers = long): number {
  for (let n = 0; n < 10_000; n++) if (reader.read(headers(++last), asker) === unread) return n;
  return Infinity;
}
const greedy = { site: "greedy.test", tabId: 1, ofPage: true };
const other = { site: "other.test", tabId: 2, ofPage: true };

test("of a site so many letters are read, and so many in a second; then the strictest reading counts", () => {
  const reader = make();
  assert.equal(count(reader, greedy), 40);
  assert.deepEqual(reader.read(long(++last), greedy), {
    allowlist: { all: false, self: false, origins: [] },
    private: { all: false, self: false, origins: [] },
    csp: [{ eval: "unsafe", requiresTrustedTypes: false }],
  });
  assert.equal(count(reader, { ...greedy, tabId: 3 }), 0, "in all tabs together");
  assert.equal(count(reader, { site: greedy.site, ofPage: true }), 0, "and workers");
  assert.equal(count(reader, other), 40, "another site has its own");
  clock.now = 1_000;
  assert.equal(count(reader, greedy), 2);
});

test("frames of other sites leave a part of the tab to the page", () => {
  const reader = make();
  assert.equal(count(reader, { site: "ad.test", tabId: 1, ofPage: false }), 20);
  assert.equal(count(reader, { site: "ad2.test", tabId: 1, ofPage: false }), 10);
  assert.equal(count(reader, { site: "page.test", tabId: 1, ofPage: true }), 10);
});

test("the same text is read once, whoever sends it, and costs nothing then", () => {
  const reader = make();
  const headers = [...long(1), { name: "permissions-policy", value: "direct-sockets=()" }];
  const policy = reader.read(headers, greedy);
  assert.deepEqual(policy, readHeaders(headers));
  while (reader.mayNote(greedy)); // there is room for nothing else now
  assert.equal(reader.read(headers, greedy), policy);
  assert.equal(reader.read(headers, other), policy);
  assert.notEqual(reader.read([...headers, { name: "permissions-policy", value: "x" }], other), policy);
});

test("what is remembered has a bound, and goes in the order of its last use", () => {
  const reader = make();
  const small = (n: number): Header[] => [{ name: "content-security-policy", value: `script-src a${n.toString()}` }];
  const [first, second] = [reader.read(small(0), other), reader.read(small(1), other)];
  for (let n = 2; n < 1_000; n++) {
    reader.read(small(n), other);
    assert.equal(reader.read(small(0), other), first);
  }
  assert.notEqual(reader.read(small(1), other), second);
});

test("headers that say nothing, or are too long to be read, cost nothing", () => {
  const reader = make();
  count(reader, greedy);
  assert.deepEqual(reader.read([{ name: "x", value: "y".repeat(100_000) }], greedy), { csp: [] });
  assert.deepEqual(reader.read(long(++last, 70_000), greedy).csp, unread.csp);
});

test("what is noted by URL has a rate", () => {
  const reader = make();
  let noted = 0;
  while (noted < 10_000 && reader.mayNote(greedy)) noted++;
  assert.equal(noted, 2_000);
  assert.equal(reader.mayNote(other), true);
});
