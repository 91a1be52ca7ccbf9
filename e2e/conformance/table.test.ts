// The report: what counts as a surprise, and what it looks like. And the suite itself: ids and sentences.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import "./checks/all.ts";
import { checks, type Check } from "./kit/check.ts";
import type { Outcomes } from "./runner.ts";
import { report, surprises, told } from "./table.ts";

const check = (id: string, more: Partial<Check> = {}): Check => ({
  id,
  group: "A group",
  sentence: `It does ${id}.`,
  run: () => undefined,
  ...more,
});
const outcomes = (passing: Record<string, boolean>): Outcomes =>
  new Map(
    Object.entries(passing).map(([id, passes]) => [
      id,
      { outcome: passes ? "pass" : "fail", message: passes ? "" : "1, and 2 is expected", ms: 1 },
    ]),
  );
const why = { kind: "native at fault", why: "It does not." } as const;

describe("surprises", () => {
  test("a check that fails, and one that passes though it is recorded not to", () => {
    const list = [check("a"), check("b"), check("c", { native: why }), check("d", { native: why })];
    const found = surprises("native", list, outcomes({ a: true, b: false, c: false, d: true }));
    assert.deepEqual(
      found.map(({ check: { id }, expected }) => [id, expected]),
      [
        ["b", "pass"],
        ["d", "no pass"],
      ],
    );
    assert.deepEqual(found.map(told), [
      "b: fail: 1, and 2 is expected; pass is recorded (It does b.)",
      "d: pass; no pass is recorded (It does d.)",
    ]);
  });
  test("what goes wrong now and then is none", () => {
    const list = [check("a", { native: { ...why, unsteady: true } })];
    assert.deepEqual(surprises("native", list, outcomes({ a: true })), []);
    assert.deepEqual(surprises("native", list, outcomes({ a: false })), []);
  });
  test("each implementation has its own record", () => {
    const list = [check("a", { native: why })];
    assert.equal(surprises("portside", list, outcomes({ a: true })).length, 0);
    assert.equal(surprises("portside", list, outcomes({ a: false })).length, 1);
  });
});

test("the report counts, and gives each difference with its reason", () => {
  const list = [check("a"), check("b", { native: why })];
  const text = report({
    checks: list,
    versions: { native: "Chromium 1", portside: "Portside 1" },
    outcomes: { native: outcomes({ a: true, b: false }), portside: outcomes({ a: true, b: true }) },
  });
  assert.match(text, /\| \*\*all\*\* \| 2 of 2 \| 1 of 2 \|/);
  assert.match(text, /\| `b` It does b\. \| yes \| no \| native at fault: It does not\. \|/);
  assert.doesNotMatch(text.split("## All checks")[0] ?? "", /`a`/);
});

describe("the suite", () => {
  test("has hundreds of checks, each a sentence with a name of its own", () => {
    assert.ok(checks.length >= 500, `there are ${checks.length.toString()}`);
    for (const { id, sentence } of checks) {
      assert.match(id, /^[a-z0-9][\w+.*-]*$/i);
      assert.match(sentence, /^\S.*[^.]\.$/, id);
      assert.ok(sentence.length <= 160, `${id} is long`);
    }
    assert.equal(
      new Set(checks.map(({ sentence, group }) => `${group} ${sentence}`)).size,
      checks.length,
      "no sentence stands twice in a group",
    );
  });
});
