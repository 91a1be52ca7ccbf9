// docs/SECURITY.md does not rot: what it names exists, every row has tests and mutants, and every mutant fits the code.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { literally } from "./mutants/mutant.ts";
import { mutants } from "./mutants/table.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const document = read("docs/SECURITY.md");

/** The text of each row, by its name. */
const rows = new Map(
  document.split(/^## /m).flatMap((section) => {
    const name = /^([1-9]|[A-Z]\d)\. /.exec(section)?.[1];
    return name === undefined ? [] : [[name, section] as const];
  }),
);

/** What stands between backticks. */
const quoted = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, words = ""]) => words);

/** The source of a test file, or of all test files of a Go package. */
function testsOf(place: string): string {
  if (place.endsWith(".ts")) return read(place);
  const files = readdirSync(join(root, place)).filter((file) => file.endsWith("_test.go"));
  return files.map((file) => read(join(place, file))).join("\n");
}

/** Reports whether the source has a test, or a group of tests, of this name. */
function has(source: string, place: string, name: string): boolean {
  return place.endsWith(".ts")
    ? new RegExp(`\\b(?:test|describe)\\(\\s*["'\`]${literally(name)}["'\`]`).test(source)
    : new RegExp(`^func ${literally(name)}\\(`, "m").test(source);
}

const proofs = [...rows].map(([row, text]) => ({
  row,
  proofs: [...text.matchAll(/^\* `([^`]+)`: (.+)$/gm)].map(([, place = "", names = ""]) => ({
    place,
    names: quoted(names),
  })),
}));

test("the table at the top and the sections name the same rows", () => {
  const listed = [...document.matchAll(/^\| \[(\w+)\]\(#/gm)].map(([, row]) => row);
  assert.ok(listed.length >= 16, "rows are missing");
  assert.deepEqual(listed, [...rows.keys()]);
});

for (const { row, proofs: named } of proofs)
  test(`row ${row}: its tests exist`, () => {
    assert.ok(
      named.some(({ names }) => names.length > 0),
      "a row without a test",
    );
    for (const { place, names } of named) {
      assert.ok(names.length > 0, place);
      const source = testsOf(place);
      for (const name of names) assert.ok(has(source, place, name), `${place} has no test called ${name}`);
    }
  });

test("files and folders that are named exist", () => {
  const paths = quoted(document).filter((words) =>
    /^(?:extension|nativehost|protocol|e2e|scripts|manifest|docs)\/[\w./-]+$/.test(words),
  );
  assert.ok(paths.length > 80, "paths are missing");
  for (const path of paths) assert.ok(existsSync(join(root, path)), path);
  for (const [, target = ""] of document.matchAll(/\]\(([\w./-]+\.md)\)/g))
    assert.ok(existsSync(join(root, "docs", target)), target);
});

test("every row has mutants, and every mutant a row", () => {
  assert.deepEqual([...new Set(mutants.map(({ row }) => row))].sort(), [...rows.keys()].sort());
});

test("every mutant fits the code: its text is there once, and so is the test that must go red", () => {
  for (const { row, rule, edits, proof } of mutants) {
    const what = `row ${row}: ${rule}`;
    assert.ok(edits.length > 0, what);
    for (const { file, find, replace } of edits) {
      assert.equal(read(file).split(find).length - 1, 1, `${what}: how often ${JSON.stringify(find)} is in ${file}`);
      assert.notEqual(find, replace, what);
    }
    if ("go" in proof) {
      assert.ok(statSync(join(root, proof.go)).isDirectory(), what);
      assert.ok(has(testsOf(proof.go), proof.go, proof.name), `${what}: ${proof.go} has no ${proof.name}`);
    } else {
      // Names may be put together from a table; `make mutants` finds out whether one fits nothing.
      assert.ok(existsSync(join(root, "unit" in proof ? proof.unit : proof.e2e)), what);
    }
  }
});
