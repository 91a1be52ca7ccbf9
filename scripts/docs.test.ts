// All Markdown files: prose has one width, links between files lead somewhere, and files that are named exist.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const width = 100;
/** What is made by programs: builds, packages, results of the benchmark and of failed tests. */
const made = new Set(["node_modules", "bench/node_modules", "build", ".git", "bench/results", "e2e/artifacts"]);

/** The paths of the Markdown files below a folder, from the root of the repository. */
function markdownFiles(folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (made.has(path)) return [];
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** The lines of a document that are not code, with their numbers from 1. */
function textLines(document: string): [string, number][] {
  const lines: [string, number][] = [];
  let fence: string | undefined;
  for (const [index, line] of document.split("\n").entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined && mark === undefined) lines.push([line, index + 1]);
    else if (fence === undefined) fence = mark;
    else if (line.trim() === fence) fence = undefined;
  }
  return lines;
}

/** Reports whether a line of prose goes beyond the width although there is a space at which it could end. */
function tooLong(line: string): boolean {
  if (line.length <= width) return false;
  if (/^\s*(?:\||#{1,6} |<|!\[|\[[^\]]+\]: )/.test(line)) return false;
  // Lines are broken neither in code nor in the target of a link.
  const words = line
    .trim()
    .replace(/^(?:[*+-]|\d+[.)]) /, "")
    .replaceAll(/`[^`]*`/g, "code")
    .replaceAll(/\]\([^)]*\)/g, "]()");
  return words.includes(" ");
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(document: string): Set<string> {
  const found = new Set<string>();
  for (const [line] of textLines(document)) {
    const heading = /^#{1,6} (.+)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const words = heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "");
    const slug = words.replaceAll(" ", "-");
    let anchor = slug;
    for (let n = 1; found.has(anchor); n++) anchor = `${slug}-${n.toString()}`;
    found.add(anchor);
  }
  return found;
}

const files = markdownFiles();
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test("the documents are there", () => {
  assert.ok(files.length > 30, files.join(" "));
});

test(`no line of prose is longer than ${width.toString()} characters`, () => {
  const found = files.flatMap((path) =>
    textLines(read(path)).flatMap(([line, number]) => (tooLong(line) ? [`${path}:${number.toString()}`] : [])),
  );
  assert.deepEqual(found, []);
});

test("a line is too long if it could have ended before", () => {
  const words = "word ".repeat(30).trim();
  for (const line of [words, `* ${words}`, `  1. ${words}`, `see [this](${"x".repeat(100)})`])
    assert.ok(tooLong(line), line);
  const code = `\`${words}\``;
  for (const line of [words.slice(0, 100), `| ${words} |`, `## ${words}`, code, `  * ${code}`, "x".repeat(120)])
    assert.ok(!tooLong(line), line);
});

test("relative links lead to a file, and to a heading in it", () => {
  let checked = 0;
  for (const path of files) {
    const text = textLines(read(path))
      .map(([line]) => line)
      .join("\n")
      .replaceAll(/`[^`\n]*`/g, "");
    for (const [, target = ""] of text.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const to = file === "" ? path : relative(root, join(root, dirname(path), file));
      assert.ok(existsSync(join(root, to)), `${path}: ${target}`);
      if (anchor !== undefined) assert.ok(anchors(read(to)).has(anchor), `${path}: ${target}`);
      checked++;
    }
  }
  assert.ok(checked > 100, `only ${checked.toString()} links`);
});

test("files and folders that are named exist", () => {
  const places = "bench|docs|e2e|examples|extension|install|manifest|nativehost|protocol|scripts|sdk";
  const path = new RegExp(`\`((?:${places})/[\\w./-]*)\``, "g");
  let checked = 0;
  for (const file of files)
    for (const [, named = ""] of read(file).matchAll(path)) {
      if (made.has(named.replace(/\/$/, ""))) continue;
      assert.ok(existsSync(join(root, named)), `${file}: ${named}`);
      checked++;
    }
  assert.ok(checked > 200, `only ${checked.toString()} paths`);
});
