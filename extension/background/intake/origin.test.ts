import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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

interface HostVector {
  input: string;
  /** What the native host makes of it; null: no host. */
  host: string | null;
  /** What the extension makes of it, where that differs, and why. */
  extension?: string | null;
  why?: string;
}

test("a host is shown and dialled in one canonical form, the one that the native host uses", () => {
  const table = new URL("../../../protocol/testdata/hosts.json", import.meta.url);
  const vectors = JSON.parse(readFileSync(table, "utf8")) as HostVector[];
  assert.ok(vectors.length > 100, "vectors are missing");
  for (const { input, host, extension, why } of vectors) {
    assert.equal(extension === undefined, why === undefined, `${JSON.stringify(input)}: a difference has a reason`);
    const expected = extension === undefined ? host : extension;
    assert.equal(canonicalHost(input) ?? null, expected, JSON.stringify(input));
  }
});
