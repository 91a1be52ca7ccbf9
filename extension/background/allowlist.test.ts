import assert from "node:assert/strict";
import { test } from "node:test";
import { allows, parseAllowlist } from "./allowlist.ts";

const own = "https://a.test";

test("the header decides for the document that it came with", () => {
  const cases: [string[], boolean][] = [
    [[], true],
    [["geolocation=()"], true],
    [["direct-sockets=(self)"], true],
    [["direct-sockets=self"], true],
    [["direct-sockets=*"], true],
    [["direct-sockets=()"], false],
    [['direct-sockets=("https://b.test")'], false],
    [['direct-sockets=("https://a.test")'], true],
    [['direct-sockets=(self "https://b.test");report-to=x'], true],
    [["geolocation=(), direct-sockets=()"], false],
    [["direct-sockets=(self)", "direct-sockets=()"], false], // one field, the later member wins (RFC 9651, section 4.2)
    [["direct-sockets=()", "camera=()"], false],
    [["direct-sockets=(none)"], false],
    [["direct-sockets"], false], // a bare member is the boolean true, which is no allowlist
    [["direct-sockets=(self"], true], // no structured field: ignored whole
  ];
  for (const [headers, expected] of cases)
    assert.equal(allows(parseAllowlist(headers), own), expected, JSON.stringify(headers));
});
