// What is kept of one kind, within bounds that sites share fairly (fair.ts): read from storage once, then in memory, and written behind.
//
// A stop of the worker forgets nothing that was written, and a write that fails forgets nothing as long as the worker runs. Sizes are what
// Chromium counts against its quota, or more: measured in Chromium 156, an entry of storage.session counts some 700 bytes, and an object up
// to twice its JSON text.

import { ext } from "../ext.ts";
import { onFull, tryToWrite } from "../store.ts";
import type { AreaName } from "../store.ts";
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

export class Shelf<T extends { at: number }> {
  readonly #area: AreaName;
  readonly #prefix: string;
  readonly #bounds: Bounds;
  #table: Promise<FairTable<Stored<T>>> | undefined;
  readonly #unwritten = new Set<string>();
  /** What the browser did not write or delete: it is tried again with a later write. */
  readonly #failed = new Set<string>();
  #failedAt = -Infinity;
  #writing: Promise<void> | undefined;

  /** Keeps its entries in `area`, under keys that begin with `prefix`. */
  constructor(area: AreaName, prefix: string, bounds: Bounds) {
    this.#area = area;
    this.#prefix = prefix;
    this.#bounds = bounds;
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
    const all = Object.entries(await ext.storage[this.#area].get<Record<string, Stored<T>>>(null)).flatMap(
      ([key, value]) => {
        if (!key.startsWith(this.#prefix)) return [];
        const id = key.slice(this.#prefix.length);
        // Entries of earlier versions do not say whose they are, or since when.
        const { owner = id, part = owner, since = value.at } = value;
        return [{ id, key, value, owner, part, since }];
      },
    );
    const came = new Map<string, number>();
    for (const { owner, since } of all) came.set(owner, Math.min(since, came.get(owner) ?? Infinity));
    const order = ({ owner }: { owner: string }): number => came.get(owner) ?? 0;
    all.sort((a, b) => order(a) - order(b) || a.value.at - b.value.at);
    const table = new FairTable<Stored<T>>(this.#bounds);
    const gone: string[] = [];
    for (const { id, key, value, owner, part } of all)
      gone.push(...table.put(id, value, { owner, part }, sizeOf(key, value)));
    this.#write(gone);
    return table;
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
      if (there.length > 0) await this.#set(there);
    }
  }

  /** To delete costs little: that is tried each time. To write may be a megabyte, and a page can bring about writes as it likes. */
  #dueAgain(table: FairTable<Stored<T>>): string[] {
    const all = Math.abs(Date.now() - this.#failedAt) > pause;
    return [...this.#failed].filter((id) => all || table.get(id) === undefined);
  }

  async #delete(ids: readonly string[]): Promise<void> {
    try {
      await ext.storage[this.#area].remove(ids.map((id) => this.#prefix + id));
    } catch (error) {
      console.error(`storage.${this.#area}:`, error);
      for (const id of ids) this.#failed.add(id);
    }
  }

  async #set(there: readonly (readonly [string, Stored<T>])[]): Promise<void> {
    if (await tryToWrite(this.#area, Object.fromEntries(there))) return;
    this.#failedAt = Date.now();
    for (const [key] of there) this.#failed.add(key.slice(this.#prefix.length));
  }

  /** The area is full: half of it goes, of whoever holds most. */
  async #shrink(): Promise<void> {
    const table = await this.#read();
    const gone = table.makeRoom(table.count / 2, table.size / 2);
    if (gone.length > 0) await this.#delete(gone);
  }
}
