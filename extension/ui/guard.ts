// Keeps buttons dead that a person has had no time to look at. What somebody clicks in the first half second after a window came up, came
// to the front, moved, or changed what it says, was meant for something else: a double click, a game, a page that was there before.

/** How long they stay dead, in ms. */
export const deadTime = /*rule:allow-disabled-at-first*/ 500;
/** Windows tell nobody that they move: it is looked at so often, in ms. */
const movesSeen = 100;

/** How a person pressed a button. */
export interface Pressed {
  /** With the keyboard. */
  key: boolean;
}

export class Guard {
  readonly #changed: () => void;
  #alive = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The guarded button on which the press that is under way has begun, while it was alive. */
  #pressed: { button: EventTarget; key: boolean } | undefined;

  /** `changed` is called whenever `alive` may have changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
    const rest = (): void => {
      this.rest();
    };
    for (const type of /*rule:allow-disabled-after-focus*/ [
      "focus",
      "blur",
      /*rule:allow-disabled-after-resize*/ "resize",
      "pageshow",
    ])
      addEventListener(type, rest);
    document.addEventListener("visibilitychange", rest);
    // Somebody who clicks or types on and on means something else, however long they do: they are to pause first. So does who types slowly, at
    // nothing that takes what they type.
    const hasty = (event: Event): void => {
      //rule:fast-clicks-extend-the-pause
      if (!this.#alive) this.rest();
      //rule:stray-keys-extend-the-pause
      if (event.type === "keydown" && isStray(event as KeyboardEvent)) this.rest();
    };
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, hasty, true);
    let place = "";
    setInterval(() => {
      const now = `${screenX.toString()},${screenY.toString()}`;
      //rule:allow-disabled-after-move
      if (place !== "" && now !== place) this.rest();
      place = now;
    }, movesSeen);
  }

  /** The user has had the time to look, and is looking. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Something has changed: dead, for a while. A press that is under way does not count. */
  rest(): void {
    this.#alive = false;
    //rule:press-ends-with-each-change
    this.#pressed = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      //rule:allow-disabled-without-focus
      this.#alive = document.hasFocus() && document.visibilityState === "visible";
      this.#changed();
    }, deadTime);
    this.#changed();
  }

  /**
   * Calls `pressed` when a person presses the button: all of the press while it is alive, by mouse, finger, pen, keyboard or an assistive
   * technology. `ready` says whether the button has anything to do.
   */
  guard(button: HTMLElement, ready: () => boolean, pressed: (how: Pressed) => void): void {
    const begin = (event: Event): void => {
      //rule:held-key-does-not-allow
      const held = event instanceof KeyboardEvent && event.repeat;
      const counts = /*rule:only-trusted-events-allow*/ event.isTrusted && !held && this.#alive && ready();
      this.#pressed = counts ? { button, key: event.type === "keydown" } : undefined;
    };
    button.addEventListener("mousedown", begin);
    button.addEventListener("keydown", begin);
    button.addEventListener("click", (event) => {
      //rule:whole-press-while-enabled
      const whole = this.#pressed?.button === button;
      const key = this.#pressed?.key === true;
      this.#pressed = undefined;
      if (/*rule:only-trusted-events-allow.2*/ event.isTrusted && whole && this.#alive && ready()) pressed({ key });
    });
  }

  /** The same for the Escape key, wherever the focus is. One that was held down before the window came up presses nothing. */
  guardEscape(ready: () => boolean, pressed: (how: Pressed) => void): void {
    addEventListener("keydown", (event) => {
      //rule:escape-is-guarded
      if (event.key === "Escape" && event.isTrusted && !event.repeat && this.#alive && ready()) pressed({ key: true });
    });
  }
}

/** Keys with a name that write something, too; those of an input method among them. */
const writing = ["Enter", "Backspace", "Dead", "Process"];

/** Reports whether a key writes something where nothing takes it: the focus is on the dialog itself, or nowhere. */
function isStray({ key, target }: KeyboardEvent): boolean {
  const hasName = /^[A-Z][A-Za-z0-9]+$/.test(key);
  const writes = !hasName || writing.includes(key);
  return writes && target instanceof HTMLElement && target.tabIndex < 0;
}
