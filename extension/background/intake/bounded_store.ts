// What is kept of one kind, within bounds that sites share fairly (fair.ts): read from storage once, then in memory, and written behind.
//
// A stop of the worker forgets nothing that was written, and a write that fails forgets nothing as long as the worker runs. What storage.local
// does not take is kept in storage.session meanwhile, where the shelf has a place for that: as long as the browser runs. Sizes are what
// Chromium counts against its quota, or more: measured in Chromium 156, an entry of storage.session counts some 700 bytes, and an object up
// to twice its JSON text.

import { storage } from "../../platform/current_storage.ts";
import { onFull, tryToWrite } from "../../storage/store.ts";
import type { AreaName } from "../../storage/store.ts";
import { FairTable } from "./fair.ts";
import type { Bounds, Place } from "./fair.ts";

const encoder = new TextEncoder();

/** What an entry counts. */
export function sizeOf(key: string, value: unknown): number {
  return 2 * (key.length + encoder.encode(JSON.stringify(value)).length) + 700;
}

/** For how long nothing that could not be written is tried again, in ms. */
const pause = 10_000;

/** `at`: when it was put in, in ms since 1970. `since`: when there was first one of its key; it says who came first (fair.ts). */
type Stored<T> = T & Partial<Place> & { since?: number };

/** Where entries are kept in storage.session that storage.local does not take: under keys that begin with this, so many of them. */
export interface Instead {
  prefix: string;
  bounds: Bounds;
}

export class BoundedStore<T extends { at: number }> {
  readonly #area: AreaName;
  readonly #prefix: string;
  readonly #bounds: Bounds;
  #table: Promise<FairTable<Stored<T>>> | undefined;
  readonly #unwritten = new Set<string>();
  /** What the browser did not write or delete: it is tried again with a later write. */
  readonly #failed = new Set<string>();
  #failedAt = -Infinity;
  #writing: Promise<void> | undefined;
  readonly #instead: { prefix: string; table: FairTable<true> } | undefined;

  /** Keeps its entries in `area`, under keys that begin with `prefix`; those that it does not take in storage.session, if `instead` says where. */
  constructor(area: AreaName, prefix: string, bounds: Bounds, instead?: Instead) {
    this.#area = area;
    this.#prefix = prefix;
    this.#bounds = bounds;
    if (instead !== undefined) this.#instead = { prefix: instead.prefix, table: new FairTable<true>(instead.bounds) };
    onFull(() => this.#shrink());
  }

  #read(): Promise<FairTable<Stored<T>>> {
    if (this.#table === undefined) {
      const reading = this.#load();
      this.#table = reading;
      reading.catch(() => {
        if (this.#table === reading) this.#table = undefined;
      });
    }
    return this.#table;
  }

  async #load(): Promise<FairTable<Stored<T>>> {
    const instead = this.#instead && (await this.#entriesOf("session", this.#instead.prefix));
    const stored = new Map([...(await this.#entriesOf(this.#area, this.#prefix)), ...(instead ?? [])]);
    const all = [...stored].map(([id, value]) => {
      // Entries of earlier versions do not say whose they are, or since when.
      const { owner = id, part = owner, since = value.at } = value;
      return { id, key: this.#prefix + id, value, owner, part, since };
    });
    const came = new Map<string, number>();
    for (const { owner, since } of all) came.set(owner, Math.min(since, came.get(owner) ?? Infinity));
    const order = ({ owner }: { owner: string }): number => came.get(owner) ?? 0;
    all.sort((a, b) => /*rule:table-order-outlives-worker*/ order(a) - order(b) || a.value.at - b.value.at);
    const table = new FairTable<Stored<T>>(this.#bounds);
    const gone: string[] = [];
    for (const { id, key, value, owner, part } of all)
      gone.push(...table.put(id, value, { owner, part }, sizeOf(key, value)));
    for (const [id, { owner = id, part = owner, ...value }] of instead ?? []) {
      this.#instead?.table.put(id, true, { owner, part }, sizeOf(this.#prefix + id, value));
      this.#failed.add(id); // to be written where it belongs
    }
    this.#write(gone);
    return table;
  }

  async #entriesOf(area: AreaName, prefix: string): Promise<[string, Stored<T>][]> {
    const all = Object.entries((await storage.areas[area].get(null)) as Record<string, Stored<T>>);
    return all.flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : []));
  }

  async get(id: string): Promise<T | undefined> {
    return (await this.#read()).get(id);
  }

  /** Of each owner the oldest first. */
  async entries(): Promise<[string, T][]> {
    return [...(await this.#read()).entries()];
  }

  async put(id: string, value: T, { owner, part }: Place): Promise<void> {
    const table = await this.#read();
    const stored = { ...value, owner, part, since: table.get(id)?.since ?? Date.now() };
    const gone = table.put(id, stored, { owner, part }, sizeOf(this.#prefix + id, stored));
    this.#write([id, ...gone]);
  }

  /** Changes a little of an entry, which stays as old as it is. */
  async note(id: string, little: Partial<T>): Promise<void> {
    const table = await this.#read();
    const old = table.get(id);
    if (old === undefined) return;
    table.replace(id, { ...old, ...little });
    this.#write([id]);
  }

  async remove(picked: (id: string, value: T) => boolean): Promise<void> {
    const table = await this.#read();
    const gone = [...table.entries()].flatMap(([id, value]) => (picked(id, value) ? [id] : []));
    for (const id of gone) table.delete(id);
    this.#write(gone);
  }

  /** Resolves when everything is written that can be. */
  async written(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #write(ids: readonly string[]): void {
    for (const id of ids) this.#unwritten.add(id);
    if (this.#unwritten.size === 0) return;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#write([]); // what came in the meantime
    });
  }

  async #writeAll(): Promise<void> {
    const table = await this.#read();
    while (this.#unwritten.size > 0) {
      const ids = [...this.#unwritten, ...this.#dueAgain(table)];
      this.#unwritten.clear();
      for (const id of ids) this.#failed.delete(id);
      const gone = ids.filter((id) => table.get(id) === undefined);
      const there = ids.flatMap((id) => {
        const value = table.get(id);
        return value === undefined ? [] : [[this.#prefix + id, value] as const];
      });
      // Room is made before it is taken.
      if (gone.length > 0) await this.#delete(gone);
      if (/*rule:headers-outlive-worker*/ /*rule:refusals-outlive-worker*/ there.length > 0) await this.#set(there);
    }
  }

  /** To delete costs little: that is tried each time. To write may be a megabyte, and a page can bring about writes as it likes. */
  #dueAgain(table: FairTable<Stored<T>>): string[] {
    const all = Math.abs(Date.now() - this.#failedAt) > pause;
    return [...this.#failed].filter((id) => all || table.get(id) === undefined);
  }

  async #delete(ids: readonly string[]): Promise<void> {
    await this.#forgetInstead(ids);
    try {
      await storage.areas[this.#area].remove(ids.map((id) => this.#prefix + id));
    } catch (error) {
      console.error(`storage.${this.#area}:`, error);
      //rule:failed-deletes-are-retried
      for (const id of ids) this.#failed.add(id);
    }
  }

  async #set(there: readonly (readonly [string, Stored<T>])[]): Promise<void> {
    const ids = there.map(([key]) => key.slice(this.#prefix.length));
    if (await tryToWrite(this.#area, Object.fromEntries(there))) {
      await this.#forgetInstead(ids);
      return;
    }
    this.#failedAt = Date.now();
    for (const id of ids) this.#failed.add(id);
    //rule:failed-write-kept-in-session
    await this.#keepInstead(there);
  }

  async #keepInstead(there: readonly (readonly [string, Stored<T>])[]): Promise<void> {
    if (this.#instead === undefined) return;
    const { prefix, table } = this.#instead;
    const gone: string[] = [];
    for (const [key, value] of there) {
      const { owner = key, part = owner } = value;
      gone.push(...table.put(key.slice(this.#prefix.length), true, { owner, part }, sizeOf(key, value)));
    }
    const items = there.map(([key, value]) => [key.slice(this.#prefix.length), value] as const);
    await this.#removeInstead(gone.filter((id) => table.get(id) === undefined));
    const kept = items.filter(([id]) => table.get(id) === true);
    if (kept.length > 0)
      await tryToWrite("session", Object.fromEntries(kept.map(([id, value]) => [prefix + id, value])));
  }

  async #forgetInstead(ids: readonly string[]): Promise<void> {
    await this.#removeInstead(ids.filter((id) => this.#instead?.table.delete(id) === true));
  }

  async #removeInstead(ids: readonly string[]): Promise<void> {
    if (this.#instead === undefined || ids.length === 0) return;
    const { prefix } = this.#instead;
    await storage.areas.session.remove(ids.map((id) => prefix + id)).catch(() => undefined); // what stays is written again, which changes nothing
  }

  /** The area is full: half of it goes, of whoever holds most. */
  async #shrink(): Promise<void> {
    const table = await this.#read();
    const gone = table.makeRoom(table.count / 2, table.size / 2);
    if (gone.length > 0) await this.#delete(gone);
  }
}
