// Where the consent window comes to stand, with a window manager that is made up. What real ones do: e2e/tricks.test.ts, e2e/focus.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnPage } from "../fake/own_page.ts";
import type { Hash } from "../background/consent/prompt_place.ts";

interface Change {
  left?: number;
  top?: number;
  width?: number;
  height?: number;
}

const { clock } = new OwnPage("prompt.html", { hash: "#1" });
const changes: Change[] = [];
/** What the window manager makes of a wish. */
let manages: (change: Change) => Change = (change) => change;

function stand({ left, top, width, height }: Change): void {
  if (left !== undefined && top !== undefined) Object.assign(globalThis, { screenX: left, screenY: top });
  if (width !== undefined && height !== undefined)
    Object.assign(globalThis, { outerWidth: width, outerHeight: height, innerWidth: width, innerHeight: height });
}

const { chrome } = globalThis as unknown as { chrome: { windows: object; tabs: object } };
Object.assign(chrome.windows, {
  getCurrent: async () => ({ id: 7 }),
  update: async (_: number, change: Change) => {
    changes.push(change);
    stand(manages(change));
  },
});
Object.assign(globalThis, { screen: { availLeft: 0, availTop: 0, availWidth: 1280, availHeight: 900 } });
const content = document.documentElement as unknown as { offsetHeight: number };
content.offsetHeight = 430;

/** The page's window is in the middle of the screen. */
const bar = { left: 200, top: 100, width: 860, height: 120 };
const wanted = { id: "1", place: { left: 400, top: 220 }, bar };

let copies = 0;
/** A new window, which the browser or its window manager has put there. */
async function begins(at: Change): Promise<() => Promise<void>> {
  changes.length = 0;
  stand({ left: 400, top: 220, width: 460, height: 430, ...at });
  const { fitWindow } = (await import(`./prompt_fit.ts?${String(++copies)}`)) as { fitWindow: (wanted: Hash) => void };
  return async () => {
    fitWindow(wanted);
    await clock.advance(500);
  };
}
const place = (): number[] => [screenX, screenY, outerHeight];

test("what stands where it is to be is left alone, and grows with its content", async () => {
  const fit = await begins({});
  await fit();
  assert.deepEqual(changes, []);
  content.offsetHeight = 500;
  await fit();
  assert.deepEqual(changes, [{ width: 460, height: 500 }]);
  content.offsetHeight = 430;
});

test("where the window manager has put it elsewhere, it is moved to its place", async () => {
  for (const at of [
    { left: 0, top: 0 },
    { left: 300, top: 90 },
  ]) {
    const fit = await begins(at);
    await fit();
    assert.deepEqual(place(), [400, 220, 430]);
  }
});

test("one that insists has its way after three times", async () => {
  const fit = await begins({ left: 10, top: 20 });
  manages = ({ width, height }) => ({ width: width ?? 0, height: height ?? 0 });
  for (let n = 0; n < 5; n++) await fit();
  assert.deepEqual(place(), [10, 20, 430]);
  assert.ok(changes.filter(({ left }) => left !== undefined).length <= 3, JSON.stringify(changes));
  manages = (change) => change;
});

test("so is one that moves it a moment after it has come up; what the user moves later stays there", async () => {
  const fit = await begins({});
  performance.now = () => 300;
  await fit();
  stand({ left: 0, top: 0 });
  await fit();
  assert.deepEqual(place(), [400, 220, 430]);
  performance.now = () => 5_000;
  stand({ left: 250, top: 110 }); // over the address bar
  await fit();
  assert.deepEqual(place(), [250, 110, 430]);
  stand({ left: 1_200, top: 110 });
  await fit();
  assert.deepEqual(place(), [820, 110, 430], "on the screen all the same");
});

test("content that grows does not push it over the address bar: it scrolls", async () => {
  const fit = await begins({});
  content.offsetHeight = 800;
  await fit();
  assert.deepEqual(place(), [400, 220, 680]);
  content.offsetHeight = 430;
});

test("a window on another screen than its page moves there", async () => {
  const fit = await begins({ left: -900, top: 50 });
  Object.assign(screen, { availLeft: -1_280 });
  manages = (change) => {
    Object.assign(screen, { availLeft: 0 });
    return change;
  };
  await fit();
  assert.deepEqual(place(), [400, 220, 430]);
  manages = (change) => change;
});

test("zoomed in Firefox, which tells the page of window and screen in its own pixels: as large as its content", async () => {
  const { pages: platform } = await import("../platform/current.ts");
  const { pages: firefox } = await import("../platform/firefox.ts");
  const { screenScale } = platform;
  Object.assign(platform, { screenScale: firefox.screenScale });
  Object.assign(chrome.tabs, { getZoom: () => Promise.resolve(1.5) });
  Object.assign(screen, { availWidth: 853, availHeight: 600 });
  const fit = await begins({});
  /** As the page hears of it: rounded. */
  const stands = ({ left = 0, top = 0, width = 0, height = 0 }: Change): void => {
    const [x = 0, y = 0, w = 0, h = 0] = [left, top, width, height].map((pixels) => Math.round(pixels / 1.5));
    stand({ left: x, top: y, width: w, height: h });
  };
  let now: Change = { left: 400, top: 220, width: 450, height: 420 };
  stands(now);
  manages = (change) => {
    stands((now = { ...now, ...change }));
    return {};
  };
  await fit();
  assert.deepEqual(now, { left: 400, top: 220, width: 690, height: 645 });
  changes.length = 0;
  await fit();
  assert.deepEqual(changes, []);
  manages = (change) => change;
  Object.assign(screen, { availWidth: 1280, availHeight: 900 });
  Object.assign(chrome.tabs, { getZoom: () => Promise.resolve(1) });
  Object.assign(platform, { screenScale });
});
