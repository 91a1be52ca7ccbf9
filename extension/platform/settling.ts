// What waits to know whether a document has a lane: it goes on when there is one, and when waiting for it is over.

/** How long a socket that is open waits for the lane before it takes the other carrier, in ms. */
export const laneTimeout = 500;

export class Settling {
  /** What waits; undefined once it is settled. */
  #waiting: (() => void)[] | undefined = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Calls `next` once it is settled; at once if it is. Calls keep their order. */
  once(next: () => void): void {
    if (this.#waiting === undefined) next();
    else this.#waiting.push(next);
  }

  /** It is settled after so many ms, whatever happens. */
  within(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.settle();
    }, ms);
  }

  settle(): void {
    clearTimeout(this.#timer);
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const next of waiting) next();
  }

  /** Nothing waits any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
  }
}
