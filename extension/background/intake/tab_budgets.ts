// How the sites in a tab share its room: the page in the tab, and frames of others in it.
//
// A frame of another site has half of the room at most, and all of them together leave a part of it to the page's own site. The page's own
// site may have all of it: which frames there are is the page's doing.

import type { Bound, Budget } from "../../shared/budget.ts";
import { Budgets } from "./budgets.ts";

/** Who wants something of a tab's room. */
export interface InTab {
  tabId: number;
  /** The account of the site (intake.ts). */
  site: string;
  /** It is the site of the page in the tab. */
  ofPage: boolean;
}

/** What one other site may have, and what all of them together. */
const parts = { one: 1 / 2, all: 3 / 4 } as const;

export class TabBudgets {
  readonly #tabs: Budgets;
  readonly #others: Budgets;
  readonly #sites: Budgets;

  /** `bound` is a tab's. */
  constructor(bound: Bound) {
    this.#tabs = new Budgets(bound);
    this.#others = new Budgets(part(bound, parts.all));
    this.#sites = new Budgets(part(bound, parts.one));
  }

  get size(): number {
    return this.#tabs.size + this.#others.size + this.#sites.size;
  }

  /** The budgets that must all have room. */
  of({ tabId, site, ofPage }: InTab, now: number): Budget[] {
    const tab = tabId.toString();
    const whole = this.#tabs.of(tab, now);
    //rule:frames-leave-page-its-budget
    if (ofPage) return [whole];
    //rule:opens-limited-per-frame-site
    return [
      this.#sites.of(`${tab} ${site}`, now),
      /*rule:foreign-frames-leave-page-opens*/ this.#others.of(tab, now),
      whole,
    ];
  }
}

function part({ atOnce, burst, perSecond }: Bound, fraction: number): Bound {
  return {
    atOnce: Math.max(1, Math.floor(atOnce * fraction)),
    burst: Math.floor(burst * fraction),
    perSecond: perSecond * fraction,
  };
}
