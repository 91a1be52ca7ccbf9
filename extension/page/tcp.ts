// TCP: what navigator.openTCPSocket() resolves with.
//
// Readable is a byte stream that is given bytes only when a read waits: they wait in our queue, which the credit window bounds, and credit
// goes back to the host only for bytes that were given. A read may be gone by then, or want more than there is: what the stream
// keeps to itself the page has not read. Writable resolves a write once its bytes are on their way under
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
  bytesDesired,
  bytesEnqueue,
  bytesError,
  deferred,
  hasOwn,
  min,
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
import type { SettableOption } from "../../protocol/message.ts";
import type { PageTLSOptions } from "../../protocol/page.ts";
import { Outbox } from "./outbox.ts";
import { stdioWindowBytes } from "../../protocol/message.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a read has the next byte put, and how many it takes. */
interface Room {
  offset: number;
  length: number;
}

/** No typed array has larger elements, in bytes. */
const largestElement = 8;

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
  #given = 0; // bytes that were given to the stream
  #inRead = 0; // bytes of them that may be in a read that waits for more
  #keptThen = 0; // bytes of them that no read had got when the last were given

  // Sending.
  #sink!: WritableStreamDefaultController;
  readonly #outbox: Outbox;
  #writing: Promise<void> | undefined; // a write that is not through
  #shutting: Deferred<undefined> | undefined;
  #writeDone = false;
  #dead = false;
  #deadError: unknown;
  #lost: Error | undefined; // why what was sent may not have arrived, where no stream can tell any more

  // Upgrading: the options given at open, for a socket that is open for it.
  readonly #upgradable: PageTLSOptions | undefined;
  #spent: "upgrading" | "spent" | undefined;
  #gaveUp = false; // by close()

  constructor(channel: Channel, upgradable?: PageTLSOptions, from?: Inheritance) {
    this.channel = channel;
    this.#upgradable = upgradable;
    this.#outbox = new Outbox(channel, from?.credit ?? channel.info.window);
    this.window = channel.share.toPage();
    // The first credit is given now where it chooses the carrier.
    this.#granted = from?.granted ?? (hasOwn(channel.info, "lane") ? this.window : stdioWindowBytes);
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
        this.#given -= this.#keptThen; // in case that it was kept to the end
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

  /**
   * Closes both directions at once. Bytes whose write has resolved are still sent. Resolves when the peer has them; rejects with NetworkError
   * when it did not take them.
   */
  async close(): Promise<undefined> {
    if (this.#spent === "upgrading") {
      // Gives up the handshake.
      if (!this.#dead) {
        this.#dead = this.#gaveUp = true;
        this.#deadError = makeError("AbortError");
        this.#outbox.fail(this.#deadError);
      }
      this.channel.close();
      await this.gone.promise;
      return;
    }
    if (this.#spent === "spent") return;
    this.#outbox.flush();
    this.#finish(makeError("AbortError"), true);
    this.channel.close();
    // Of writes that were given up while they waited nobody asks how far they got.
    if (this.#outbox.sent > 0 && this.#outbox.promised === 0) return;
    await this.gone.promise;
    if (this.#lost !== undefined) throw this.#lost;
  }

  /**
   * Puts TLS on the socket, and ends this state's streams. What the page had not read yet came in plain text and out of turn: the host
   * sees by the number of bytes read that there was more, and breaks the connection. What was thrown away was not read, either.
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
    const kept = this.#kept();
    if (kept > 0) {
      // Nobody is to read it later, either.
      this.#readFailed = true;
      this.#readError = makeError("NetworkError");
    }
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
        this.#given - kept,
        this.#outbox.sent,
        { ...upgradable, ...options },
        (channel) =>
          new TCPState(channel, undefined, {
            credit: this.#outbox.credit,
            granted: this.#granted,
          }),
      );
    } catch (error) {
      throw this.#gaveUp ? this.#deadError : error;
    } finally {
      this.#spent = "spent";
      this.channel.share.end();
    }
  }

  /** Sets an option of the system's socket, as in Channel. */
  async setOption(option: SettableOption, value: number): Promise<undefined> {
    if (this.#dead || this.#spent !== undefined) throw makeError("InvalidStateError");
    return this.channel.setOption(option, value);
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
    // The streams of a socket that was closed have nothing more to say.
    if (this.#dead && this.#outbox.promised > 0) this.#lost = error as Error | undefined;
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
      this.#give();
      return; // enqueueing pulls again when more is wanted
    }
    if (this.#queue.length > 0) return;
    if (this.#readFailed) {
      this.#readDone = true;
      bytesError(this.#source, this.#readError);
    } else if (this.#ended) {
      this.#readDone = true;
      try {
        bytesClose(this.#source);
        const request = byobRequest(this.#source);
        if (request !== null) byobRespond(request, 0);
      } catch {
        // A read that wants whole elements has a part of one: the stream has errored by itself. That is the reader's affair, and not the socket's.
      }
      this.#closeIfDone();
    }
  }

  /**
   * Gives the stream what is queued, as much as the read that waits has room for. Always with enqueue(): what is said by respond() for a read that
   * was given up meanwhile does not reach a read that has followed it.
   */
  #give(): void {
    const before = this.#room();
    const bytes = this.#take(before?.length);
    const length = typedArrayLength(bytes);
    this.#given += length;
    this.#consumed(length);
    try {
      bytesEnqueue(this.#source, bytes);
    } catch (error) {
      this.#readDone = true;
      this.#discard();
      bytesError(this.#source, error);
      return;
    }
    this.#inRead = before === undefined ? 0 : this.#stillInRead(before, length);
    this.#keptThen = this.#kept();
  }

  /**
   * How much a read that waits may have got, and not passed on, now that `length` bytes more were given where `before` was the room. It is the same
   * read unless it shows another place. Another one may have got the part of an element that was left over, unless its place is one where any
   * element may begin.
   */
  #stillInRead(before: Room, length: number): number {
    const now = this.#room();
    const left = before.length - length;
    if (now === undefined || left === 0) return 0;
    const same = now.offset === before.offset + length && now.length === left;
    const whole = now.offset % largestElement === 0 || now.length % largestElement === 0;
    return same || !whole ? this.#inRead + length : 0;
  }

  /** The room of the read that waits, if it brings a buffer of its own. */
  #room(): Room | undefined {
    const request = byobRequest(this.#source);
    const view = request === null ? null : byobView(request);
    return view === null ? undefined : { offset: typedArrayOffset(view), length: typedArrayLength(view) };
  }

  /** Takes bytes out of the queue: the first message, or what there is for this much room. */
  #take(room: number | undefined): Bytes {
    const first = this.#queue[0] as Bytes;
    const length = typedArrayLength(first);
    if (room === undefined || length === room || (length < room && this.#queue.length === 1)) {
      arrayShift(this.#queue);
      return first;
    }
    const bytes = new NativeUint8Array(min(room, this.#held));
    let filled = 0;
    while (filled < typedArrayLength(bytes)) {
      const next = this.#queue[0] as Bytes;
      const n = min(typedArrayLength(next), typedArrayLength(bytes) - filled);
      const whole = n === typedArrayLength(next);
      typedArraySet(bytes, whole ? next : typedArraySubarray(next, 0, n), filled);
      filled += n;
      if (whole) arrayShift(this.#queue);
      else this.#queue[0] = typedArraySubarray(next, n);
    }
    return bytes;
  }

  /** Bytes that were given to the stream, and that no read of the page's has got. When in doubt, more. */
  #kept(): number {
    const queued = -(bytesDesired(this.#source) ?? 0);
    return queued + (this.#room() === undefined ? 0 : this.#inRead);
  }

  #discard(): void {
    while (this.#queue.length > 0) {
      const bytes = arrayShift(this.#queue);
      if (bytes !== undefined) this.#consumed(typedArrayLength(bytes));
    }
  }

  /** `bytes` do not wait here any more: let the host send more, a quarter of what may be on its way at a time. */
  #consumed(bytes: number): void {
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
