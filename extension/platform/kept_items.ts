// What the extension keeps for good where storage.local is open to content scripts: in the extension's own IndexedDB, which no content script can
// reach. The background alone opens it. Pages of the extension ask the background (kept_remotely.ts): in a private window, and in a container,
// they would have a database of their own, or none.

import { openDB, type IDBPDatabase } from "idb";
import { ext } from "../shared/ext.ts";
import type { Area, Changes, Items } from "./platform.ts";

const databaseName = "kept";
const storeName = "items";

/** A storage area in IndexedDB. */
export class KeptItems implements Area {
  #database: Promise<IDBPDatabase> | undefined;
  readonly #tell: (changes: Changes) => void;

  /** `tell` hears of every change, once it is written. */
  constructor(tell: (changes: Changes) => void) {
    this.#tell = tell;
  }

  #open(): Promise<IDBPDatabase> {
    if (this.#database !== undefined) return this.#database;
    const opening = openDB(databaseName, 1, {
      upgrade(database) {
        database.createObjectStore(storeName);
      },
      terminated: () => {
        this.#forget(opening);
      },
    });
    this.#database = opening;
    opening.catch(() => {
      this.#forget(opening); // the next who asks tries again
    });
    return opening;
  }

  #forget(opening: Promise<IDBPDatabase>): void {
    if (this.#database === opening) this.#database = undefined;
  }

  async get(keys: string | string[] | null): Promise<Items> {
    const { store } = (await this.#open()).transaction(storeName);
    const names = keys === null ? ((await store.getAllKeys()) as string[]) : [keys].flat();
    const values = await Promise.all(names.map((name) => store.get(name)));
    return Object.fromEntries(
      names.map((name, i) => [name, values[i]] as const).filter(([, value]) => value !== undefined),
    );
  }

  /** Writes all items, or none. */
  async set(items: Items): Promise<void> {
    await this.#change(Object.entries(items).filter(([, value]) => value !== undefined));
  }

  async remove(keys: string | string[]): Promise<void> {
    await this.#change([keys].flat().map((key) => [key, undefined] as const));
  }

  async #change(items: readonly (readonly [key: string, value: unknown])[]): Promise<void> {
    const transaction = (await this.#open()).transaction(storeName, "readwrite");
    const { store } = transaction;
    const changes: Changes = {};
    const work = items.map(async ([key, value]) => {
      const oldValue: unknown = await store.get(key);
      if (value === undefined) await store.delete(key);
      else await store.put(value, key);
      // What is the same as before is no change: storage areas of browsers see it so, too.
      if (JSON.stringify(oldValue) !== JSON.stringify(value))
        changes[key] = {
          ...(oldValue === undefined ? {} : { oldValue }),
          ...(value === undefined ? {} : { newValue: value }),
        };
    });
    try {
      await Promise.all(work);
      await transaction.done;
    } catch (error) {
      transaction.done.catch(() => undefined);
      //rule:kept-items-all-or-none
      abort(transaction);
      throw error;
    }
    if (Object.keys(changes).length > 0) this.#tell(structuredClone(changes));
  }
}

/** Undoes a transaction, if the browser has not done so. */
function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch {
    // It has.
  }
}

/** What a page asks of the background. */
export type KeptRequest =
  | { kept: "get"; keys: string | string[] | null }
  | { kept: "set"; items: Items }
  | { kept: "remove"; keys: string | string[] };
/** The answer: what there is, or why not. */
export type KeptAnswer = { items: Items } | { failed: string };
/** What the background tells all pages of the extension. */
export interface KeptChanges {
  keptChanges: Changes;
}
/** What a port's name begins with by which a page has a name to itself; the rest is that name. */
export const alonePrefix = "alone:";

/** For the background: answers a page of the extension. Undefined: the message is about something else. */
export function answerKept(area: Area, message: unknown): Promise<KeptAnswer> | undefined {
  const request = (message ?? {}) as Partial<KeptRequest>;
  if (request.kept === undefined) return undefined;
  return carryOut(area, request as KeptRequest).then(
    (items) => ({ items }),
    (error: unknown) => ({ failed: String(error) }),
  );
}

async function carryOut(area: Area, request: KeptRequest): Promise<Items> {
  if (request.kept === "get") return await area.get(request.keys);
  if (request.kept === "set") await area.set(request.items);
  else await area.remove(request.keys);
  return {};
}

/** For the background: tells the pages of the extension. Content scripts do not hear it. */
export function tellPages(changes: Changes): void {
  const told: KeptChanges = { keptChanges: changes };
  ext.runtime.sendMessage(told).catch(() => undefined); // there is none
}

/** For the background: whoever has connected has the name to itself until it disconnects. Reports whether the port is for that. */
export function giveAlone(port: chrome.runtime.Port): boolean {
  if (!port.name.startsWith(alonePrefix)) return false;
  const left = new Promise<void>((resolve) => {
    port.onDisconnect.addListener(() => {
      resolve();
    });
  });
  void navigator.locks.request(port.name.slice(alonePrefix.length), async () => {
    try {
      port.postMessage("yours");
    } catch {
      return; // it has left while it waited
    }
    //rule:kept-names-in-turn
    await left;
  });
  return true;
}
