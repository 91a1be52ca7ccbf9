// When a guarded button is alive, and which press counts: with a made-up window and clock. What real windows do is tested there
// (e2e/prompt.test.ts, e2e/focus.test.ts, e2e/tricks.test.ts).

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeClock } from "../fake/clock.ts";
import { installWindow, Target } from "../fake/document.ts";

const window = installWindow();
const clock = new FakeClock().install();
const screen = { hasFocus: true, visibilityState: "visible" };
Object.defineProperties(window.document, {
  hasFocus: { value: () => screen.hasFocus },
  visibilityState: { get: () => screen.visibilityState },
});
class KeyboardEvent {
  readonly type: string;
  readonly repeat: boolean;
  readonly isTrusted = true;
  constructor(type: string, repeat: boolean) {
    this.type = type;
    this.repeat = repeat;
  }
}
const setInterval = (run: () => void, ms: number): void => {
  const again = (): void => {
    clock.later(() => {
      run();
      again();
    }, ms);
  };
  again();
};
Object.assign(globalThis, { KeyboardEvent, setInterval, screenX: 0, screenY: 0 });
const { Guard } = await import("./guard.ts");

const guard = new Guard(() => undefined);
const button = new Target();
let pressed = 0;
let ready = true;
/** Whether the last press was by keyboard. */
let byKey: boolean | undefined;
const press = ({ key }: { key: boolean }): void => {
  pressed++;
  byKey = key;
};
guard.guard(button as unknown as HTMLElement, () => ready, press);
guard.guardEscape(() => ready, press);

/** An event of a person's, or of a script. */
const fire = (type: string, isTrusted = true): unknown => button.dispatchEvent({ type, isTrusted });
/** The user has had the time to look. */
async function alive(): Promise<void> {
  guard.rest();
  await clock.advance(500);
  assert.equal(guard.alive, true);
}
/** Something dead is alive after half a second, and not before. */
async function deadForHalfASecond(): Promise<void> {
  assert.equal(guard.alive, false);
  await clock.advance(499);
  assert.equal(guard.alive, false);
  await clock.advance(1);
  assert.equal(guard.alive, true);
}

beforeEach(async () => {
  Object.assign(screen, { hasFocus: true, visibilityState: "visible" });
  ready = true;
  await alive();
  pressed = 0;
});

test("dead for the first half second, and for another after each change", async () => {
  guard.rest();
  await deadForHalfASecond();
  guard.rest();
  await clock.advance(300);
  guard.rest();
  await deadForHalfASecond();
});

test("after each return of the focus", async () => {
  for (const type of ["focus", "blur", "pageshow"]) {
    window.dispatchEvent({ type });
    await deadForHalfASecond();
  }
});

test("after a change of size", async () => {
  window.dispatchEvent({ type: "resize" });
  await deadForHalfASecond();
});

test("after a move, which no event tells of", async () => {
  for (const place of [{ screenX: 40 }, { screenY: 40 }]) {
    await clock.advance(200); // it has looked where the window is
    Object.assign(globalThis, place);
    await clock.advance(100);
    assert.equal(guard.alive, false);
    await clock.advance(500);
    assert.equal(guard.alive, true);
  }
});

test("as long as another window has the focus, or nobody sees this one", async () => {
  for (const away of [{ hasFocus: false }, { visibilityState: "hidden" }]) {
    Object.assign(screen, { hasFocus: true, visibilityState: "visible" }, away);
    guard.rest();
    await clock.advance(5_000);
    assert.equal(guard.alive, false);
  }
});

test("a press counts that began on the button while it was alive", async () => {
  fire("mousedown");
  fire("click");
  assert.equal(pressed, 1);
  fire("click"); // the one before is used up
  assert.equal(pressed, 1);
  guard.rest();
  fire("mousedown");
  await clock.advance(500);
  fire("click");
  assert.equal(pressed, 1, "it began while it was dead");
});

test("not if anything has changed since it began", async () => {
  fire("mousedown");
  guard.rest();
  await clock.advance(500);
  fire("click");
  assert.equal(pressed, 0);
  fire("mousedown");
  ready = false;
  fire("click");
  assert.equal(pressed, 0);
});

test("no script presses, neither half of it", () => {
  fire("mousedown", false);
  fire("click", false);
  fire("mousedown", false);
  fire("click");
  fire("mousedown");
  fire("click", false);
  assert.equal(pressed, 0);
});

test("no key that is held down", () => {
  button.dispatchEvent(new KeyboardEvent("keydown", true) as never);
  fire("click");
  assert.equal(pressed, 0);
  button.dispatchEvent(new KeyboardEvent("keydown", false) as never);
  fire("click");
  assert.deepEqual([pressed, byKey], [1, true]);
  fire("mousedown");
  fire("click");
  assert.deepEqual([pressed, byKey], [2, false]);
});

test("somebody who types slowly is typing at something else: each letter makes it dead again, unless something takes it", async () => {
  const element = (tabIndex: number): object => Object.assign(new HTMLElement(), { tabIndex });
  const type = (key: string, target: object): unknown => window.dispatchEvent({ type: "keydown", key, target });
  for (const key of ["h", " ", "Enter", "Backspace"]) {
    type(key, element(-1));
    await deadForHalfASecond();
  }
  for (const key of ["Tab", "ArrowDown", "Shift"]) type(key, element(-1));
  for (const key of ["h", " ", "Enter"]) type(key, element(0));
  assert.equal(guard.alive, true);
});

test("somebody who clicks or types on and on is to pause first", async () => {
  guard.rest();
  for (const type of ["pointerdown", "keydown", "pointerdown", "keydown"]) {
    await clock.advance(300);
    window.dispatchEvent({ type });
    assert.equal(guard.alive, false);
  }
  await deadForHalfASecond();
});

test("Escape is guarded like the buttons", async () => {
  const escape = (more: object = {}): unknown =>
    window.dispatchEvent({ type: "keydown", key: "Escape", isTrusted: true, repeat: false, ...more });
  escape({ isTrusted: false });
  escape({ repeat: true });
  escape({ key: "Enter" });
  assert.equal(pressed, 0);
  escape();
  assert.deepEqual([pressed, byKey], [1, true]);
  guard.rest();
  escape();
  assert.equal(pressed, 1);
  await alive();
  ready = false;
  escape();
  assert.equal(pressed, 1);
});
