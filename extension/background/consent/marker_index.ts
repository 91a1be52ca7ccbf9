// Which markers there are, in memory. A page can set cookies that look like markers, and answer with Clear-Site-Data, without end: what
// concerns no origin with grants is known here at once, and costs the others no wait.

interface Expected {
  /** Whose it is (whoseKey). */
  key: string;
  path: string;
}

export class MarkerIndex {
  /** As it was last read or written; undefined: not yet. */
  #stored: { keys: ReadonlySet<string>; paths: ReadonlySet<string> } | undefined;
  /** Of grants that are about to be remembered. */
  readonly #expected = new Set<Expected>();

  /** Whether it is known what is stored. */
  get isRead(): boolean {
    return this.#stored !== undefined;
  }

  /** This is what is stored now. */
  note(markers: ReadonlyMap<string, { path: string }>): void {
    const paths = new Set([...markers.values()].map(({ path }) => path));
    this.#stored = { keys: new Set(markers.keys()), paths };
  }

  /** A marker may come. Returns what to call when it is stored, or does not come. */
  expect(key: string, path: string): () => void {
    const expected = { key, path };
    this.#expected.add(expected);
    return () => this.#expected.delete(expected);
  }

  hasPath(path: string): boolean {
    return this.#stored?.paths.has(path) === true || [...this.#expected].some((one) => one.path === path);
  }

  hasKey(key: string): boolean {
    return this.#stored?.keys.has(key) === true || [...this.#expected].some((one) => one.key === key);
  }
}
