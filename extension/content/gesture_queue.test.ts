import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import "../fake/globals.ts";
import { installWindow } from "../fake/document.ts";
import type { Waiting } from "./gesture_queue.ts";

const page = installWindow();
const { activationNow, watchPresses } = await import("./activation.ts");
const { GestureQueue } = await import("./gesture_queue.ts");

watchPresses((_, type, listener) => {
  addEventListener(type, listener as EventListener);
});
const again: number[] = [];
let queue = new GestureQueue(new AbortController().signal, activationNow, ({ id }) => again.push(id));
let life = new AbortController();
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  again.length = 0;
  life.abort();
  life = new AbortController();
  queue = new GestureQueue(life.signal, activationNow, ({ id }) => again.push(id));
});

const listen = (id: number): Waiting => ({ type: "listen", id, options: { localAddress: "::1" }, evalBlocked: true });

/** The user clicks; `active`: the document is activated by it. */
function click(active = true): void {
  page.isActive = active;
  page.dispatchEvent({ type: "click", isTrusted: true });
  mock.timers.tick(0);
  page.isActive = false;
}

test("each press asks for one that waits, the oldest first", () => {
  for (const id of [1, 2, 3]) {
    queue.asked(listen(id));
    assert.equal(queue.wait(id), true);
  }
  click(false);
  assert.deepEqual(again, [], "a script's click is no gesture");
  click();
  assert.deepEqual(again, [1]);
  assert.equal(queue.forget(2), true);
  click();
  assert.deepEqual(again, [1, 3]);
  click();
  assert.deepEqual(again, [1, 3]);
});

test("sixteen wait, and only what was asked for and not answered", () => {
  for (let id = 1; id <= 17; id++) queue.asked(listen(id));
  queue.answered(17);
  assert.equal(queue.wait(17), false);
  for (let id = 1; id <= 16; id++) assert.equal(queue.wait(id), true);
  queue.asked(listen(18));
  assert.equal(queue.wait(18), false);
  assert.equal(queue.forget(99), false);
  queue.clear();
  click();
  assert.deepEqual(again, []);
});
