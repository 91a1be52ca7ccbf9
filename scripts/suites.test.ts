// e2e/in_firefox.txt is the table of what runs in Firefox: every suite has a line, and a suite that does not run there a reason. So has each test of
// a suite that is left out there.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { readLeftOut } from "../e2e/world/where.ts";

const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const table = read("e2e/in_firefox.txt");
const lines = table.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
const ofTests = lines.filter((line) => /^[a-z0-9_]+:/.test(line));

test("each suite says whether it runs in Firefox, and why not", () => {
  const [, alone = ""] = /^E2E_FIREFOX_ONLY := (.*)$/m.exec(read("Makefile")) ?? [];
  const suites = readdirSync(new URL("e2e/", root))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => !alone.split(" ").includes(`e2e/${name}`))
    .map((name) => name.slice(0, -".test.ts".length));
  const named = lines
    .filter((line) => !ofTests.includes(line))
    .map((line) => /^([a-z0-9_]+) +(?:yes|(?:full|no) +\S.*)$/.exec(line)?.[1] ?? `not to be read: ${line}`);
  assert.deepEqual(named.toSorted(), suites.toSorted());
});

test("each test that is left out in Firefox is there, once, in a suite that knows of the table", () => {
  const leftOut = readLeftOut(table);
  assert.equal(leftOut.length, ofTests.length, "a line about a test is not to be read");
  const names = leftOut.map(({ suite, name }) => `${suite}: ${name}`);
  assert.deepEqual(names, [...new Set(names)]);
  for (const { suite, name } of leftOut) {
    const text = read(`e2e/${suite}.test.ts`);
    const literal = JSON.stringify(name).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const there = text.match(new RegExp(String.raw`\b(?:test|describe)\(\s*${literal},`, "g")) ?? [];
    assert.equal(there.length, 1, `${suite} has no test "${name}", or more than one`);
    assert.match(
      text,
      /^import \{[^}]*\btest\b[^}]*\} from "\.\/world\/where\.ts";$/m,
      `${suite} takes test from where.ts`,
    );
  }
});
