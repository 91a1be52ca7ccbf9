// How hosts and origins are put before the user.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  encryptionMessage,
  hostAndPort,
  isReadable,
  looksLikeAddress,
  placeMessage,
  plainText,
  showHost,
  showOrigin,
} from "./display.ts";
import type { Protection } from "../background/consent/protection.ts";
import type { Place } from "../background/consent/question.ts";

test("the registrable domain is told apart, and nothing of a host is lost", () => {
  for (const [host, domain] of [
    ["imap.example.org", "example.org"],
    ["1.2.3.4.evil.example", "evil.example"],
    ["192.168.1.1.nip.io", "nip.io"],
    ["www.paypal.com.evil.co.uk", "evil.co.uk"],
    ["www.bank.example.evil.example.", "evil.example."],
    ["192.168.1.20", "192.168.1.20"],
    ["2606:2800:21f::1", "2606:2800:21f::1"],
    ["localhost", "localhost"],
  ] as const) {
    const shown = showHost(host);
    assert.equal(shown.domain, domain, host);
    assert.equal(shown.middle, "", host);
    assert.equal(shown.start + shown.middle + shown.end + shown.domain, host);
  }
});

test("a long host is cut in the middle, its registrable domain never", () => {
  const label = "a".repeat(63);
  for (const host of [
    `www.bank.example.${"x".repeat(60)}.${"y".repeat(60)}.${"z".repeat(60)}.${"w".repeat(30)}.evil.example`,
    `a.${"b.".repeat(100)}${label}.co.uk`.slice(-253).replace(/^[^a-z]/, "a"),
    `${label}.${label}.${label}.${"c".repeat(61)}`,
  ]) {
    assert.ok(host.length <= 253, "too long for a host");
    const { start, middle, end, domain } = showHost(host);
    assert.equal(start + middle + end + domain, host);
    assert.ok(middle.length > 0, host);
    assert.ok(start.length + end.length <= 40, `${start}…${end}`);
  }
  assert.equal(showHost(`${"a.".repeat(90)}${label}.co.uk`).domain, `${label}.co.uk`);
  // A long domain of a single owner stays whole, however long.
  const own = showHost(`${label}.example`);
  assert.deepEqual([own.start, own.middle, own.domain], ["", "", `${label}.example`]);
});

test("what is shown is ASCII; the letters come beside it only when they are clear", () => {
  const clear = showHost("www.xn--bcher-kva.example");
  assert.equal(clear.start + clear.domain, "www.xn--bcher-kva.example");
  assert.deepEqual(clear.letters, ["www", "bücher", "example"]);
  assert.equal(clear.unclear, false);
  const { hostname } = new URL("https://аррӏе.com/"); // Cyrillic
  const fake = showHost(hostname);
  assert.equal(fake.letters, undefined);
  assert.equal(fake.unclear, true);
  assert.match(fake.domain, /^xn--[a-z0-9-]+\.com$/);
});

test("origins: https goes without saying, http is said; ports that are not the scheme's own", () => {
  const text = (origin: string): string => {
    const { scheme, host, port } = showOrigin(origin);
    return `${scheme}${host.start}${host.middle}${host.end}[${host.domain}]${port}`;
  };
  assert.equal(text("https://mail.a.test"), "mail.[a.test]");
  assert.equal(text("https://mail.a.test:8443"), "mail.[a.test]:8443");
  assert.equal(text("http://localhost:8080"), "http://[localhost]:8080");
  assert.equal(text("http://localhost"), "http://[localhost]");
  assert.equal(text("http://[::1]:8080"), "http://[[::1]]:8080");
});

test("hosts with their ports", () => {
  assert.equal(hostAndPort("mail.example.org", 993), "mail.example.org:993");
  assert.equal(hostAndPort("192.168.1.20", 631), "192.168.1.20:631");
  assert.equal(hostAndPort("fd00::5", 631), "[fd00::5]:631");
  assert.equal(hostAndPort("[fd00::5]", 631), "[fd00::5]:631");
});

test("names that begin as addresses do", () => {
  for (const host of ["1.2.3.4.evil.example", "192.168.1.1.nip.io", "192-168-1-1.sslip.io"])
    assert.equal(looksLikeAddress(host), true, host);
  for (const host of ["1.2.3.4", "fd00::5", "1.2.example.org", "mail.example.org"])
    assert.equal(looksLikeAddress(host), false, host);
});

test("foreign text keeps nothing that upsets the text around it", () => {
  assert.equal(plainText("Office\u202e retnirP\u2066\u200f"), "Office retnirP");
  assert.equal(plainText("a\r\n\tb\u2028c\u0000d\u200bx\u00ady"), "a b cdxy");
  assert.equal(plainText("\u3164\u2800 "), "");
  assert.equal(plainText(`Z${"\u0300".repeat(50)}algo`), "Z\u0300\u0300algo");
  assert.equal(plainText("Büro-Drucker 2. Stock 🖨"), "Büro-Drucker 2. Stock 🖨");
});

test("every place and kind of encryption has its words, and only what stays here is unreadable without encryption", () => {
  const texts = JSON.parse(readFileSync(new URL("../_locales/en/messages.json", import.meta.url), "utf8")) as Record<
    string,
    { message: string }
  >;
  const places: (Place | undefined)[] = ["internet", "network", "computer", "special", undefined];
  const kinds: Protection[] = [
    { encryption: "off" },
    { encryption: "starttls" },
    { encryption: "on", authentication: "name" },
    { encryption: "on", authentication: "serverName", serverName: "another.example" },
    { encryption: "on", authentication: "pinned", certificates: ["AAAA"] },
  ];
  const said = new Set<string>();
  for (const place of places) {
    if (place !== undefined) assert.ok(texts[placeMessage(place)], place);
    for (const kind of kinds) {
      const name = encryptionMessage(kind, place);
      assert.ok(texts[name], name);
      said.add(name);
      const verified = kind.encryption === "on" && kind.authentication === "name";
      const here = kind.encryption !== "on" && place === "computer";
      assert.equal(isReadable(kind, place), !verified && !here);
    }
  }
  assert.equal(said.size, 11);
  const off = { encryption: "off" } as const;
  assert.match(texts[encryptionMessage(off, "computer")]?.message ?? "", /does not leave this computer/);
  assert.match(texts[encryptionMessage(off, "network")]?.message ?? "", /others in your network may read/i);
  assert.match(texts[encryptionMessage(off, "internet")]?.message ?? "", /others on the way may read/i);
});
