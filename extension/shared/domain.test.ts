// Who a host belongs to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isAddress, registrableDomain, siteOf } from "./domain.ts";

test("the registrable domain: what somebody registered, and nothing below it", () => {
  const domains: Record<string, string> = {
    "example.org": "example.org",
    "www.example.org": "example.org",
    "a.b.example.co.uk": "example.co.uk",
    "alice.github.io": "alice.github.io",
    "x.alice.github.io": "alice.github.io",
    "github.io": "github.io",
    "co.uk": "co.uk",
    "a1.evil.test": "evil.test",
    "1.2.3.4.evil.example": "evil.example",
    "192.168.1.1.nip.io": "nip.io",
    "www.xn--bcher-kva.example": "xn--bcher-kva.example",
    "_srv._tcp.example.org": "example.org",
    "printer.local": "printer.local",
    localhost: "localhost",
    intranet: "intranet",
    "h1.evil.example.": "evil.example",
    "evil.example.": "evil.example",
    "localhost.": "localhost",
    "192.168.1.1": "192.168.1.1",
    "fd00::5": "fd00::5",
    "[fd00::5]": "[fd00::5]",
  };
  for (const [host, domain] of Object.entries(domains)) assert.equal(registrableDomain(host), domain, host);
});

test("a site is neither scheme nor port nor a final dot; the native host says the same", () => {
  const table = new URL("../../protocol/testdata/sites.json", import.meta.url);
  const cases = JSON.parse(readFileSync(table, "utf8")) as { origin: string; site: string }[];
  assert.notEqual(cases.length, 0);
  for (const { origin, site } of cases) assert.equal(siteOf(origin), site, origin);
});

test("addresses are no names", () => {
  for (const host of ["1.2.3.4", "::1", "[::1]"]) assert.equal(isAddress(host), true, host);
  for (const host of ["1.2.3.4.example", "1.2.3.4.nip.io", "a", "localhost"])
    assert.equal(isAddress(host), false, host);
});

test("an opaque origin has no site", () => {
  assert.equal(siteOf("null"), "");
  assert.equal(siteOf("https://www.example.co.uk:8443"), "example.co.uk");
});
