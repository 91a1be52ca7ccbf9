// Keeps buttons dead that a person has had no time to look at. What somebody clicks in the first half second after a window came up, came
// to the front, moved, or changed what it says, was meant for something else: a double click, a game, a page that was there before.

/** How long they stay dead, in ms. */
export const deadTime = 500;
/** Windows tell nobody that they move: it is looked at so often, in ms. */
const movesSeen = 100;

export class Guard {
  readonly #changed: () => void;
  #alive = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The guarded button on which the press that is under way has begun, while it was alive. */
  #pressed: EventTarget | undefined;

  /** `changed` is called whenever `alive` may have changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
    const rest = (): void => {
      this.rest();
    };
    for (const type of ["focus", "blur", "resize", "pageshow"]) addEventListener(type, rest);
    document.addEventListener("visibilitychange", rest);
    // Somebody who clicks or types on and on means something else, however long they do: they are to pause first.
    const hasty = (): void => {
      if (!this.#alive) this.rest();
    };
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, hasty, true);
    let place = "";
    setInterval(() => {
      const now = `${screenX.toString()},${screenY.toString()}`;
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
    this.#pressed = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#alive = document.hasFocus() && document.visibilityState === "visible";
      this.#changed();
    }, deadTime);
    this.#changed();
  }

  /**
   * Calls `pressed` when a person presses the button: all of the press while it is alive, by mouse, finger, pen, keyboard or an assistive
   * technology. `ready` says whether the button has anything to do.
   */
  guard(button: HTMLElement, ready: () => boolean, pressed: () => void): void {
    const begin = (event: Event): void => {
      const held = event instanceof KeyboardEvent && event.repeat;
      this.#pressed = event.isTrusted && !held && this.#alive && ready() ? button : undefined;
    };
    button.addEventListener("mousedown", begin);
    button.addEventListener("keydown", begin);
    button.addEventListener("click", (event) => {
      const whole = this.#pressed === button;
      this.#pressed = undefined;
      if (event.isTrusted && whole && this.#alive && ready()) pressed();
    });
  }

  /** The same for the Escape key, wherever the focus is. One that was held down before the window came up presses nothing. */
  guardEscape(ready: () => boolean, pressed: () => void): void {
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && event.isTrusted && !event.repeat && this.#alive && ready()) pressed();
    });
  }
}
