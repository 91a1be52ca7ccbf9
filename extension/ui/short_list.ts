// A list of which only the first few lines are shown, until somebody asks for all of them.

import { KeyedList, type Line } from "./keyed.ts";
import { text } from "./texts.ts";
import { count } from "./units.ts";

export class ShortList<T> {
  /** Shows all lines, or the first ones again. To be put below the list. */
  readonly more = document.createElement("button");
  readonly #parent: HTMLElement;
  readonly #lines: KeyedList<T>;
  readonly #fallback: HTMLElement;
  readonly #few: number;
  #all = false;

  /** `few`: how many lines are shown at first. `fallback` gets the focus where the line that had it is gone. */
  constructor(parent: HTMLElement, fallback: HTMLElement, few: number, create: (item: T) => Line<T>) {
    this.#parent = parent;
    this.#fallback = fallback;
    this.#few = few;
    this.#lines = new KeyedList(parent, fallback, create);
    this.more.type = "button";
    this.more.className = "link more-lines";
    this.more.addEventListener("click", () => {
      this.#all = !this.#all;
      this.#fit();
    });
  }

  show(items: readonly T[], keyOf: (item: T) => string): void {
    this.#lines.show(items, keyOf);
    this.#fit();
  }

  #fit(): void {
    const lines = [...this.#parent.children] as HTMLElement[];
    for (const [n, line] of lines.entries())
      // Nothing is taken away from under somebody's hands.
      line.hidden = !this.#all && n >= this.#few && !line.contains(document.activeElement);
    const words = this.#all ? text("popupShowFewer") : text("popupShowAll", count(lines.length));
    if (this.more.textContent !== words) this.more.textContent = words;
    const needless = lines.length <= this.#few;
    if (needless && this.more === document.activeElement) this.#fallback.focus();
    this.more.hidden = needless;
  }
}
