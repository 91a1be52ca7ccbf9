import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { declaredOrigin, matches, parseAllow, parseAllowlist } from "./allowlist.ts";

const own = "https://a.test";

describe("the Permissions-Policy header", () => {
  /** Reports what the header says for the document it came with, and for one of b.test that this document may hold. */
  function says(headers: string[]): [boolean, boolean] | undefined {
    const list = parseAllowlist(headers);
    return list && [matches(list, own, own), matches(list, "https://b.test", own)];
  }
  const cases: [string[], [boolean, boolean] | undefined][] = [
    [[], undefined],
    [["geolocation=()"], undefined],
    [[""], undefined],
    [["direct-sockets=(self)"], [true, false]],
    [["direct-sockets=self"], [true, false]],
    [["direct-sockets=*"], [true, true]],
    [["direct-sockets=(*)"], [true, true]],
    [["direct-sockets=(self *)"], [true, true]],
    [["direct-sockets=()"], [false, false]],
    [["direct-sockets=( )"], [false, false]],
    [['direct-sockets=("https://b.test")'], [false, true]],
    [['direct-sockets=("https://b.test/path?x#y")'], [false, true]],
    [['direct-sockets=("https://B.TEST:443")'], [false, true]],
    [['direct-sockets=("https://b.test:8443")'], [false, false]],
    [['direct-sockets=("http://b.test")'], [false, false]],
    [['direct-sockets=("https://a.test")'], [true, false]],
    [['direct-sockets=(self "https://b.test");report-to=x'], [true, true]],
    [['direct-sockets=(self;x=1 "https://b.test";y)'], [true, true]],
    [["geolocation=(), direct-sockets=()"], [false, false]],
    [
      ["direct-sockets=(self)", "direct-sockets=()"],
      [false, false],
    ], // one field, the later member wins (RFC 9651, section 4.2)
    [
      ["direct-sockets=()", "direct-sockets=(self)"],
      [true, false],
    ],
    [
      ["direct-sockets=()", "camera=()"],
      [false, false],
    ],
    [
      ["", "direct-sockets=()", " "],
      [false, false],
    ],
    // No members that the standard knows: they match nothing.
    [["direct-sockets=(none)"], [false, false]],
    [["direct-sockets=('none')"], undefined], // no structured field: a single quote begins nothing
    [["direct-sockets=(src)"], [false, false]], // of the attribute only
    [["direct-sockets=(SELF)"], [false, false]],
    [["direct-sockets=(https://a.test)"], [false, false]], // a token, not a string
    [['direct-sockets="https://a.test"'], [false, false]], // a string outside of a list
    [["direct-sockets=1"], [false, false]],
    [["direct-sockets=?1"], [false, false]],
    [["direct-sockets"], [false, false]], // a bare member is the boolean true
    [["direct-sockets=:YWJj:"], [false, false]],
    [['direct-sockets=("data:text/plain,x" "null" "about:blank" "")'], [false, false]],
    [["direct-sockets=(self 1 ?0 :YQ==: 1.5)"], [true, false]],
    // No structured field: ignored whole, with all its members.
    [["direct-sockets=(self"], undefined],
    [["direct-sockets=(),"], undefined],
    [["direct-sockets=() camera=()"], undefined],
    [["direct-sockets=(), ,camera=()"], undefined],
    [["Direct-Sockets=()"], undefined],
    [["direct-sockets 'none'"], undefined],
    [["direct-sockets=(self,self)"], undefined],
    [["direct-sockets=()", "camera=("], undefined],
    [['direct-sockets=("https://ä.test")'], undefined],
    [["\u00e4"], undefined],
    [["direct-sockets=();\u0000"], undefined],
    [["  direct-sockets=()  "], [false, false]],
    [["direct-sockets=(),\tcamera=()"], [false, false]],
  ];
  for (const [headers, expected] of cases)
    test(JSON.stringify(headers), () => {
      assert.deepEqual(says(headers), expected);
    });

  test("a star before a host stands for its subdomains, not for itself, nor for every site", () => {
    const list = parseAllowlist(['direct-sockets=("https://*.b.test" "https://*.c.test:8443" "https://*.com")']);
    assert.ok(list, "no list");
    for (const [origin, expected] of [
      ["https://x.b.test", true],
      ["https://x.y.b.test", true],
      ["https://b.test", false],
      ["https://evilb.test", false],
      ["http://x.b.test", false],
      ["https://x.b.test:8443", false],
      ["https://x.c.test:8443", true],
      ["https://x.c.test", false],
      ["https://example.com", false],
      ["null", false],
    ] as const)
      assert.equal(matches(list, origin, own), expected, origin);
  });
});

describe("the allow attribute", () => {
  const parent = "https://a.test";
  /** Reports what each declaration says for b.test, the origin that the frame is of, and for the parent's own. */
  function says(allow: string, src: string | undefined = "https://b.test/page"): [boolean, boolean][] {
    return parseAllow({ origin: parent, allow, src }).map((list) => [
      matches(list, "https://b.test", parent),
      matches(list, parent, parent),
    ]);
  }
  const cases: [string, [boolean, boolean][]][] = [
    ["", []],
    [";;", []],
    ["camera", []],
    ["camera 'none'; geolocation *", []],
    ["direct-sockets", [[true, false]]],
    [" \t\n\f\r direct-sockets \n", [[true, false]]],
    ["direct-sockets;", [[true, false]]],
    ["camera; direct-sockets", [[true, false]]],
    ["direct-sockets 'src'", [[true, false]]],
    ["direct-sockets 'SRC'", [[true, false]]],
    ["direct-sockets 'self'", [[false, true]]],
    ["direct-sockets 'Self'", [[false, true]]],
    ["direct-sockets 'self' 'src'", [[true, true]]],
    ["direct-sockets *", [[true, true]]],
    ["direct-sockets 'none' *", [[true, true]]],
    ["direct-sockets 'none'", [[false, false]]],
    ["direct-sockets 'none' 'src'", [[true, false]]], // 'none' is no origin, and the others count
    ["direct-sockets https://b.test", [[true, false]]],
    ["direct-sockets https://b.test/x https://a.test", [[true, true]]],
    ["direct-sockets https://*.test", [[false, false]]],
    ["direct-sockets http://b.test", [[false, false]]],
    ["direct-sockets b.test", [[false, false]]],
    ["direct-sockets self", [[false, false]]],
    ["direct-sockets src", [[false, false]]],
    ["direct-sockets data:text/html,x", [[false, false]]],
    ["direct-sockets null", [[false, false]]],
    ["direct-sockets=*", []],
    ["direct-sockets, camera", []], // commas separate nothing
    ["Direct-Sockets *", []],
    ["direct-sockets-private *", []],
    ["direct-sockets\u00a0*", []], // no ASCII whitespace
    [
      "direct-sockets 'none'; direct-sockets *",
      [
        [false, false],
        [true, true],
      ],
    ],
  ];
  for (const [allow, expected] of cases)
    test(JSON.stringify(allow), () => {
      assert.deepEqual(says(allow), expected);
    });

  test("each feature has its own declarations", () => {
    const allow = "direct-sockets 'none'; direct-sockets-multicast *; direct-sockets-private 'self'";
    const says = (["sockets", "multicast", "private"] as const).map((feature) =>
      parseAllow({ origin: parent, allow }, feature).map((list) => [
        matches(list, "https://b.test", parent),
        matches(list, parent, parent),
      ]),
    );
    assert.deepEqual(says, [[[false, false]], [[true, true]], [[false, true]]]);
  });

  test("the declared origin: of sandbox, src, or the document that holds the frame", () => {
    const origins: [Omit<Parameters<typeof declaredOrigin>[0], "origin">, string][] = [
      [{}, parent],
      [{ src: "https://b.test/x" }, "https://b.test"],
      [{ src: "https://b.test/x", sandbox: "" }, "null"],
      [{ src: "https://b.test/x", sandbox: "allow-scripts" }, "null"],
      [{ src: "https://b.test/x", sandbox: "allow-scripts allow-same-origin" }, "https://b.test"],
      [{ src: "https://b.test/x", sandbox: "ALLOW-Same-Origin\tx" }, "https://b.test"],
      [{ sandbox: "allow-scripts" }, "null"],
      [{ src: "about:blank" }, parent],
      [{ src: "about:srcdoc" }, parent],
      [{ src: "javascript:0" }, parent],
      [{ src: "data:text/html,x" }, "null"],
      [{ src: "blob:https://b.test/0" }, "https://b.test"],
      [{ src: "https://" }, "null"],
      [{ src: "" }, "null"],
    ];
    for (const [attributes, expected] of origins)
      assert.equal(declaredOrigin({ origin: parent, ...attributes }), expected, JSON.stringify(attributes));
  });
});
