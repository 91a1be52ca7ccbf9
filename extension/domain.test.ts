// Who a host belongs to.

import assert from "node:assert/strict";
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
    "192.168.1.1": "192.168.1.1",
    "fd00::5": "fd00::5",
    "[fd00::5]": "[fd00::5]",
  };
  for (const [host, domain] of Object.entries(domains)) assert.equal(registrableDomain(host), domain, host);
});

test("a site is neither scheme nor port", () => {
  assert.equal(siteOf("https://mail.a.test:8443"), "a.test");
  assert.equal(siteOf("http://localhost:8080"), "localhost");
  assert.equal(siteOf("http://[::1]:8080"), "[::1]");
  assert.equal(siteOf("https://alice.github.io"), "alice.github.io");
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
