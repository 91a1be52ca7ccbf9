import assert from "node:assert/strict";
import { test } from "node:test";
import { isKey } from "./key.ts";

test("a key is a UUID; nothing else becomes the name of a connection", () => {
  assert.equal(isKey(crypto.randomUUID()), true);
  const uuid = crypto.randomUUID();
  for (const other of [
    "",
    uuid.slice(1),
    `${uuid}0`,
    `x${uuid.slice(1)}`,
    uuid.toUpperCase().replace(/\d/g, "A"),
    " ".repeat(36),
    "x".repeat(1 << 24),
  ])
    assert.equal(isKey(other), false, other.slice(0, 50));
  for (const other of [undefined, null, 5, [uuid], { length: 36 }]) assert.equal(isKey(other), false);
});
