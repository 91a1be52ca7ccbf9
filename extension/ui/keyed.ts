// A list on the screen that changes in place: a line stays the element that it was for as long as its key is there. So the focus stays where
// it is, and nothing is read out again that has not changed.

/** A line, and how it takes on what has changed. */
export interface Line<T> {
  element: HTMLElement;
  update: (item: T) => void;
}

export class KeyedList<T> {
  readonly #parent: HTMLElement;
  readonly #create: (item: T) => Line<T>;
  readonly #lines = new Map<string, Line<T>>();
  /** Where the focus goes when the last line went with it. */
  readonly #fallback: HTMLElement;

  constructor(parent: HTMLElement, fallback: HTMLElement, create: (item: T) => Line<T>) {
    this.#parent = parent;
    this.#fallback = fallback;
    this.#create = create;
  }

  show(items: readonly T[], keyOf: (item: T) => string): void {
    const wanted = new Map(items.map((item) => [keyOf(item), item]));
    let orphaned: number | undefined;
    for (const [key, { element }] of this.#lines) {
      if (wanted.has(key)) continue;
      if (element.contains(document.activeElement)) orphaned = [...this.#parent.children].indexOf(element);
      element.remove();
      this.#lines.delete(key);
    }
    let place: Element | null = this.#parent.firstElementChild;
    for (const [key, item] of wanted) {
      let line = this.#lines.get(key);
      if (line === undefined) {
        line = this.#create(item);
        this.#lines.set(key, line);
      }
      line.update(item);
      if (line.element === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(line.element, place);
    }
    if (orphaned === undefined) return;
    const heir = this.#parent.children[Math.min(orphaned, this.#parent.children.length - 1)];
    (heir?.querySelector<HTMLElement>("button, summary") ?? this.#fallback).focus();
  }
}
