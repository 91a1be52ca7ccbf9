// The setup page's command, for Portside's own builds and for others.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { installCommand } from "./install_command.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("Portside's own builds need no id, since every installation lets them in", () => {
  const ids = [...read("manifest/manifest.go").matchAll(/(?:Chromium|Firefox)ID = "([^"]+)"/g)].map(
    ([, id = ""]) => id,
  );
  assert.equal(ids.length, 2);
  for (const id of ids) {
    assert.equal(installCommand(id), "make install");
    assert.equal(installCommand(id, true), `make install EXTENSION_ID=${id}`);
  }
});

test("a copy with an id of its own names it: Firefox does not tell a missing program from one that is not for this copy", () => {
  assert.equal(installCommand("portside@example.org"), "make install EXTENSION_ID=portside@example.org");
});
