// docs/GUIDE.md: what it says of the console is what the code prints, and all of its code is run by e2e/guide.test.ts, or says why not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { consoleLines } from "../extension/shared/console_lines.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const guide = read("docs/GUIDE.md");

test("the guide lists each line of the console, word by word, once, and no other", () => {
  const begin = guide.indexOf("\n## What the console says\n");
  assert.ok(begin > 0, "the guide has no such section");
  const listed = [...guide.slice(begin).matchAll(/^\| `([^`]*)` \|/gm)].map(([, line]) => line);
  assert.ok(listed.length > 40, `${listed.length.toString()} lines`);
  assert.deepEqual(listed.toSorted(), Object.values(consoleLines).toSorted());
});

test("each line is a cause in lower case and what to do, and no other line's beginning", () => {
  const lines = Object.values(consoleLines);
  assert.equal(new Set(lines).size, lines.length);
  for (const line of lines) {
    assert.match(line, /^(?:[a-z]|Portside).*[^.]\.$/, line);
    assert.ok(line.length <= 220, line);
    if (line !== consoleLines.waits) assert.match(line, /[.;] [A-Z]/, `${line}: what is to be done?`);
  }
});

test("each piece of JavaScript in the guide is run, or it says why not", () => {
  const blocks = [...guide.matchAll(/^(?:<!-- (.*) -->\n)?```(\w*)\n/gm)].filter(([, , kind]) => kind === "js");
  assert.ok(blocks.length > 8, `${blocks.length.toString()} blocks`);
  const tests = read("e2e/guide.test.ts");
  for (const [, mark = ""] of blocks) {
    const name = /^runs: (.+)$/.exec(mark)?.[1];
    if (name === undefined) assert.match(mark, /^does not run: ./);
    else assert.ok(tests.includes(`"${name}"`), `nobody runs ${name}`);
  }
});
