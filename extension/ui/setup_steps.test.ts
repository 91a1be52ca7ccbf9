// The welcome page's steps, which tick themselves, in browsers that say where the button is and in others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "../fake/clock.ts";
import { OwnPage } from "../fake/own_page.ts";

const page = new OwnPage("setup.html");
const { chrome } = globalThis as unknown as { chrome: Record<"action", object> };
let pinned: boolean | undefined;
let changed = (): void => undefined;
chrome.action = {
  getUserSettings: () =>
    pinned === undefined ? Promise.reject(new Error("no such thing")) : Promise.resolve({ isOnToolbar: pinned }),
  onUserSettingsChanged: {
    addListener: (listener: () => void) => {
      changed = listener;
    },
  },
};
const { tried } = await import("../background/host/tried.ts");
const { tick, watchSteps } = await import("./setup_steps.ts");
const done = (step: string): boolean => page.element(`step-${step}`).classList.contains("done");
const words = (id: string): string => page.element(id).textContent;

test("the button's step says how as long as the browser does not tell, and ticks when it is pinned", async () => {
  watchSteps();
  await settled();
  assert.deepEqual([done("pin"), words("tick-pin")], [false, ""]);
  assert.match(words("pin-state"), /puzzle piece/);
  pinned = true;
  changed();
  await settled();
  assert.deepEqual(
    [done("pin"), words("tick-pin"), words("pin-state")],
    [true, "Done", "The button is in the toolbar."],
  );
  pinned = false;
  page.window.dispatchEvent({ type: "focus" });
  await settled();
  assert.deepEqual([done("pin"), words("tick-pin")], [false, ""]);
});

test("the first connection's step ticks when one has worked, and says where to look", async () => {
  assert.equal(done("first"), false);
  await tried.set(true);
  await settled();
  assert.deepEqual([done("first"), words("tick-first")], [true, "Done"]);
  assert.match(words("try-state"), /It works\. Click the Portside button/);
});

test("the program's step ticks, and loses its tick with the program", () => {
  for (const is of [true, false]) {
    tick("program", is);
    assert.deepEqual([done("program"), words("tick-program")], [is, is ? "Done" : ""]);
  }
});
