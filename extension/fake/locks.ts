// Web Locks in memory: the requests for one name get it one after the other.

const last = new Map<string, Promise<unknown>>();

/** As `navigator.locks.request(name, work)`: resolves and rejects as the work does. */
export function request<T>(name: string, work: () => Promise<T>): Promise<T> {
  const done = (last.get(name) ?? Promise.resolve()).then(work);
  last.set(
    name,
    done.catch(() => undefined),
  );
  return done;
}

/** Puts a navigator in the place of Node's, with what the extension uses of it. */
export function installNavigator(): void {
  const value = { locks: { request }, userAgent: "a fake browser" };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value });
}
