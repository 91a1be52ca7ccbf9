// The streams of a worker's socket. Bytes and datagrams wait in a queue here until they are read, within the credit that the page
// has; credit goes back for what was read.

import { readWindow, writeWindow } from "./messages.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What every readable here can be told. */
export interface Incoming<Item> {
  readonly readable: ReadableStream<unknown>;
  add(item: Item): void;
  /** Nothing comes behind what waits. */
  end(): void;
  /** An error shows behind what waits. */
  fail(error: unknown): void;
}

/** Gives credit back in larger amounts: each is a message. */
export class Credit {
  readonly #give: (amount: number) => void;
  #owed = 0;

  constructor(give: (amount: number) => void) {
    this.#give = give;
  }

  add(amount: number): void {
    this.#owed += amount;
    if (this.#owed < readWindow / 8) return;
    this.#give(this.#owed);
    this.#owed = 0;
  }
}

/** A readable byte stream. */
export class IncomingBytes implements Incoming<Bytes> {
  readonly readable: ReadableStream<Bytes>;
  readonly #credit: Credit;
  readonly #queue: Bytes[] = [];
  #controller!: ReadableByteStreamController;
  #wanted = false;
  #over: (() => void) | undefined;
  #cancelled = false;
  /** Bytes that were read. */
  received = 0;

  constructor(give: (amount: number) => void, cancel: () => void) {
    this.#credit = new Credit(give);
    this.readable = new ReadableStream(
      {
        type: "bytes",
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted = true;
          this.#deliver();
        },
        cancel: () => {
          this.#cancelled = true;
          this.#queue.length = 0;
          cancel();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Bytes that wait. */
  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  add(bytes: Bytes): void {
    if (this.#cancelled) return;
    this.#queue.push(bytes);
    this.#deliver();
  }

  end(): void {
    this.#over ??= () => {
      this.#controller.close();
      this.#controller.byobRequest?.respond(0);
    };
    this.#deliver();
  }

  fail(error: unknown): void {
    this.#over ??= () => {
      this.#controller.error(error);
    };
    this.#deliver();
  }

  #deliver(): void {
    if (this.#cancelled) return;
    const [bytes] = this.#queue;
    if (bytes === undefined) {
      this.#over?.();
      if (this.#over !== undefined) this.#cancelled = true;
      return;
    }
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#queue.shift();
    const view = this.#controller.byobRequest?.view;
    let length = bytes.length;
    if (view === undefined || view === null) {
      this.#controller.enqueue(bytes);
    } else {
      length = Math.min(length, view.byteLength);
      new Uint8Array(view.buffer, view.byteOffset, length).set(bytes.subarray(0, length));
      if (length < bytes.length) this.#queue.unshift(bytes.subarray(length));
      this.#controller.byobRequest?.respond(length);
    }
    this.received += length;
    this.#credit.add(length);
    this.#deliver(); // the end, if that was all
  }
}

/** A readable of datagrams, or of connections, each of which costs some credit. */
export class IncomingItems<Item> implements Incoming<Item> {
  readonly readable: ReadableStream<Item>;
  readonly #queue: Item[] = [];
  readonly #read: (item: Item) => void;
  #controller!: ReadableStreamDefaultController<Item>;
  #wanted = false;
  #pulled: (() => void) | undefined;
  #over: (() => void) | undefined;
  #cancelled = false;

  /** `wants` is called when a read waits, `read` with each item that was given. */
  constructor({ read, wants, cancel }: { read: (item: Item) => void; wants?: () => void; cancel: () => void }) {
    this.#read = read;
    this.readable = new ReadableStream<Item>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted = true;
          if (this.#queue.length === 0 && this.#over === undefined) wants?.();
          this.#deliver();
          // Else the stream would ask again at once.
          return new Promise((resolve) => {
            this.#pulled = resolve;
            if (!this.#wanted) resolve();
          });
        },
        cancel: () => {
          this.#cancelled = true;
          this.#queue.length = 0;
          cancel();
        },
      },
      { highWaterMark: 0 },
    );
  }

  add(item: Item): void {
    if (this.#cancelled) return;
    this.#queue.push(item);
    this.#deliver();
  }

  end(): void {
    this.#over ??= () => {
      this.#controller.close();
    };
    this.#deliver();
  }

  fail(error: unknown): void {
    this.#over ??= () => {
      this.#controller.error(error);
    };
    this.#deliver();
  }

  #deliver(): void {
    if (this.#cancelled) return;
    const [item] = this.#queue;
    if (item === undefined) {
      this.#over?.();
      if (this.#over !== undefined) {
        this.#cancelled = true;
        this.#pulled?.();
      }
      return;
    }
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#queue.shift();
    this.#controller.enqueue(item);
    this.#read(item);
    this.#pulled?.();
    this.#deliver();
  }
}

/** Where a writable's chunks go. */
export interface Outlet {
  /** Checks a chunk and sends it. Returns what it costs. What it throws is the stream's error. */
  send(chunk: unknown): number;
  finish(): void;
  abandon(): void;
}

/** A writable stream. A write resolves once its bytes are under way within the page's window. */
export class Outgoing {
  readonly writable: WritableStream<unknown>;
  #controller!: WritableStreamDefaultController;
  #under = 0; // way
  #room: (() => void) | undefined;
  #finished: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #failure: { error: Error } | undefined;

  constructor(outlet: Outlet) {
    this.writable = new WritableStream({
      start: (controller) => {
        this.#controller = controller;
        // A write that waits must not hold the abort up.
        controller.signal.addEventListener("abort", () => this.#room?.());
      },
      write: async (chunk) => {
        this.#under += outlet.send(chunk);
        const { signal } = this.#controller;
        while (this.#under > writeWindow && this.#failure === undefined && !signal.aborted)
          await new Promise<void>((resolve) => (this.#room = resolve));
      },
      close: () =>
        new Promise((resolve, reject) => {
          this.#finished = { resolve, reject };
          if (this.#failure === undefined) outlet.finish();
          else reject(this.#failure.error);
        }),
      abort: () => {
        if (this.#failure === undefined) outlet.abandon();
      },
    });
  }

  /** The page has taken so much. */
  written(amount: number): void {
    this.#under -= amount;
    if (this.#under <= writeWindow) this.#room?.();
  }

  /** Everything was sent, and the end. */
  finished(): void {
    this.#finished?.resolve();
  }

  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#controller.error(error);
    this.#finished?.reject(error);
    this.#room?.();
  }
}
