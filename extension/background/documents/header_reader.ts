// Reads the headers of responses within a budget: there is one thread for all sites, and a response can bring 80 KB that take milliseconds.
//
// The same text is read once. Beyond a site's or a tab's budget nothing is read, and the strictest reading counts.

import type { Bound, Budget } from "../../shared/budget.ts";
import { Budgets, spendAll } from "../intake/budgets.ts";
import { lengthOf, readTexts, textsOf, unread } from "./header_policy.ts";
import type { HeaderPolicy, Header } from "./header_policy.ts";
import { TabBudgets } from "../intake/tab_budgets.ts";
import type { InTab } from "../intake/tab_budgets.ts";

/** Letters that are read for a site, and for a tab. A hundred thousand take 40 ms at most, and mostly two. */
const bound: Bound = { atOnce: 1, burst: 2_000_000, perSecond: 100_000 };
/** What noting a response by its URL costs beside that, as letters: the keys are hashes, and it is written down. */
const noting = 1_000;
/** Texts that are remembered with what they say: so many, and so many letters in all. */
const most = { texts: 64, letters: 1_000_000 } as const;

/** Who brought a response about. Without a tab it is a worker. */
export type Asker = Omit<InTab, "tabId"> & { tabId?: number };

export class HeaderReader {
  readonly #now: () => number;
  readonly #sites = new Budgets(bound);
  readonly #tabs = new TabBudgets(bound);
  /** The one that was used last comes last. */
  readonly #known = new Map<string, HeaderPolicy>();
  #letters = 0;

  /** `now` tells the time in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** What the headers say; `unread` when there is no room to read them. */
  read(headers: readonly Header[], asker: Asker): HeaderPolicy {
    const texts = textsOf(headers);
    const { permissions = [], csp = [] } = texts;
    const length = lengthOf(permissions) + lengthOf(csp);
    if (length === 0) return readTexts(texts);
    const key = JSON.stringify([texts.permissions ?? null, texts.csp ?? null]);
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#known.delete(key);
      this.#known.set(key, known);
      return known;
    }
    //rule:header-reading-has-budget
    if (!this.#spend(asker, length)) return /*rule:unread-headers-are-strictest*/ unread;
    const policy = readTexts(texts);
    this.#remember(key, policy);
    return policy;
  }

  /** Reports whether a response may be noted by its URL. */
  mayNote(asker: Asker): boolean {
    return this.#spend(asker, noting);
  }

  #spend(asker: Asker, cost: number): boolean {
    const now = this.#now();
    const { tabId } = asker;
    const budgets: Budget[] = [this.#sites.of(asker.site, now)];
    if (tabId !== undefined) budgets.push(...this.#tabs.of({ ...asker, tabId }, now));
    return spendAll(budgets, now, cost);
  }

  #remember(key: string, policy: HeaderPolicy): void {
    this.#known.set(key, policy);
    this.#letters += key.length;
    for (const [oldest] of this.#known) {
      if (this.#known.size <= most.texts && this.#letters <= most.letters) return;
      this.#known.delete(oldest);
      this.#letters -= oldest.length;
    }
  }
}
