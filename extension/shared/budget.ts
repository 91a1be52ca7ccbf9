// How much of something somebody may use: so many at a time, and so many in the long run. Pure: the time comes as a parameter, in ms.

export interface Bound {
  /** In use at a time. */
  atOnce: number;
  /** In a row without a pause, and from then on in a second. */
  burst: number;
  perSecond: number;
}

/**
 * Opens that wait for their answer. The content script keeps the document's bound and the broker all three, so that a script that lies gains
 * nothing. What administrators let an origin do (the host's limits) goes up to these.
 */
export const openBounds = {
  document: { atOnce: 128, burst: 1_500, perSecond: 100 },
  tab: { atOnce: 256, burst: 2_000, perSecond: 100 },
  site: { atOnce: 256, burst: 2_000, perSecond: 100 },
} as const satisfies Record<string, Bound>;

export class Budget {
  readonly #bound: Bound;
  #used = 0;
  #left: number;
  #at: number;

  constructor(bound: Bound, now: number) {
    this.#bound = bound;
    this.#left = bound.burst;
    this.#at = now;
  }

  /** Reports whether there is room for one more, which costs so much of what there is in the long run. */
  has(now: number, cost = 1): boolean {
    const { atOnce, burst, perSecond } = this.#bound;
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) * perSecond) / 1_000);
    this.#at = now;
    return (
      /*rule:opens-at-once-are-bounded*/ this.#used < atOnce && /*rule:opens-in-row-are-bounded*/ this.#left >= cost
    );
  }

  /** Takes one, if there is room for it; it is in use until `give`. */
  take(now: number, cost = 1): boolean {
    if (!this.has(now, cost)) return false;
    this.#used++;
    this.#left -= cost;
    return true;
  }

  give(): void {
    this.#used--;
  }

  /** Reports whether a new one would be the same: nobody needs to remember it. */
  isWhole(now: number): boolean {
    this.has(now);
    return this.#used === 0 && this.#left === this.#bound.burst;
  }
}
