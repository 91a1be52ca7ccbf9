// Where the consent window stands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressBar, fitted, over, promptHash, readPromptHash, within, type Box } from "./prompt_place.ts";

const screen = { left: 0, top: 0, width: 1280, height: 900 };
const size = { width: 460, height: 430 };

/** Where it opens for a window that stands there. */
const opens = (window: Partial<Box>, beside = 0, page?: number): object =>
  over(window, addressBar(window, page), beside);

test("over the middle of the window that asks, also on a screen to the left of the first one", () => {
  assert.deepEqual(opens({ left: 100, top: 50, width: 860 }), { left: 300, top: 130 });
  assert.deepEqual(opens({ left: 100, top: 50, width: 860 }, 2), { left: 364, top: 194 });
  assert.deepEqual(opens({ left: -1900, top: -20, width: 860 }), { left: -1700, top: 60 });
  assert.deepEqual(opens({}), { left: 0, top: 80 });
});

test("below all that is above the page, as high as the browser says; developer tools below the page do not count", () => {
  const window = { left: 100, top: 50, width: 860, height: 700 };
  assert.deepEqual(opens(window, 0, 575), { left: 300, top: 175 });
  assert.deepEqual(opens(window, 0, 700), { left: 300, top: 130 }, "a browser that shows nothing but the page");
  assert.deepEqual(opens(window, 0, 200), { left: 300, top: 290 });
});

test("on the screen, however the window that asks stands", () => {
  assert.deepEqual(within({ left: 300, top: 130 }, size, screen), { left: 300, top: 130 });
  assert.deepEqual(within({ left: 1070, top: 180 }, size, screen), { left: 820, top: 180 });
  assert.deepEqual(within({ left: 410, top: 755 }, size, screen), { left: 410, top: 470 });
  assert.deepEqual(within({ left: -300, top: -90 }, size, screen), { left: 0, top: 0 });
  assert.deepEqual(within({ left: 10, top: 20 }, { width: 1400, height: 950 }, screen), { left: 0, top: 0 });
  assert.deepEqual(within({ left: -1700, top: 60 }, size, { ...screen, left: -1920 }), { left: -1700, top: 60 });
});

test("the address bar of the page that asks stays in sight: below it, above it, beside it, or lower than it wants to be", () => {
  /** Where it comes to stand, for a window that asks at this place. */
  const stands = (window: Box, { width, height } = size): [left: number, top: number, height: number] => {
    const bar = addressBar(window);
    const box = fitted(over(window, bar, 0), { width, height }, screen, bar);
    const overlaps = box.left < bar.left + bar.width && bar.left < box.left + box.width;
    assert.ok(!overlaps || box.top >= bar.top + bar.height || box.top + box.height <= bar.top, "it covers the bar");
    assert.ok(box.top >= 0 && box.top + box.height <= screen.height, "it is not on the screen");
    return [box.left, box.top, box.height];
  };
  assert.deepEqual(stands({ left: 100, top: 50, width: 860, height: 700 }), [300, 130, 430]);
  assert.deepEqual(stands({ left: 0, top: 675, width: 1280, height: 225 }), [410, 245, 430], "above");
  assert.deepEqual(stands({ left: 700, top: 400, width: 500, height: 500 }), [240, 470, 430], "beside, to the left");
  assert.deepEqual(stands({ left: 0, top: 400, width: 500, height: 500 }), [500, 470, 430], "beside, to the right");
  assert.deepEqual(stands({ left: 0, top: 0, width: 1280, height: 900 }, { ...size, height: 870 }), [410, 80, 820]);
});

test("what the user has moved is kept on the screen, and may cover what it likes", () => {
  assert.deepEqual(fitted({ left: 300, top: 40 }, size, screen, undefined), { left: 300, top: 40, ...size });
  assert.deepEqual(fitted({ left: 1200, top: 800 }, size, screen, undefined), { left: 820, top: 470, ...size });
});

test("where there is no room at all it is on the screen all the same", () => {
  const small = { ...screen, height: 380 };
  const bar = addressBar({ left: 0, top: 0, width: 1280, height: 380 });
  assert.deepEqual(fitted({ left: 410, top: 80 }, size, small, bar), { left: 410, top: 0, ...size });
});

test("the page reads what the background wrote", () => {
  const bar = { left: -1900, top: -20, width: 860, height: 80 };
  for (const hash of [{ id: "a-b" }, { id: "a-b", place: { left: -1700, top: 60 }, bar }])
    assert.deepEqual(readPromptHash(promptHash(hash)), hash);
  assert.deepEqual(readPromptHash("#a-b:1:2:3"), { id: "" });
  assert.deepEqual(readPromptHash(""), { id: "" });
});
