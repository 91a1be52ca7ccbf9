// Time that stands still until a test moves it.

interface Timer {
  at: number;
  run: () => void;
}

/** What is waiting for promises gets its turn. Nothing in the fakes waits for anything else. */
export async function settled(): Promise<void> {
  // What is done in IndexedDB takes many.
  const turns = "indexedDB" in globalThis ? 60 : 3;
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => void setImmediate(resolve));
}

export class FakeClock {
  #wall: number;
  #elapsed = 0;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();

  /** `now`: in ms since 1970. */
  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#wall = now;
  }

  /** In ms since 1970. */
  get now(): number {
    return this.#wall;
  }

  /** In ms since the clock was made; nobody sets it back. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Somebody sets the clock of the computer: timers do not mind. */
  set(now: number): void {
    this.#wall = now;
  }

  /** Runs something after so many ms. Returns the number that `cancel` takes. */
  later(run: () => void, ms = 0): number {
    this.#timers.set(++this.#lastId, { at: this.#elapsed + Math.max(0, ms), run });
    return this.#lastId;
  }

  cancel(id: number | undefined): void {
    if (id !== undefined) this.#timers.delete(id);
  }

  /** Lets so many ms pass: timers run when they are due, and what they bring about comes before the next one. */
  async advance(ms: number): Promise<void> {
    await settled();
    const end = this.#elapsed + ms;
    for (;;) {
      const [first] = [...this.#timers].sort(([a, { at: x }], [b, { at: y }]) => x - y || a - b);
      if (first === undefined || first[1].at > end) break;
      const [id, { at, run }] = first;
      this.#pass(at - this.#elapsed);
      this.#timers.delete(id);
      run();
      await settled();
    }
    this.#pass(end - this.#elapsed);
    await settled();
  }

  #pass(ms: number): void {
    this.#wall += ms;
    this.#elapsed += ms;
  }

  /** Takes the place of the realm's own clock and timers. Before the modules are imported that use them. */
  install(): this {
    Date.now = () => this.#wall;
    performance.now = () => this.#elapsed;
    Object.assign(globalThis, {
      setTimeout: <A extends unknown[]>(run: (...args: A) => void, ms?: number, ...args: A) =>
        this.later(() => {
          run(...args);
        }, ms),
      clearTimeout: (id: number | undefined) => {
        this.cancel(id);
      },
    });
    return this;
  }
}
