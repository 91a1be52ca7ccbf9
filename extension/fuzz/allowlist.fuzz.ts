// The Permissions-Policy header and the allow attribute.

import assert from "node:assert/strict";
import {
  declaredOrigin,
  featureNames,
  matches,
  parseAllow,
  parseAllowlist,
  parseAllowlists,
} from "../background/documents/allowlist.ts";
import type { Allowlist } from "../background/documents/allowlist.ts";
import { isFeatureEnabled } from "../background/documents/permissions_policy.ts";
import type { PolicyDocument } from "../background/documents/permissions_policy.ts";
import type { Target } from "./target.ts";

const origins = [
  "https://a.test",
  "https://b.test",
  "https://x.b.test",
  "https://b.test:8443",
  "http://b.test",
  "null",
];

const words = [
  "direct-sockets", "direct-sockets-multicast", "direct-sockets-private", "camera", "self", "src", "none", "'self'", "'src'", "'none'", "*", "()", "(self)", "=(", "=()", "=*", "=self",
  '"https://b.test"', '"https://*.b.test"', "https://b.test", "https://*.b.test", "data:,x", "about:blank", "; ", ", ", ";report-to=x", "?1", "1.5", ":YQ==:",
]; // prettier-ignore

function wellFormed(list: Allowlist): void {
  for (const origin of list.origins) {
    assert.notEqual(origin, "null");
    // What was read once reads the same again.
    assert.equal(new URL(origin).origin, origin);
  }
  // Opaque origins are matched by the star only.
  assert.equal(matches(list, "null", "null"), list.all);
  if (list.all) for (const origin of origins) assert.ok(matches(list, origin, "https://a.test"), "it does not match");
}

/** The list written as a header again. */
function serialize(list: Allowlist): string {
  const items = [
    ...(list.all ? ["*"] : []),
    ...(list.self ? ["self"] : []),
    // Hosts may hold quotes (URL, forbidden host code points): RFC 9651, section 4.1.6 escapes them.
    ...list.origins.map((origin) => `"${origin.replaceAll(/["\\]/g, "\\$&")}"`),
  ];
  return `direct-sockets=(${items.join(" ")})`;
}

export const header: Target = {
  name: "Permissions-Policy",
  corpus: [
    "",
    "direct-sockets=()",
    'direct-sockets=(self "https://b.test");report-to=x, camera=()',
    "direct-sockets=(self",
    'direct-sockets=("https://*.b.test" *)',
    "a=1;b=?0;c=:YQ==:, direct-sockets",
    'direct-sockets=("https://*\\"https://*.b.test" *)',
  ],
  words,
  check(input, random) {
    const list = parseAllowlist([input]);
    assert.deepEqual(parseAllowlist(input === "" ? [] : ["", input, " "]), list, "empty headers change nothing");
    const lists = parseAllowlists([input]);
    assert.deepEqual(lists.sockets, list, "one feature is read as all are");
    for (const other of Object.values(lists)) wellFormed(other);
    if (list === undefined) return;
    assert.deepEqual(parseAllowlist([serialize(list)]), list, "written and read again");
    assert.deepEqual(
      parseAllowlist([input, "direct-sockets=()"]),
      { all: false, self: false, origins: [] },
      "the last member wins",
    );
    // A document whose own list does not match it never has the feature; nor has anything below a document that has it not.
    const origin = random.pick(origins);
    const document: PolicyDocument = {
      origin,
      container: random.pick(["none", "matches", "differs"]),
      declared: { list, self: origin },
    };
    const top: PolicyDocument = { origin: random.pick(origins), container: "none" };
    if (!matches(list, origin, origin)) {
      assert.equal(isFeatureEnabled([document]), false);
      assert.equal(isFeatureEnabled([top, document]), false);
      assert.equal(isFeatureEnabled([document, { origin, container: "matches" }]), false);
    }
    // A header only takes away.
    if (isFeatureEnabled([top, document]))
      assert.ok(isFeatureEnabled([top, { origin, container: document.container }]), "it is not enabled");
  },
};

export const allow: Target = {
  name: "allow",
  corpus: [
    "",
    "direct-sockets",
    "direct-sockets 'none'; direct-sockets *",
    "camera; direct-sockets 'self' 'src' https://b.test",
    "direct-sockets\u00a0*",
    "direct-sockets https://*.b.test",
  ],
  words,
  check(input, random) {
    const origin = random.pick(origins);
    const sandbox = random.pick([
      undefined,
      "",
      "allow-scripts",
      "allow-same-origin",
      random.text(["allow-same-origin", "allow-scripts"], 4),
    ]);
    const src = random.pick([undefined, "https://b.test/x", "about:blank", "data:,x", input, random.text(words, 4)]);
    const container = { origin, allow: input, sandbox, src };
    const target = declaredOrigin(container);
    assert.ok(target === "null" || target === origin || new URL(target).origin === target, `${target} is no origin`);
    if (sandbox !== undefined && !/allow-same-origin/i.test(sandbox)) assert.equal(target, "null");
    const lists = parseAllow(container);
    assert.equal(lists.length > 0, /(?:^|;)[\t\n\f\r ]*direct-sockets(?:[\t\n\f\r ;]|$)/.test(input), "named or not");
    for (const feature of featureNames) for (const list of parseAllow(container, feature)) wellFormed(list);
    assert.deepEqual(parseAllow({ ...container, allow: `;${input};` }), lists);
    assert.equal(parseAllow({ ...container, allow: `${input};direct-sockets 'none'` }).length, lists.length + 1);
  },
};
