// e2e/in_firefox.txt is the table of what runs in Firefox: every suite has a line, and a suite that does not run there a reason.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

test("each suite says whether it runs in Firefox, and why not", () => {
  const [, alone = ""] = /^E2E_FIREFOX_ONLY := (.*)$/m.exec(read("Makefile")) ?? [];
  const suites = readdirSync(new URL("e2e/", root))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => !alone.split(" ").includes(`e2e/${name}`))
    .map((name) => name.slice(0, -".test.ts".length));
  const lines = read("e2e/in_firefox.txt")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => /^([a-z0-9_]+) +(yes|no +\S.*)$/.exec(line)?.[1] ?? `not to be read: ${line}`);
  assert.deepEqual(lines.toSorted(), suites.toSorted());
});
