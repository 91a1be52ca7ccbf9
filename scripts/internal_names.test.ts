// What the build gives short names is nobody else's.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { internalNames } from "./internal_names.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test("names that the build makes short are no names of the browser's, of messages or of dictionaries", () => {
  const lib = "node_modules/typescript/lib";
  const browser = readdirSync(join(root, lib))
    .filter((name) => /^lib\.(?:dom|es)[\w.]*\.d\.ts$/.test(name))
    .map((name) => read(`${lib}/${name}`))
    .join("\n");
  assert.ok(/^ +readonly byobRequest:/m.test(browser), "the browser's names are there");
  const messages = read("protocol/schemas.json") + read("protocol/page.ts");
  const idl = read("extension/page/api/direct_sockets.webidl");
  assert.ok(internalNames.length > 0, "there are names");
  for (const name of internalNames) {
    const member = new RegExp(`^ +(?:readonly )?${name}\\??[:(<]`, "m");
    assert.ok(!member.test(browser), `${name} is in use`);
    assert.ok(!new RegExp(`"${name}": \\{|^ +${name}\\??: (?!")`, "m").test(messages), `${name} is in use`);
    assert.ok(!new RegExp(`\\b${name}\\b`).test(idl.replaceAll(/\/\/.*$/gm, "")), `${name} is in use`);
  }
});
