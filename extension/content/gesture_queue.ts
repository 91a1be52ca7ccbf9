// Opens that wait for a gesture of the user's: the page hears nothing of them before there is one, and each press asks for one of them.
//
// Code for isolated web apps listens and connects while it loads, where no gesture is asked of it. Here it gets its question with the user's
// next click or key press in the document.

import type { PageMessage } from "../../protocol/page.ts";

export type Waiting = Extract<PageMessage, { type: "open" | "listen" | "bind" }>;

/** So many may wait. */
const most = 16;

export class GestureQueue {
  readonly #again: (message: Waiting) => void;
  readonly #activation: () => object | undefined;
  /** What was asked, and may come to wait, by its id. */
  readonly #asked = new Map<number, Waiting>();
  /** What waits: the oldest first. */
  readonly #waiting = new Map<number, Waiting>();

  /** `again` is called with what is to be asked again, at a moment at which there is a gesture: `activation` tells of the one that there is. */
  constructor(life: AbortSignal, activation: () => object | undefined, again: (message: Waiting) => void) {
    this.#again = again;
    this.#activation = activation;
    // Behind the page's own listeners: what they ask for goes first. A press ends with one of these.
    for (const type of ["click", "keyup"])
      addEventListener(
        type,
        () => {
          if (this.#waiting.size > 0)
            setTimeout(() => {
              this.#next();
            }, 0);
        },
        { capture: true, passive: true, signal: life },
      );
  }

  /** The broker is asked for it. */
  asked(message: Waiting): void {
    this.#asked.set(message.id, message);
  }

  /** It was answered in another way than by `gestureWanted`. */
  answered(id: number): void {
    this.#asked.delete(id);
  }

  /** It waits. Returns false when too many do. */
  wait(id: number): boolean {
    const message = this.#asked.get(id);
    this.#asked.delete(id);
    //rule:opens-that-wait-are-bounded
    if (message === undefined || this.#waiting.size >= most) return false;
    this.#waiting.set(id, message);
    return true;
  }

  /** The page withdraws it. Returns false when it does not wait. */
  forget(id: number): boolean {
    return this.#waiting.delete(id);
  }

  clear(): void {
    this.#asked.clear();
    this.#waiting.clear();
  }

  #next(): void {
    const [first] = this.#waiting.values();
    //rule:waiting-open-needs-activation
    if (first === undefined || this.#activation() === undefined) return;
    this.#waiting.delete(first.id);
    this.#again(first);
  }
}
