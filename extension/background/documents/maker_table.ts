// By tab: the origins whose documents may have made the one at its top, and what those came with. It bounds what is kept, and works where
// nothing can be written. Pure but for the storage that it is given.

import { matches } from "./allowlist.ts";
import { strictest } from "./facts.ts";
import type { Facts } from "./facts.ts";

/** An origin's documents: "" stands for those whose origin is not known, which may be any. */
export type Makers = readonly { origin: string; facts: Facts }[];

export interface MakerStorage {
  read(tabId: number): Promise<Makers | undefined>;
  write(tabId: number, makers: Makers): Promise<unknown>;
  remove(tabId: number): Promise<unknown>;
}

/** Origins that are kept apart for one tab, and letters of an origin's facts that are kept as they are. */
const maxOrigins = 8;
const maxFacts = 2_000;

export class MakerTable {
  readonly #storage: MakerStorage;
  /** What is known for each tab, or is being found out. */
  readonly #tabs = new Map<number, Promise<Makers>>();

  constructor(storage: MakerStorage) {
    this.#storage = storage;
  }

  /** What is known for a tab. */
  of(tabId: number): Promise<Makers> {
    let known = this.#tabs.get(tabId);
    if (known === undefined) {
      known = this.#storage.read(tabId).then(
        (makers) => makers ?? [],
        () => [],
      );
      this.#tabs.set(tabId, known);
    }
    return known;
  }

  /** More is known for a tab, in a moment. */
  add(tabId: number, found: Promise<Makers>): void {
    this.#change(tabId, async (known) => merge([...known, ...(await found)]));
  }

  /** What is known for one tab holds for another that it opens. */
  hand(from: number, to: number): void {
    if (this.#tabs.has(from)) this.add(to, this.of(from));
    else
      this.add(
        to,
        this.#storage.read(from).then((makers) => makers ?? []),
      );
  }

  /** Nothing is known for a tab, or it is gone. */
  forget(tabId: number): void {
    this.#tabs.delete(tabId);
    this.#storage.remove(tabId).catch(() => undefined);
  }

  #change(tabId: number, edit: (known: Makers) => Promise<Makers>): void {
    const before = this.of(tabId);
    const after = before.then(edit).catch(() => before);
    this.#tabs.set(tabId, after);
    void after
      .then(async (makers) => {
        if (this.#tabs.get(tabId) === after && makers.length > 0) await this.#storage.write(tabId, makers);
      })
      .catch(() => undefined); // memory has it
  }
}

/** One entry for each origin, the strictest of it; beyond the first few origins one for all. */
export function merge(all: Makers): Makers {
  const byOrigin = new Map<string, Facts[]>();
  for (const { origin, facts } of all) {
    const full = byOrigin.size >= maxOrigins && !byOrigin.has(origin);
    const key = full ? "" : origin;
    byOrigin.set(key, [...(byOrigin.get(key) ?? []), facts]);
  }
  return [...byOrigin].map(([origin, facts]) => ({ origin, facts: short(origin, strictest(facts)) }));
}

/** Each policy once; and a list of many origins without those that are not the document's own. */
function short(origin: string, { allowlist, csp: all }: Facts): Facts {
  const csp = [...new Map(all.map((policy) => [JSON.stringify(policy), policy])).values()];
  if (allowlist === undefined) return { csp };
  if (JSON.stringify(allowlist).length <= maxFacts) return { allowlist, csp };
  return { allowlist: { all: allowlist.all, self: matches(allowlist, origin, origin), origins: [] }, csp };
}
