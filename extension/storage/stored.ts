// One value that the extension keeps, with its type: what is in storage is checked when it is read, since an earlier version may have written
// it, or a disk may have spoilt it. How it is kept when a write fails is store.ts's.

import { editKept, forget, keep, keepIfWritten, kept, onKept } from "./store.ts";
import type { AreaName } from "./store.ts";

/** Reads what is in storage as a value; undefined: nothing is. It never throws: what is no such value counts as its default. */
export type Reader<T> = (stored: unknown) => T;

export class Stored<T> {
  readonly area: AreaName;
  readonly key: string;
  readonly #read: Reader<T>;
  /** What was read last, and what it was read from. */
  #last: { stored: unknown; value: T } | undefined;

  constructor(area: AreaName, key: string, read: Reader<T>) {
    this.area = area;
    this.key = key;
    this.#read = read;
  }

  /** The value, which nobody may change in place: others get the same. Rejects with StorageFailure. */
  async get(): Promise<T> {
    const stored = await kept(this.area, this.key);
    if (this.#last === undefined || this.#last.stored !== stored) this.#last = { stored, value: this.#read(stored) };
    return this.#last.value;
  }

  /**
   * Changes the value, which holds come what may. Edits come one after the other, so that none is lost, whichever page of the extension makes
   * them. Resolves with whether it is where it belongs; rejects with StorageFailure when the value cannot be read.
   */
  edit(change: (value: T) => T): Promise<boolean> {
    return editKept(this.area, this.key, (stored) => change(this.#read(stored)), { mustHold: true });
  }

  /** The same, if it can be written where it belongs; if not, it stays as it was. */
  editIfWritten(change: (value: T) => T): Promise<boolean> {
    return editKept(this.area, this.key, (stored) => change(this.#read(stored)), { mustHold: false });
  }

  /** Puts another value in its place, which holds come what may. */
  set(value: T): Promise<boolean> {
    return keep(this.area, this.key, value);
  }

  /** The same, if it can be written where it belongs. */
  setIfWritten(value: T): Promise<boolean> {
    return keepIfWritten(this.area, this.key, value);
  }

  /** Back to the default. */
  forget(): Promise<void> {
    return forget(this.area, this.key);
  }

  /** Calls `changed` whenever the value has changed, whoever did it. */
  watch(changed: (before: T, after: T) => void): void {
    onKept(this.area, this.key, (before, after) => {
      changed(this.#read(before), this.#read(after));
    });
  }
}

/** Reports whether it is an object that has members, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of a list that `fits` takes; none of what is no list. */
export function listOf<T>(stored: unknown, fits: (value: unknown) => value is T): T[] {
  return Array.isArray(stored) ? stored.filter(fits) : [];
}

/** The members of a table that `fits` takes, by their names; none of what is no table. */
export function tableOf<T>(stored: unknown, fits: (value: unknown) => value is T): Record<string, T> {
  if (!isRecord(stored)) return {};
  return Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, T] => fits(entry[1])));
}
