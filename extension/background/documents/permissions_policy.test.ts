import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Allowlist } from "./allowlist.ts";
import { isFeatureEnabled } from "./permissions_policy.ts";
import type { ContainerPolicy, PolicyDocument } from "./permissions_policy.ts";

const [a, b, c] = ["https://a.test", "https://b.test", "https://c.test"];
const nobody: Allowlist = { all: false, self: false, origins: [] };
const self: Allowlist = { ...nobody, self: true };
const all: Allowlist = { ...nobody, all: true };
const only = (...origins: string[]): Allowlist => ({ ...nobody, origins });

/** A document of `origin` in an element that says `container`; its header has `list`, if it has one. */
function page(origin: string, container: ContainerPolicy = "none", list?: Allowlist): PolicyDocument {
  return { origin, container, ...(list === undefined ? {} : { declared: { list, self: origin } }) };
}

describe("the feature is enabled", () => {
  const cases: [what: string, path: PolicyDocument[], enabled: boolean][] = [
    ["nowhere", [], false],
    ["for a page", [page(a)], true],
    ["not by a header that gives it to nobody", [page(a, "none", nobody)], false],
    ["by a header that keeps it", [page(a, "none", self)], true],
    ["not by a header that names another", [page(a, "none", only(b))], false],
    ["not without an origin", [page("null")], false],
    ["not without an origin, whatever the header says", [page("null", "none", all)], false],

    ["for a frame of the same origin", [page(a), page(a)], true],
    ["not for one of another origin", [page(a), page(b)], false],
    ["which the element allows", [page(a), page(b, "matches")], true],
    ["not where the element names another", [page(a), page(b, "differs")], false],
    ["not even of the same origin", [page(a), page(a, "differs")], false],
    ["not two documents without an origin", [page("null"), page("null")], false],
    [
      "not past one in another, which are not of the same origin",
      [page("null"), page("null"), page(a, "matches")],
      false,
    ],
    ["not a document without an origin in one that has it", [page(a), page("null", "matches")], false],

    ["not below a page that may not itself", [page(a, "none", only(b)), page(b, "matches")], false],
    ["not below a page that keeps it", [page(a, "none", self), page(b, "matches")], false],
    ["below a page that names the frame, too", [page(a, "none", { ...self, origins: [b] }), page(b, "matches")], true],
    ["not by the header alone", [page(a, "none", { ...self, origins: [b] }), page(b)], false],
    ["not by the frame's own header alone", [page(a), page(b, "none", all)], false],
    ["not against the frame's own header", [page(a), page(b, "matches", nobody)], false],

    ["through three documents", [page(a), page(b, "matches"), page(c, "matches")], true],
    ["not past one that may not", [page(a), page(b), page(c, "matches")], false],
    ["not back to the first origin past one that may not", [page(a), page(b), page(a, "matches")], false],
    ["not past a header in the middle", [page(a), page(b, "matches", nobody), page(c, "matches")], false],
    ["not past a header that keeps it in the middle", [page(a), page(b, "matches", self), page(c, "matches")], false],
  ];
  for (const [what, path, enabled] of cases)
    test(what, () => {
      assert.equal(isFeatureEnabled(path), enabled);
    });

  test("for `self` as the document has it that declared the list", () => {
    // An about:blank frame of a.test has the header of its parent, of b.test: self is b.test there.
    const inherited: PolicyDocument = { origin: a, container: "matches", declared: { list: self, self: b } };
    assert.equal(isFeatureEnabled([page(b), inherited]), false);
  });
});

describe("a feature that nobody has without a header is enabled", () => {
  const cases: [what: string, path: PolicyDocument[], enabled: boolean][] = [
    ["not for a page", [page(a)], false],
    ["by a header that keeps it", [page(a, "none", self)], true],
    ["not for a frame of the same origin without an attribute", [page(a, "none", self), page(a, "none", self)], false],
    ["not for a frame without a header of its own", [page(a, "none", self), page(a, "matches")], false],
    ["for a frame with both", [page(a, "none", self), page(a, "matches", self)], true],
    ["not below a page that has it not itself", [page(a), page(a, "matches", self)], false],
    [
      "not for a frame of an origin that the page's header does not name",
      [page(a, "none", self), page(b, "matches", self)],
      false,
    ],
    ["for one that it names", [page(a, "none", { ...self, origins: [b] }), page(b, "matches", self)], true],
    ["not where the element names another", [page(a, "none", all), page(b, "differs", self)], false],
  ];
  for (const [what, path, enabled] of cases)
    test(what, () => {
      assert.equal(isFeatureEnabled(path, "none"), enabled);
    });
});

describe("a feature that everybody has unless it is denied is enabled", () => {
  const cases: [what: string, path: PolicyDocument[], enabled: boolean][] = [
    ["for a page", [page(a)], true],
    ["for a frame of another origin", [page(a), page(b)], true],
    ["not against the page's header", [page(a, "none", nobody)], false],
    ["not against that of the page around", [page(a, "none", nobody), page(a)], false],
    ["not for a frame of another origin below a page that keeps it", [page(a, "none", self), page(b)], false],
    ["not where the element names another", [page(a), page(b, "differs")], false],
    ["not without an origin", [page("null")], false],
  ];
  for (const [what, path, enabled] of cases)
    test(what, () => {
      assert.equal(isFeatureEnabled(path, "*"), enabled);
    });
});
