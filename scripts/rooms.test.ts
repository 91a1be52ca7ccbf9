// The rooms of the extension's background and the layers of its page script use each other in one direction, and what is shared knows none of them:
// also by types. What browsers do differently is in platform/, which uses what is shared and nothing else; storage/
// stands on these two.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const extension = fileURLToPath(new URL("../extension", import.meta.url));
/** Each may use those before it. */
const rooms = ["intake", "host", "documents", "consent", "sockets", "toolbar"];

/** The program's files, without tests and what only tests use. */
const files = readdirSync(extension, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !/\.test\.ts$|\.d\.ts$|^fake|^fuzz/.test(file),
);
/** What a file imports of the extension. */
const uses = new Map(
  files.map((file) => {
    const text = readFileSync(join(extension, file), "utf8");
    const named = [...text.matchAll(/^(?:import|export)\b[^;]*?"(\.[^"]+)"/gm)].map(([, name = ""]) => name);
    const found = named.map((name) => relative(extension, resolve(extension, dirname(file), name)));
    return [file, found.filter((name) => !name.startsWith(".."))] as const;
  }),
);
const roomOf = (file: string): string => dirname(file).replace(/^background\/?/, "");

test("a room uses those before it only", () => {
  let crossings = 0;
  for (const [file, used] of uses) {
    const from = rooms.indexOf(roomOf(file));
    if (!file.startsWith("background/") || from < 0) continue;
    for (const other of used.filter((name) => name.startsWith("background/"))) {
      const to = rooms.indexOf(roomOf(other));
      assert.ok(to >= 0 && to <= from, `${file} uses ${other}`);
      if (to < from) crossings++;
    }
  }
  assert.ok(crossings > 20, `${crossings.toString()} crossings are found`);
});

test("every file of the background has a room, but main.ts", () => {
  const homeless = files.filter((file) => file.startsWith("background/") && !rooms.includes(roomOf(file)));
  assert.deepEqual(homeless, ["background/main.ts"]);
});

test("what is shared knows nobody; the page, the content script and the background know neither each other nor the extension's pages", () => {
  const parts = ["background", "content", "page", "lane"];
  for (const [file, used] of uses) {
    const [part = ""] = file.split("/");
    for (const other of used) {
      const [target = ""] = other.split("/");
      if (part === "shared") assert.equal(target, "shared", `${file} uses ${other}`);
      else if (part === "storage")
        assert.ok(["storage", "platform", "shared"].includes(target), `${file} uses ${other}`);
      else if (part === "platform") assert.ok(["platform", "shared"].includes(target), `${file} uses ${other}`);
      else if (part === "ui") assert.ok(!["content", "page", "lane"].includes(target), `${file} uses ${other}`);
      else if (parts.includes(part)) assert.ok(target !== "ui", `${file} uses ${other}`);
      if (parts.includes(part)) assert.ok(!parts.includes(target) || target === part, `${file} uses ${other}`);
    }
  }
});

test("in the page, the core knows nothing of the faces that pages see, and what both stand on knows neither", () => {
  /** Each may use those before it; the files at the top of the folder are the base, but for the two that start everything. */
  const layers = ["page", "page/core", "page/api", "start"];
  const layerOf = (file: string): number =>
    layers.indexOf(/^page\/(?:main|start)\.ts$/.test(file) ? "start" : dirname(file));
  let crossings = 0;
  for (const [file, used] of uses) {
    if (!file.startsWith("page/")) continue;
    assert.ok(layerOf(file) >= 0, `${file} has no layer`);
    for (const other of used.filter((name) => name.startsWith("page/"))) {
      assert.ok(layerOf(other) <= layerOf(file), `${file} uses ${other}`);
      if (layerOf(other) < layerOf(file)) crossings++;
    }
  }
  assert.ok(crossings > 20, `${crossings.toString()} crossings are found`);
});

test("the page's core asks nothing of the world around it, but by what it is given", () => {
  const given = /\b(?:window|document|navigator|globalThis|performance|setTimeout|Date)\s*[.(]/;
  for (const file of files.filter((name) => name.startsWith("page/core/"))) {
    const code = readFileSync(join(extension, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, given, file);
    assert.doesNotMatch(code, /import \{[^}]*\b(?:now|report)\b[^}]*\} from "\.\.\/builtins\.ts"/, file);
  }
});

test("no file uses itself by way of others", () => {
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    assert.ok(!way.includes(file), [...way, file].join(" -> "));
    if (done.has(file)) return;
    for (const other of uses.get(file) ?? []) walk(other, [...way, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
});

test("only current.ts chooses the browser, and only the others of platform/ name one", () => {
  const names =
    /\b(?:EXTRA_HEADERS|documentLifecycle|openOrClosedShadowRoot|getBrowserInfo|builtFor)\b|platform\/(?:chromium|firefox)\.ts/;
  for (const file of files.filter((name) => !name.startsWith("platform/")))
    assert.doesNotMatch(readFileSync(join(extension, file), "utf8"), names, file);
  const choosers = [...uses].flatMap(([file, used]) =>
    used.some((other) => /^platform\/(?:chromium|firefox)\.ts$/.test(other)) ? [file] : [],
  );
  assert.deepEqual(choosers, ["platform/current.ts"]);
});
