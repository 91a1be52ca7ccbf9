import assert from "node:assert/strict";
import { test } from "node:test";

/** The windows of the browser by id; tab n is in window n. */
const windows = new Map([
  [1, { type: "app", state: "normal" }],
  [2, { type: "normal", state: "fullscreen" }],
  [3, { type: "popup", state: "normal" }],
]);
const wanted: unknown[] = [];
Object.assign(globalThis, {
  chrome: {
    tabs: {
      get: (id: number) => (id < 9 ? Promise.resolve({ windowId: id }) : Promise.reject(new Error("No tab with id"))),
    },
    windows: {
      get: (id: number, { windowTypes }: { windowTypes: string[] }) => {
        wanted.push(...windowTypes);
        const found = windows.get(id);
        if (found === undefined || !windowTypes.includes(found.type)) return Promise.reject(new Error("No window"));
        return Promise.resolve(found);
      },
    },
  },
});
const { isInstalledApp } = await import("./app_window.ts");

test("an app is what is in a window for apps: not what fills the screen, not a popup, not what is gone", async () => {
  assert.equal(await isInstalledApp(1), true);
  for (const tabId of [2, 3, 4, 9, undefined]) assert.equal(await isInstalledApp(tabId), false, String(tabId));
});
