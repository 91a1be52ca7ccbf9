// What a document knows of the user's gestures. It says which press its activation comes from; the broker keeps the account
// (background/gestures.ts), since one press activates several documents, and browsers let a document see its transient activation but not
// consume it.
//
// A press is everything from a key or button that goes down, or a finger that comes up, to the next: not the repeats of a key that is held,
// nor the other half of a click.

import type { Activation } from "../../protocol/message.ts";
import type { Listen } from "./life.ts";

/** Longest life of transient activation, in ms (HTML: user activation data model; 5 s in Chromium and Firefox), and a little more. */
export const activationLifetime = 5_500;

/** What of an event counts. */
export interface Seen {
  isTrusted: boolean;
  type: string;
  /** performance.now() when it happened. */
  timeStamp: number;
  key?: string;
  repeat?: boolean;
  pointerType?: string;
}

/** The presses that a document has seen. Pure: `now` is performance.now(). */
export class Presses {
  /** When it began to look. What it has not seen may have begun before. */
  readonly #since: number;
  /** When the last press began, and when it was last felt. */
  #began: number | undefined;
  #felt = Number.NEGATIVE_INFINITY;
  /** When a finger or pen went down that has not come up yet. */
  #down: number | undefined;

  constructor(now: number) {
    this.#since = now;
  }

  see({ isTrusted, type, timeStamp, key, repeat = false, pointerType }: Seen): void {
    if (/*rule:scripted-events-are-no-gesture*/ !isTrusted || key === "Escape") return; // Escape activates nothing
    if (type === "keydown") this.#press(/*rule:held-key-is-one-gesture*/ repeat ? undefined : timeStamp, timeStamp);
    else if (type === "pointerdown" && pointerType === "mouse") this.#press(timeStamp, timeStamp);
    // Fingers and pens activate when they come up: until then they may be there to scroll.
    else if (type === "pointerdown") this.#down = timeStamp;
    else if (type === "pointerup" && /*rule:click-halves-are-one-gesture*/ pointerType !== "mouse") {
      this.#press(/*rule:click-halves-are-one-gesture.2*/ this.#down, timeStamp);
      this.#down = undefined;
    }
  }

  /** `began` is undefined when the press is an old one. */
  #press(began: number | undefined, felt: number): void {
    this.#began = began ?? this.#began ?? this.#since - activationLifetime;
    this.#felt = felt;
  }

  /** How long ago, in ms, the press began from which an activation comes that is alive now: at most so long. `age`: of the document. */
  age(now: number, age: number): number {
    if (this.#began !== undefined && now - this.#felt <= activationLifetime) return now - this.#began;
    return Math.min(age, activationLifetime); // in another frame, or before it looked
  }
}

/** Events that a press is known by. */
const events = ["keydown", "pointerdown", "pointerup"] as const;

let presses: Presses | undefined;

/** Looks at presses from now on. That costs a page a microsecond for each; without it, nobody could tell a click from one in another frame. */
export function watchPresses(listen: Listen): void {
  const own = new Presses(performance.now());
  presses = own;
  const see = (event: Event): void => {
    own.see(event);
  };
  for (const type of events) listen(window, type, see);
}

/** What the broker is told of the activation that there is now. Undefined: there is none. */
export function activationNow(): Activation | undefined {
  if (/*rule:gesture-needs-user-activation*/ !navigator.userActivation.isActive || presses === undefined)
    return undefined;
  const now = performance.now(); // since the document began: what it is activated by is not older
  const at = Date.now();
  return { began: Math.floor(at - presses.age(now, now)), at };
}
