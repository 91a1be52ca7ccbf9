// For unit tests: the extension's storage in memory, which can be full as Chromium's can, and fail as a disk can.

import { FakeEvent } from "./events.ts";
import { installNavigator } from "./locks.ts";

type Items = Record<string, unknown>;
type Changes = Record<string, { oldValue?: unknown; newValue?: unknown }>;
type AreaName = "local" | "session" | "managed";

/** What Chromium 156 says, by area. */
const full = {
  session: "Session storage quota bytes exceeded. Values were not stored.",
  local: "Resource::kQuotaBytes quota exceeded",
  managed: "This is a read-only store.",
};

/** What is in an area. Whoever changes it here, as a test does, is another context of the extension: all others are told. */
class Shelf extends Map<string, unknown> {
  readonly #tell: (changes: Changes) => void;

  constructor(tell: (changes: Changes) => void) {
    super();
    this.#tell = tell;
  }

  override set(key: string, newValue: unknown): this {
    const change = this.has(key) ? { oldValue: this.get(key), newValue } : { newValue };
    super.set(key, newValue);
    this.#tell({ [key]: change });
    return this;
  }

  override delete(key: string): boolean {
    const oldValue = this.get(key);
    const was = super.delete(key);
    if (was) this.#tell({ [key]: { oldValue } });
    return was;
  }

  override clear(): void {
    const changes = Object.fromEntries([...this].map(([key, oldValue]) => [key, { oldValue }]));
    super.clear();
    if (Object.keys(changes).length > 0) this.#tell(changes);
  }
}

export class FakeArea {
  readonly stored: Map<string, unknown>;
  /** In bytes; that of browsers is 10 MiB. */
  quota = Infinity;
  /** Every write fails, as on a disk that is full. */
  broken = false;
  /** Every read fails, as in a profile that cannot be read. */
  unreadable = false;
  /** How often something was written. */
  writes = 0;
  /** Who may use it; to begin with, storage.session is closed to content scripts, and storage.local is not. */
  accessLevel: "TRUSTED_CONTEXTS" | "TRUSTED_AND_UNTRUSTED_CONTEXTS";
  readonly #name: AreaName;
  readonly #tell: (changes: Changes, area: string) => void;
  /** Changes that are told together. */
  #gathered: Changes | undefined;

  constructor(name: AreaName, tell: (changes: Changes, area: string) => void) {
    this.#name = name;
    this.#tell = tell;
    this.stored = new Shelf((changes) => {
      if (this.#gathered === undefined) this.#tell(changes, this.#name);
      else Object.assign(this.#gathered, changes);
    });
    this.accessLevel = name === "session" ? "TRUSTED_CONTEXTS" : "TRUSTED_AND_UNTRUSTED_CONTEXTS";
  }

  async get(keys: string | string[] | null): Promise<Items> {
    await Promise.resolve();
    if (this.unreadable) throw new Error("IO error: the database cannot be opened");
    const wanted = keys === null ? [...this.stored.keys()] : [keys].flat();
    return Object.fromEntries(
      wanted.flatMap((key) => (this.stored.has(key) ? [[key, structuredClone(this.stored.get(key))]] : [])),
    );
  }

  async set(items: Items): Promise<void> {
    await Promise.resolve();
    this.writes++;
    if (this.#name === "managed") throw new Error(full.managed);
    if (this.broken) throw new Error("IO error: No space left on device");
    let grows = 0;
    for (const [key, value] of Object.entries(items)) grows += sizeOf(key, value) - sizeOf(key, this.stored.get(key));
    if (this.quota < Infinity && this.bytes + grows > this.quota) throw new Error(full[this.#name]);
    this.put(items);
  }

  /** Writes whatever the state of the disk is: as an administrator does to managed storage, and tests to all. */
  put(items: Items): void {
    this.#together(() => {
      for (const [key, newValue] of Object.entries(items)) this.stored.set(key, structuredClone(newValue));
    });
  }

  #together(change: () => void): void {
    const changes: Changes = (this.#gathered = {});
    change();
    this.#gathered = undefined;
    if (Object.keys(changes).length > 0) this.#tell(changes, this.#name);
  }

  async remove(keys: string | string[]): Promise<void> {
    await Promise.resolve();
    this.#together(() => {
      for (const key of [keys].flat()) this.stored.delete(key);
    });
  }

  async setAccessLevel({ accessLevel }: { accessLevel: FakeArea["accessLevel"] }): Promise<void> {
    await Promise.resolve();
    this.accessLevel = accessLevel;
  }

  /** What is stored, in bytes, as Chromium counts it at most (bounded_store.ts). */
  get bytes(): number {
    let bytes = 0;
    for (const [key, value] of this.stored) bytes += sizeOf(key, value);
    return bytes;
  }
}

function sizeOf(key: string, value: unknown): number {
  return value === undefined ? 0 : 2 * (key.length + JSON.stringify(value).length) + 700;
}

/** `chrome.storage`. */
export class FakeStorage {
  readonly onChanged = new FakeEvent<[changes: Changes, area: string]>();
  readonly local = new FakeArea("local", this.#tell.bind(this));
  readonly session = new FakeArea("session", this.#tell.bind(this));
  readonly managed = new FakeArea("managed", this.#tell.bind(this));

  #tell(changes: Changes, area: string): void {
    this.onChanged.emit(changes, area);
  }
}

/** For what uses nothing but storage and locks: puts them in the place of the browser's. Before the modules are imported that use it. */
export function installStorage(): { local: FakeArea; session: FakeArea } {
  const storage = new FakeStorage();
  const runtime = { sendMessage: () => Promise.reject(new Error("Receiving end does not exist.")) };
  Object.assign(globalThis, { chrome: { runtime, storage } });
  installNavigator();
  return storage;
}
