// What a consent serves: never more than what was agreed to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, protectionOf, sameProtection, serving } from "./protection.ts";
import type { Protection } from "./protection.ts";
import type { OpenOptions } from "../../../protocol/page.ts";

const pin = (letter: string): { algorithm: "sha-256"; value: string } => ({
  algorithm: "sha-256",
  value: `${letter.repeat(43)}=`,
});
const kinds = {
  plain: protectionOf({}, "a.example"),
  starttls: protectionOf({ secureTransport: "starttls" }, "a.example"),
  tls: protectionOf({ secureTransport: "on" }, "a.example"),
  named: protectionOf({ secureTransport: "on", tls: { serverName: "b.example" } }, "a.example"),
  otherName: protectionOf({ secureTransport: "on", tls: { serverName: "c.example" } }, "a.example"),
  pinned: protectionOf({ secureTransport: "on", tls: { serverCertificateHashes: [pin("A"), pin("B")] } }, "a.example"),
  onePin: protectionOf({ secureTransport: "on", tls: { serverCertificateHashes: [pin("B")] } }, "a.example"),
  otherPin: protectionOf({ secureTransport: "on", tls: { serverCertificateHashes: [pin("C")] } }, "a.example"),
};
type Kind = keyof typeof kinds;

test("a yes serves what risks no more: TLS may serve for plain text that was agreed to, and never the other way round", () => {
  const served: Record<Kind, Kind[]> = {
    plain: ["plain", "starttls", "tls", "named", "otherName", "pinned", "onePin", "otherPin"],
    starttls: ["starttls", "tls", "named", "otherName", "pinned", "onePin", "otherPin"],
    tls: ["tls"],
    named: ["named"],
    otherName: ["otherName"],
    pinned: ["pinned", "onePin"],
    onePin: ["onePin"],
    otherPin: ["otherPin"],
  };
  for (const [agreed, all] of Object.entries(served) as [Kind, Kind[]][])
    for (const wanted of Object.keys(kinds) as Kind[])
      assert.equal(covers(kinds[agreed], kinds[wanted]), all.includes(wanted), `${agreed} for ${wanted}`);
});

test("who is at the other end of TLS is a part of it", () => {
  const of = (options: OpenOptions, host?: string): Protection => protectionOf(options, host);
  const own = { encryption: "on", authentication: "name" } as const;
  assert.deepEqual(of({ secureTransport: "on", tls: { serverName: "A.Example." } }, "a.example"), own);
  assert.deepEqual(of({ secureTransport: "on", tls: { alpnProtocols: ["h2"] } }, "a.example"), own);
  // While nobody has named the host, a name of the page's own is another name.
  const another = { encryption: "on", authentication: "serverName", serverName: "a.example" } as const;
  assert.deepEqual(of({ secureTransport: "on", tls: { serverName: "a.example" } }), another);
  // Order and repetition do not count, nor does the name that is sent along.
  const pins = (...letters: string[]): OpenOptions => ({
    secureTransport: "on",
    tls: { serverName: "x.example", serverCertificateHashes: letters.map(pin) },
  });
  assert.equal(sameProtection(of(pins("A", "B")), of(pins("B", "A", "A"))), true);
  assert.equal(sameProtection(of(pins("A", "B")), of(pins("A"))), false);
});

test("of several consents the narrowest serves", () => {
  const all = [kinds.plain, kinds.tls].map((protection) => ({ protection }));
  assert.equal(serving(all, () => kinds.tls)?.protection, kinds.tls);
  assert.equal(serving(all, () => kinds.starttls)?.protection, kinds.plain);
  assert.equal(
    serving([{ protection: kinds.tls }], () => kinds.plain),
    undefined,
  );
});
