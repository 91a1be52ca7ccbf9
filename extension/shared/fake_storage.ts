// For unit tests: the extension's storage in memory, which can be full as Chromium's can, and fail as a disk can.

type Items = Record<string, unknown>;
type Changes = Record<string, { oldValue?: unknown; newValue?: unknown }>;
type ChangeListener = (changes: Changes, area: string) => void;

/** What Chromium 156 says, by area. */
const full = {
  session: "Session storage quota bytes exceeded. Values were not stored.",
  local: "Resource::kQuotaBytes quota exceeded",
};

export class FakeArea {
  readonly stored = new Map<string, unknown>();
  /** In bytes; that of browsers is 10 MiB. */
  quota = Infinity;
  /** Every write fails, as on a disk that is full. */
  broken = false;
  /** How often something was written. */
  writes = 0;
  readonly #name: "local" | "session";
  readonly #tell: ChangeListener;

  constructor(name: "local" | "session", tell: ChangeListener) {
    this.#name = name;
    this.#tell = tell;
  }

  async get(keys: string | string[] | null): Promise<Items> {
    await Promise.resolve();
    const wanted = keys === null ? [...this.stored.keys()] : [keys].flat();
    return Object.fromEntries(
      wanted.flatMap((key) => (this.stored.has(key) ? [[key, structuredClone(this.stored.get(key))]] : [])),
    );
  }

  async set(items: Items): Promise<void> {
    await Promise.resolve();
    this.writes++;
    if (this.broken) throw new Error("IO error: No space left on device");
    let grows = 0;
    for (const [key, value] of Object.entries(items)) grows += sizeOf(key, value) - sizeOf(key, this.stored.get(key));
    if (this.quota < Infinity && this.bytes + grows > this.quota) throw new Error(full[this.#name]);
    const changes: Changes = {};
    for (const [key, newValue] of Object.entries(items)) {
      changes[key] = this.stored.has(key) ? { oldValue: this.stored.get(key), newValue } : { newValue };
      this.stored.set(key, structuredClone(newValue));
    }
    this.#tell(changes, this.#name);
  }

  async remove(keys: string | string[]): Promise<void> {
    await Promise.resolve();
    const changes: Changes = {};
    for (const key of [keys].flat()) {
      if (!this.stored.has(key)) continue;
      changes[key] = { oldValue: this.stored.get(key) };
      this.stored.delete(key);
    }
    if (Object.keys(changes).length > 0) this.#tell(changes, this.#name);
  }

  /** What is stored, in bytes, as Chromium counts it at most (shelf.ts). */
  get bytes(): number {
    let bytes = 0;
    for (const [key, value] of this.stored) bytes += sizeOf(key, value);
    return bytes;
  }
}

function sizeOf(key: string, value: unknown): number {
  return value === undefined ? 0 : 2 * (key.length + JSON.stringify(value).length) + 700;
}

/** Puts a storage in the place of the browser's. Before the modules are imported that use it. */
export function installStorage(): { local: FakeArea; session: FakeArea } {
  const listeners: ChangeListener[] = [];
  const tell: ChangeListener = (changes, area) => {
    for (const listener of listeners) listener(changes, area);
  };
  const areas = { local: new FakeArea("local", tell), session: new FakeArea("session", tell) };
  const onChanged = { addListener: (listener: ChangeListener) => listeners.push(listener) };
  const runtime = { sendMessage: () => Promise.reject(new Error("Receiving end does not exist.")) };
  Object.assign(globalThis, { chrome: { runtime, storage: { ...areas, onChanged } } });
  const last = new Map<string, Promise<unknown>>();
  const request = (name: string, work: () => Promise<unknown>): Promise<unknown> => {
    const done = (last.get(name) ?? Promise.resolve()).then(work);
    last.set(
      name,
      done.catch(() => undefined),
    );
    return done;
  };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: { request } } });
  return areas;
}
