// How many frames get an answer from this document, by the origin that asks: the broker counts answers for the page, so that a frame that
// asks without end would use up what the frames of others need.

import { Budget } from "../shared/budget.ts";

/** Of one origin, whatever its windows are: so many in a row, and so many in a second. */
const bound = { atOnce: 1, burst: 300, perSecond: 20 } as const;
/** Origins that are remembered. */
const most = 100;

export class Answers {
  readonly #own: string;
  readonly #budgets = new Map<string, Budget>();

  /** `own`: the document's own origin, whose frames are the page's own doing. */
  constructor(own: string) {
    this.#own = own;
  }

  /** Reports whether a frame of this origin gets an answer now. */
  take(origin: string, now: number): boolean {
    if (origin === this.#own && origin !== "null") return true;
    const budget = this.#budgets.get(origin) ?? new Budget(bound, now);
    this.#budgets.set(origin, budget);
    for (const [other, one] of this.#budgets)
      if (this.#budgets.size > most && other !== origin && (one.isWhole(now) || this.#budgets.size > 2 * most))
        this.#budgets.delete(other);
    //rule:frame-answers-limited-per-origin
    if (!budget.take(now)) return false;
    budget.give();
    return true;
  }
}
