// The three steps of the welcome page, which tick themselves: the program is there, the button is in the toolbar, a first connection has worked.

import { ext } from "../shared/ext.ts";
import { pages as platform } from "../platform/current.ts";
import { tried } from "../background/host/tried.ts";
import { byId, text } from "./texts.ts";

type Step = "program" | "pin" | "first";

/** Ticks a step, or takes the tick away. */
export function tick(step: Step, done: boolean): void {
  const element = byId(`step-${step}`);
  if (element.classList.contains("done") === done) return;
  element.classList.toggle("done", done);
  byId(`tick-${step}`).textContent = done ? text("setupDone") : "";
}

/** Says something once, or a screen reader would say it again. */
function say(id: string, words: string): void {
  if (byId(id).textContent !== words) byId(id).textContent = words;
}

/** Reports whether the button is in the toolbar; undefined: the browser does not tell. */
async function isPinned(): Promise<boolean | undefined> {
  try {
    return (await ext.action.getUserSettings()).isOnToolbar;
  } catch {
    return undefined;
  }
}

async function showPin(): Promise<void> {
  const pinned = await isPinned();
  tick("pin", pinned === true);
  say("pin-state", text(pinned === true ? "setupPinned" : platform.pinText));
}

async function showFirst(): Promise<void> {
  const done = await tried.get();
  tick("first", done);
  if (done) say("try-state", text("setupTried"));
}

/** Keeps the steps of the button and of the first connection up to date. */
export function watchSteps(): void {
  const pin = (): void => void showPin();
  pin();
  void showFirst();
  tried.watch(() => void showFirst());
  // Chromium has the event since version 130, Firefox has not: there it is looked at when somebody comes back to the page.
  (ext.action as Partial<typeof ext.action>).onUserSettingsChanged?.addListener(pin);
  for (const type of ["focus", "visibilitychange"]) addEventListener(type, pin);
}
