// The developer's console, as this world writes to it: the page shares neither the object nor what is printed.

import { Budget, type Bound } from "../shared/budget.ts";
import { consoleLines } from "../shared/console_lines.ts";

/** Lines of one document: so many in a row, and then one every ten seconds. */
export const linesBound: Bound = { atOnce: 1, burst: 50, perSecond: 0.1 };

export class DeveloperConsole {
  readonly #budget: Budget;
  /** It was said that lines are left out. */
  #full = false;

  /** `now` is the time in ms. */
  constructor(now: number) {
    this.#budget = new Budget(linesBound, now);
  }

  /** Prints a line, if there is room for it. */
  print(text: string, now: number): void {
    if (/*rule:console-lines-are-bounded*/ this.#budget.take(now)) {
      this.#budget.give();
      this.#full = false;
    } else if (this.#full) return;
    else {
      this.#full = true;
      text = consoleLines.bounded;
    }
    //rule:reason-goes-to-console
    console.warn(`Portside: ${text}`);
  }
}
