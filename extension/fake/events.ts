// Events and ports of the extension API, in memory. Messages are copied, arrive in order, and never in the call that sends them.

/** An event: `emit` calls everybody who listens, in the order in which they came. */
export class FakeEvent<A extends unknown[] = unknown[]> {
  #listeners: ((...args: A) => unknown)[] = [];

  /** The API takes filters and options behind the listener; they are not looked at. */
  addListener(listener: (...args: A) => unknown, ..._: unknown[]): void {
    if (!this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeListener(listener: (...args: A) => unknown): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  hasListeners(): boolean {
    return this.#listeners.length > 0;
  }

  /** Returns what the listeners returned. */
  emit(...args: A): unknown[] {
    return this.#listeners.map((listener) => listener(...args));
  }
}

/** One end of a connection. As in browsers, `onDisconnect` fires at the other end only. */
export class FakePort {
  readonly name: string;
  readonly sender?: chrome.runtime.MessageSender;
  readonly onMessage = new FakeEvent<[unknown, FakePort]>();
  readonly onDisconnect = new FakeEvent<[FakePort]>();
  #other: FakePort | undefined;
  #open = true;
  /** Both ends share it, so that an end comes behind what was said before it. */
  #order: { last: Promise<void> } = { last: Promise.resolve() };

  private constructor(name: string, sender?: chrome.runtime.MessageSender) {
    this.name = name;
    if (sender !== undefined) this.sender = sender;
  }

  /** The two ends of a connection; the second has the sender, as the end that is connected to. */
  static pair(name: string, sender?: chrome.runtime.MessageSender): [near: FakePort, far: FakePort] {
    const [near, far] = [new FakePort(name), new FakePort(name, sender)];
    [near.#other, far.#other] = [far, near];
    return [near, far];
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Throws after the end, as browsers do. */
  postMessage(message: unknown): void {
    if (!this.#open) throw new Error("Attempting to use a disconnected port object");
    const other = this.#other;
    const copy = structuredClone(message);
    this.#soon(() => {
      if (other?.isOpen === true) other.onMessage.emit(copy, other);
    });
  }

  /** `why`: what the other end is told of the reason, as a browser tells of a native host that is not there. */
  disconnect(why?: string): void {
    if (!this.#open) return;
    this.#open = false;
    const other = this.#other;
    this.#soon(() => {
      if (other?.isOpen !== true) return;
      other.#open = false;
      // As Chromium does: as long as the listeners are called.
      const { runtime } = globalThis.chrome as unknown as { runtime: { lastError: { message: string } | undefined } };
      runtime.lastError = why === undefined ? undefined : { message: why };
      other.onDisconnect.emit(other);
      runtime.lastError = undefined;
    });
  }

  /** As the extension sees it. */
  get asChrome(): chrome.runtime.Port {
    return this as unknown as chrome.runtime.Port;
  }

  #soon(work: () => void): void {
    const done = this.#order.last.then(work);
    this.#order.last = done.catch((error: unknown) => {
      console.error(error);
    });
  }
}
