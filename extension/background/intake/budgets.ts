// Budgets of many, by name: each tab, document or site has one of its own.

import { Budget } from "../../shared/budget.ts";
import type { Bound } from "../../shared/budget.ts";

/** Budgets by name. Those that are whole are forgotten now and then. */
export class Budgets {
  readonly #bound: Bound;
  readonly #all = new Map<string, Budget>();
  #sweepAt = 64;

  constructor(bound: Bound) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#all.size;
  }

  of(name: string, now: number): Budget {
    const known = this.#all.get(name);
    if (known !== undefined) return known;
    if (this.#all.size >= this.#sweepAt) {
      for (const [other, budget] of this.#all) if (budget.isWhole(now)) this.#all.delete(other);
      this.#sweepAt = Math.max(64, this.#all.size * 2);
    }
    const fresh = new Budget(this.#bound, now);
    this.#all.set(name, fresh);
    return fresh;
  }

  /** Takes one of what is over at once. Returns false when there is none. */
  spend(name: string, now: number): boolean {
    const budget = this.of(name, now);
    if (!budget.take(now)) return false;
    budget.give();
    return true;
  }
}

/** Takes one of each, which costs so much of it, if all have room for it. */
export function takeAll(budgets: readonly Budget[], now: number, cost = 1): boolean {
  if (!budgets.every((budget) => budget.has(now, cost))) return false;
  for (const budget of budgets) budget.take(now, cost);
  return true;
}

/** The same, for what is over at once. */
export function spendAll(budgets: readonly Budget[], now: number, cost = 1): boolean {
  if (!takeAll(budgets, now, cost)) return false;
  for (const budget of budgets) budget.give();
  return true;
}
