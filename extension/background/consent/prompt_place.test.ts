// Where the consent window stands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { over, promptHash, readPromptHash, within } from "./prompt_place.ts";

test("over the middle of the window that asks, also on a screen to the left of the first one", () => {
  assert.deepEqual(over({ left: 100, top: 50, width: 860 }, 0), { left: 300, top: 130 });
  assert.deepEqual(over({ left: 100, top: 50, width: 860 }, 2), { left: 364, top: 194 });
  assert.deepEqual(over({ left: -1900, top: -20, width: 860 }, 0), { left: -1700, top: 60 });
  assert.deepEqual(over({}, 0), { left: 0, top: 80 });
});

test("on the screen, however the window that asks stands", () => {
  const screen = { left: 0, top: 0, width: 1280, height: 900 };
  const size = { width: 460, height: 430 };
  assert.deepEqual(within({ left: 300, top: 130 }, size, screen), { left: 300, top: 130 });
  assert.deepEqual(within({ left: 1070, top: 180 }, size, screen), { left: 820, top: 180 });
  assert.deepEqual(within({ left: 410, top: 755 }, size, screen), { left: 410, top: 470 });
  assert.deepEqual(within({ left: -300, top: -90 }, size, screen), { left: 0, top: 0 });
  assert.deepEqual(within({ left: 10, top: 20 }, { width: 1400, height: 950 }, screen), { left: 0, top: 0 });
  assert.deepEqual(within({ left: -1700, top: 60 }, size, { ...screen, left: -1920 }), { left: -1700, top: 60 });
});

test("the page reads what the background wrote", () => {
  for (const hash of [{ id: "a-b" }, { id: "a-b", place: { left: -1700, top: 60 } }])
    assert.deepEqual(readPromptHash(promptHash(hash)), hash);
  assert.deepEqual(readPromptHash("#a-b:1:2:3"), { id: "" });
  assert.deepEqual(readPromptHash(""), { id: "" });
});
