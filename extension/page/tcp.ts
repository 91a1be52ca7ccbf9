// TCP: what navigator.openTCPSocket() resolves with.
//
// Readable is a byte stream that holds nothing itself: bytes wait in our queue, which the credit window bounds, and credit
// goes back to the host only for bytes that the page has taken. Writable resolves a write once its bytes are on their way under
// the host's credit; close() and abort() send FIN, and resolve when the system has it. startTls() hands the channel, with its
// credits, to a new state, and ends this one's streams.

import {
  NativeReadableStream,
  NativeUint8Array,
  NativeWritableStream,
  addListener,
  arrayPush,
  arrayShift,
  byobRequest,
  byobRespond,
  byobView,
  bytesClose,
  bytesEnqueue,
  bytesError,
  deferred,
  hasOwn,
  min,
  resolved,
  typedArrayBuffer,
  typedArrayLength,
  typedArrayOffset,
  typedArraySet,
  typedArraySubarray,
  writableError,
  writableSignal,
} from "./builtins.ts";
import type { Deferred } from "./builtins.ts";
import { makeError } from "./link.ts";
import type { Channel, SocketHandler } from "./link.ts";
import type { PageTLSOptions } from "../../protocol/page.ts";
import { Outbox } from "./outbox.ts";
import { stdioWindowBytes } from "../../protocol/message.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a state takes over from the one before it. */
interface Inheritance {
  credit: number;
  granted: number;
}

/** The state of one TCP socket: two streams on one channel. */
export class TCPState implements SocketHandler {
  readonly window: number;
  readonly channel: Channel;
  readonly readable: ReadableStream<Bytes>;
  readonly writable: WritableStream<unknown>;
  /** Settles when the socket is gone, and never rejects. */
  readonly gone: Deferred<undefined> = deferred();

  // Receiving.
  #source!: ReadableByteStreamController;
  readonly #queue: Bytes[] = [];
  #wanted = false; // the page has asked for bytes and none were there
  #ended = false; // FIN from the peer
  #readError: unknown;
  #readFailed = false;
  #readDone = false; // the readable is closed, cancelled or errored
  #granted: number; // bytes that the host may still send
  #held = 0; // bytes in the queue
  #received = 0; // bytes read by the page

  // Sending.
  #sink!: WritableStreamDefaultController;
  readonly #outbox: Outbox;
  #writing: Promise<void> | undefined; // a write that is not through
  #shutting: Deferred<undefined> | undefined;
  #writeDone = false;
  #dead = false;
  #deadError: unknown;

  // Upgrading: the options given at open, for a socket that is open for it.
  readonly #upgradable: PageTLSOptions | undefined;
  #spent: "upgrading" | "spent" | undefined;

  constructor(channel: Channel, upgradable?: PageTLSOptions, from?: Inheritance) {
    this.channel = channel;
    this.#upgradable = upgradable;
    this.#outbox = new Outbox(channel, from?.credit ?? channel.info.window);
    this.window = channel.share.toPage();
    // The first credit is given now where it chooses the carrier.
    this.#granted = hasOwn(channel.info, "lane") ? this.window : (from?.granted ?? stdioWindowBytes);
    // __proto__: null, so that a polluted Object.prototype adds nothing to the dictionaries.
    const source = {
      __proto__: null,
      type: "bytes",
      start: (controller: ReadableByteStreamController) => {
        this.#source = controller;
      },
      pull: () => {
        this.#wanted = true;
        this.#deliver();
      },
      cancel: () => {
        this.#readDone = true;
        this.#discard();
        this.#closeIfDone();
      },
    };
    this.readable = new NativeReadableStream(
      source as UnderlyingByteSource,
      { __proto__: null, highWaterMark: 0 } as QueuingStrategy,
    );
    const sink = {
      __proto__: null,
      start: (controller: WritableStreamDefaultController) => {
        this.#sink = controller;
        addListener(writableSignal(controller), "abort", () => {
          this.#outbox.interrupt(makeError("AbortError"));
        });
      },
      write: (chunk: unknown) => (this.#writing = this.#outbox.write(chunk)),
      close: () => this.#shutdown(),
      abort: () => this.#shutdown(),
    };
    this.writable = new NativeWritableStream(sink, { __proto__: null, highWaterMark: 1 } as QueuingStrategy<unknown>);
  }

  /** Closes both directions at once. Bytes whose write has resolved are still sent. */
  close(): Promise<undefined> {
    if (this.#spent === "upgrading") {
      // Gives up the handshake.
      if (!this.#dead) {
        this.#dead = true;
        this.#deadError = makeError("AbortError");
        this.#outbox.fail(this.#deadError);
      }
      this.channel.close();
      return this.gone.promise;
    }
    if (this.#spent === "spent") return resolved();
    this.#outbox.flush();
    this.#finish(makeError("AbortError"), true);
    this.channel.close();
    return this.gone.promise;
  }

  /**
   * Puts TLS on the socket, and ends this state's streams. What the page had not read yet came in plain text and out of turn: the host
   * sees by the number of bytes read that there was more, and breaks the connection.
   */
  async startTls(options: PageTLSOptions): Promise<TCPState> {
    const upgradable = this.#upgradable;
    const over = this.#ended || this.#readFailed || this.#writeDone || this.#shutting !== undefined || this.#dead;
    if (upgradable === undefined || this.#spent !== undefined || over) throw makeError("InvalidStateError");
    this.#spent = "upgrading";
    // A write under way is finished first; those behind it fail with the stream.
    const writing = this.#writing;
    writableError(this.#sink, makeError("InvalidStateError"));
    this.#writeDone = true;
    this.#queue.length = 0;
    this.#ended = true;
    this.#deliver();
    try {
      try {
        await writing;
      } catch {
        // Whoever wrote has heard of it.
      }
      if (this.#dead) throw this.#deadError;
      this.#outbox.flush();
      return await this.channel.startTls(
        this.#received,
        { ...upgradable, ...options },
        (channel) =>
          new TCPState(channel, undefined, {
            credit: this.#outbox.credit,
            granted: this.#granted,
          }),
      );
    } finally {
      this.#spent = "spent";
      this.channel.share.end();
    }
  }

  data(buffer: ArrayBuffer): void {
    const bytes = new NativeUint8Array(buffer);
    const length = typedArrayLength(bytes);
    this.channel.share.moves(length);
    this.#granted -= length;
    this.#held += length;
    if (this.#spent !== undefined) return; // came too late to be plain text: the host breaks the connection
    if (this.#readDone) {
      // Cancelled: read and thrown away, so that the peer is not stalled by a page that no longer listens.
      this.#consumed(length);
      return;
    }
    arrayPush(this.#queue, bytes);
    this.#deliver();
  }

  credit(bytes: number): void {
    this.#outbox.give(bytes);
  }

  wrote(): void {
    // TCP writes are not acknowledged one by one: credit does that.
  }

  shut(error: unknown): void {
    this.#writeDone = true;
    if (error === undefined) this.#shutting?.resolve(undefined);
    else this.#shutting?.reject(error);
    this.#closeIfDone();
  }

  end(): void {
    this.#ended = true;
    this.#deliver();
  }

  closed(error: unknown): void {
    this.#finish(error ?? makeError("NetworkError"), error === undefined);
    this.channel.share.end();
    this.gone.resolve(undefined);
  }

  /** No more can be sent; what was received can still be read, then `orderly` decides between end and error. */
  #finish(error: unknown, orderly: boolean): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#deadError = error;
    this.#outbox.fail(error);
    if (this.#writeDone && orderly) this.#shutting?.resolve(undefined);
    else this.#shutting?.reject(error);
    if (!this.#writeDone) writableError(this.#sink, error);
    this.#writeDone = true;
    if (orderly) {
      this.#ended = true;
    } else if (!this.#ended) {
      this.#readError = error;
      this.#readFailed = true;
    }
    this.#deliver();
  }

  /** Hands queued bytes to the stream, if it asked; then the end or the error, once the queue is empty. */
  #deliver(): void {
    if (this.#readDone) return;
    if (this.#wanted && this.#queue.length > 0) {
      this.#wanted = false;
      const request = byobRequest(this.#source);
      const first = this.#queue[0] as Bytes;
      const view = request === null ? null : byobView(request);
      if (request === null || view === null) {
        arrayShift(this.#queue);
        this.#consumed(typedArrayLength(first));
        bytesEnqueue(this.#source, first);
      } else {
        const taken = this.#fill(view);
        this.#consumed(taken);
        byobRespond(request, taken);
      }
      return; // enqueue and respond pull again when more is wanted
    }
    if (this.#queue.length > 0) return;
    if (this.#readFailed) {
      this.#readDone = true;
      bytesError(this.#source, this.#readError);
    } else if (this.#ended) {
      this.#readDone = true;
      bytesClose(this.#source);
      const request = byobRequest(this.#source);
      if (request !== null) byobRespond(request, 0);
      this.#closeIfDone();
    }
  }

  /** Fills a BYOB view from the queue; returns the number of bytes. */
  #fill(view: Bytes): number {
    const target = new NativeUint8Array(
      typedArrayBuffer(view) as ArrayBuffer,
      typedArrayOffset(view),
      typedArrayLength(view),
    );
    const room = typedArrayLength(target);
    let filled = 0;
    while (filled < room && this.#queue.length > 0) {
      const first = this.#queue[0] as Bytes;
      const length = typedArrayLength(first);
      const n = min(length, room - filled);
      typedArraySet(target, n === length ? first : typedArraySubarray(first, 0, n), filled);
      filled += n;
      if (n === length) arrayShift(this.#queue);
      else this.#queue[0] = typedArraySubarray(first, n);
    }
    return filled;
  }

  #discard(): void {
    while (this.#queue.length > 0) {
      const bytes = arrayShift(this.#queue);
      if (bytes !== undefined) this.#consumed(typedArrayLength(bytes));
    }
  }

  /** The page has taken `bytes`: let the host send more, a quarter of what may be on its way at a time. */
  #consumed(bytes: number): void {
    this.#received += bytes;
    this.#held -= bytes;
    if (this.#dead) return;
    const share = this.channel.share.toPage();
    const more = share - this.#held - this.#granted;
    if (more * 4 < share) return;
    this.#granted += more;
    this.channel.credit(more);
  }

  #shutdown(): Promise<undefined> | undefined {
    if (this.#dead) return undefined;
    if (this.#shutting === undefined) {
      this.#shutting = deferred();
      this.#outbox.flush();
      this.channel.shutdown();
    }
    return this.#shutting.promise;
  }

  /** Both directions are over on our side: the OS socket is not needed any more. (The host sees by itself when both FINs are through.) */
  #closeIfDone(): void {
    if (this.#readDone && this.#writeDone && !this.#dead && this.#spent === undefined) {
      this.#dead = true;
      this.#deadError = makeError("InvalidStateError");
      this.channel.close();
    }
  }
}
