// Policies in <meta> elements that do not stay as they are, with a made-up document. What a real one does is tested there (e2e/csp.test.ts).

import assert from "node:assert/strict";
import { test } from "node:test";
import "../fake/globals.ts";
import { installWindow } from "../fake/document.ts";
import type { FakeDocument } from "../fake/document.ts";
import type { World } from "./early.ts";
import type * as Policies from "./policies.ts";

const { collectEvidence } = await import("./evidence.ts");

Object.assign(globalThis, { chrome: { runtime: { id: "us" } } });
const page = installWindow();
const unsafe = "script-src 'unsafe-eval'";
const strict = "script-src 'self'";

let started = 0;
/** A document comes, and the content script with it. Returns what it finds of eval, in the end. */
async function start(
  url = "https://a.test/",
  opener: unknown = null,
): Promise<{ document: FakeDocument; says: () => string[] }> {
  const document = page.load(url);
  Object.assign(globalThis, { opener });
  const copy = `./policies.ts?${(++started).toString()}`;
  const { policiesSoFar, watchPolicies } = (await import(copy)) as typeof Policies;
  watchPolicies();
  return { document, says: () => collectEvidence(policiesSoFar(), false).policies.map((policy) => policy.eval) };
}

test("a policy counts as it is, and after its element has gone", async () => {
  const { document, says } = await start();
  assert.deepEqual(says(), []);
  const meta = document.policy(unsafe);
  document.head.append(meta);
  meta.remove();
  document.head.append(document.policy(strict));
  assert.deepEqual(says().sort(), ["blocked", "unsafe"]);
});

test("what an element said before it was changed counts, in the very task that inserted it", async () => {
  const { document, says } = await start();
  const meta = document.policy(unsafe);
  document.head.append(meta);
  meta.setAttribute("content", strict);
  assert.deepEqual(says().sort(), ["blocked", "unsafe"]);
});

test("and what it said when it was a policy, which it is no more", async () => {
  const { document, says } = await start();
  const meta = document.policy(unsafe);
  document.head.append(meta);
  meta.setAttribute("http-equiv", "refresh");
  assert.deepEqual(says(), ["unsafe"]);
});

test("a <head> in the place of the first: what went with the first may have been the worst", async () => {
  const { document, says } = await start();
  assert.deepEqual(says(), []);
  document.documentElement.append(document.createElement("head"));
  assert.deepEqual(says().sort(), ["silent", "unsafe"]);
  const empty = await start("about:blank"); // which is there to be written into
  empty.document.documentElement.append(empty.document.createElement("head"));
  assert.deepEqual(empty.says(), []);
});

const creator = { portside: { policies: () => [unsafe] } } as unknown as World;

test("a document without a response has the policies of the one that created it, and one with a response has not", async () => {
  const { says } = await start("about:blank");
  Object.assign(globalThis, { opener: creator });
  assert.deepEqual(says(), ["unsafe"]);
  assert.deepEqual((await start("https://a.test/", creator)).says(), []);
});

test("also when that one is gone by then", async () => {
  const { says } = await start("about:blank", creator);
  Object.assign(globalThis, { opener: null });
  assert.deepEqual(says(), ["unsafe"]);
});
