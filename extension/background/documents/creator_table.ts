// By tab: the origins whose documents may have created the one at its top, and what those came with. It bounds what is kept, and works where
// nothing can be written. Pure but for the storage that it is given.

import { matches } from "./allowlist.ts";
import { strictest } from "./header_policy.ts";
import type { HeaderPolicy } from "./header_policy.ts";

/** An origin's documents: "" stands for those whose origin is not known, which may be any. */
export type Creators = readonly { origin: string; policy: HeaderPolicy }[];

export interface CreatorStorage {
  read(tabId: number): Promise<Creators | undefined>;
  write(tabId: number, creators: Creators): Promise<unknown>;
  remove(tabId: number): Promise<unknown>;
}

/** Origins that are kept apart for one tab, and letters of an origin's policy that are kept as they are. */
const maxOrigins = 8;
const maxFacts = 2_000;

export class CreatorTable {
  readonly #storage: CreatorStorage;
  /** What is known for each tab, or is being found out. */
  readonly #tabs = new Map<number, Promise<Creators>>();

  constructor(storage: CreatorStorage) {
    this.#storage = storage;
  }

  /** What is known for a tab. */
  of(tabId: number): Promise<Creators> {
    let known = this.#tabs.get(tabId);
    if (known === undefined) {
      known = this.#storage.read(tabId).then(
        (creators) => creators ?? [],
        () => [],
      );
      this.#tabs.set(tabId, known);
    }
    return known;
  }

  /** More is known for a tab, in a moment. */
  add(tabId: number, found: Promise<Creators>): void {
    this.#change(tabId, async (known) => merge([...known, ...(await found)]));
  }

  /** What is known for one tab holds for another that it opens. */
  hand(from: number, to: number): void {
    if (this.#tabs.has(from)) this.add(to, this.of(from));
    else
      this.add(
        to,
        this.#storage.read(from).then((creators) => creators ?? []),
      );
  }

  /** Nothing is known for a tab, or it is gone. */
  forget(tabId: number): void {
    this.#tabs.delete(tabId);
    this.#storage.remove(tabId).catch(() => undefined);
  }

  #change(tabId: number, edit: (known: Creators) => Promise<Creators>): void {
    const before = this.of(tabId);
    const after = before.then(edit).catch(() => before);
    //rule:unwritable-makers-stay-in-memory
    this.#tabs.set(tabId, after);
    void after
      .then(async (creators) => {
        if (this.#tabs.get(tabId) === after && creators.length > 0) await this.#storage.write(tabId, creators);
      })
      .catch(() => undefined); // memory has it
  }
}

/** One entry for each origin, the strictest of it; beyond the first few origins one for all. */
export function merge(all: Creators): Creators {
  const byOrigin = new Map<string, HeaderPolicy[]>();
  for (const { origin, policy } of all) {
    const full = byOrigin.size >= maxOrigins && !byOrigin.has(origin);
    const key = full ? "" : origin;
    byOrigin.set(key, [...(byOrigin.get(key) ?? []), policy]);
  }
  return [...byOrigin].map(([origin, policy]) => ({ origin, policy: short(origin, strictest(policy)) }));
}

/** Each policy once; and a list of many origins without those that are not the document's own. */
function short(origin: string, { csp: all, ...lists }: HeaderPolicy): HeaderPolicy {
  const csp = [...new Map(all.map((policy) => [JSON.stringify(policy), policy])).values()];
  const shortened: HeaderPolicy = { csp };
  for (const name of ["allowlist", "multicast", "private"] as const) {
    const list = lists[name];
    if (list === undefined) continue;
    const fits = JSON.stringify(list).length <= maxFacts;
    shortened[name] = fits ? list : { all: list.all, self: matches(list, origin, origin), origins: [] };
  }
  return shortened;
}
