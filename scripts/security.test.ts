// docs/SECURITY.md and the pages of its rules do not rot: what they name exists, every rule has a page, tests and mutants,
// and every rule is marked in the code.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { literally } from "./mutants/mutant.ts";
import { marksInGo } from "./mutants/go.ts";
import { marksOfRules, Project } from "./mutants/project.ts";
import { marksInTypeScript } from "./mutants/typescript.ts";
import { mutants } from "./mutants/table.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const overview = read("docs/SECURITY.md");
const folder = "docs/security";

/** The page of each row of the overview's table, by the row's name: where it is, and its text. */
const pages = new Map(
  readdirSync(join(root, folder)).map((file) => {
    const text = read(join(folder, file));
    const row = /^# ([1-9]\d?|[A-Z]\d)\. /.exec(text)?.[1];
    assert.ok(row !== undefined, `${file} begins with no rule`);
    return [row, { file, text }] as const;
  }),
);
const parts = ["Threat", "Rule", "Where it is enforced", "Proof", "Not protected"];

/** The text of one part of a page, without its heading. */
function partOf(text: string, part: string): string {
  const sections = text.split(/^## /m).filter((section) => section.startsWith(`${part}\n`));
  return sections.map((section) => section.slice(part.length + 1)).join("");
}

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

const proofs = [...pages].map(([row, { text }]) => ({
  row,
  proofs: partOf(text, "Proof")
    .split(/^\* /m)
    .slice(1)
    .map((item) => {
      const [place = "", ...names] = item.split("\n");
      return { place: quoted(place)[0] ?? "", names: quoted(names.join("\n")) };
    }),
}));

test("the table leads to the page of each rule, and there is no other page", () => {
  const linked = [...overview.matchAll(/^\| \[(\w+)\]\(security\/([\w.-]+)\)/gm)].map(([, row, file]) => [row, file]);
  assert.ok(linked.length >= 16, "rows are missing");
  assert.deepEqual(linked.sort(), [...pages].map(([row, { file }]) => [row, file]).sort());
});

test("every page has its parts, in order, and none is empty", () => {
  for (const { file, text } of pages.values()) {
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings, parts, file);
    for (const part of parts) assert.ok(partOf(text, part).trim() !== "", `${file}: ${part}`);
    assert.ok(quoted(partOf(text, "Where it is enforced")).length > 0, file);
  }
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
  const texts = [overview, ...[...pages.values()].map(({ text }) => text)];
  const paths = texts
    .flatMap(quoted)
    .filter((words) => /^(?:extension|nativehost|protocol|e2e|scripts|manifest|docs)\/[\w./-]+$/.test(words));
  assert.ok(paths.length > 80, "paths are missing");
  for (const path of paths) assert.ok(existsSync(join(root, path)), path);
});

test("every row has mutants, and every mutant a row", () => {
  assert.deepEqual([...new Set(mutants.map(({ row }) => row))].sort(), [...pages.keys()].sort());
});

test("every rule has an id and a description of its own", () => {
  for (const name of ["id", "rule"] as const) {
    const all = mutants.map((mutant) => mutant[name]);
    assert.deepEqual([...new Set(all)], all, name);
  }
});

const project = new Project(root, mutants);

test("every rule is marked in the code, and every marker is a rule's", () => {
  assert.deepEqual([...project.marks.keys()].sort(), marksOfRules(mutants).sort());
});

test("the page of a rule names every file that its row's rules are marked in, or a folder of it", () => {
  for (const mutant of mutants) {
    const { text = "" } = pages.get(mutant.row) ?? {};
    const named = quoted(partOf(text, "Where it is enforced"));
    for (const file of project.without(mutant).keys())
      assert.ok(
        !/\.(?:ts|go)$/.test(file) || named.some((place) => file === place || file.startsWith(`${place}/`)),
        `the page of row ${mutant.row} does not name ${file}, where ${mutant.id} is enforced`,
      );
  }
});

test("every rule can be taken out, and leaves code that can be read", () => {
  const go = new Map<string, string>();
  for (const mutant of mutants)
    for (const [file, text] of project.without(mutant))
      if (file.endsWith(".go")) go.set(`${file}, without ${mutant.id}`, text);
      else if (file.endsWith(".ts")) marksInTypeScript(`${file}, without ${mutant.id}`, text);
  assert.doesNotThrow(() => marksInGo(go));
});

test("every test that must go red is there", () => {
  for (const { id, proof } of mutants)
    if ("go" in proof) {
      assert.ok(statSync(join(root, proof.go)).isDirectory(), id);
      assert.ok(has(testsOf(proof.go), proof.go, proof.name), `${id}: ${proof.go} has no ${proof.name}`);
    } else {
      // Names may be put together from a table; `make mutants` finds out whether one fits nothing.
      assert.ok(existsSync(join(root, "unit" in proof ? proof.unit : proof.e2e)), id);
    }
});
