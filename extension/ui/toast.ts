// Says for a few seconds what was done, with a button that undoes it. It stands over the page, at its edge, and moves nothing.

import { byId, text } from "./texts.ts";

/** How long it can be undone, in ms. It is longer while the pointer or the focus is on it. */
export const undoTime = 8_000;

export class Toast {
  readonly #place = byId("toast");
  readonly #said = byId("said");
  readonly #button = byId("undo");
  #undo: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #held = false;

  constructor() {
    this.#button.textContent = text("undo");
    this.#button.addEventListener("click", (event) => {
      if (/*rule:undo-needs-trusted-click*/ event.isTrusted) this.#take();
    });
    // Somebody who uses the keyboard is elsewhere, and would come too late.
    addEventListener("keydown", (event) => {
      const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
      if (!isUndo || !event.isTrusted || event.repeat || this.#undo === undefined) return;
      if (event.target instanceof HTMLInputElement) return; // there it is the field's
      event.preventDefault();
      this.#take();
    });
    for (const [type, held] of [
      ["pointerenter", true],
      ["focusin", true],
      ["pointerleave", false],
      ["focusout", false],
    ] as const)
      this.#place.addEventListener(type, () => {
        this.#held = held;
        this.#wait();
      });
  }

  /** Says it, in place of what it said before; that cannot be undone any more. */
  say(words: string, undo?: () => void): void {
    this.#said.textContent = words;
    this.#undo = undo;
    this.#button.hidden = undo === undefined;
    this.#place.classList.add("shown");
    this.#wait();
  }

  #take(): void {
    const undo = this.#undo;
    this.#hide();
    undo?.();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#held) return;
    this.#timer = setTimeout(() => {
      this.#hide();
    }, undoTime);
  }

  #hide(): void {
    clearTimeout(this.#timer);
    this.#undo = undefined;
    this.#held = false;
    this.#button.hidden = true;
    this.#said.textContent = "";
    this.#place.classList.toggle("shown", false);
  }
}
