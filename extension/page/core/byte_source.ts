// The receiving half of a stream socket: a readable byte stream, and the credit that the host gets for what was read.
//
// The stream is given bytes only when a read waits: until then they wait in a queue of ours, which the credit window bounds, and credit goes back to
// the host only for bytes that were given. A read may be gone by then, or want more than there is: what the stream keeps to itself the page has
// not read.

import {
  NativeReadableStream,
  NativeUint8Array,
  arrayPush,
  arrayShift,
  byobRequest,
  byobRespond,
  byobView,
  bytesClose,
  bytesDesired,
  bytesEnqueue,
  bytesError,
  min,
  typedArrayLength,
  typedArrayOffset,
  typedArraySet,
  typedArraySubarray,
  nothingAhead,
} from "../builtins.ts";
import type { Channel } from "./channel.ts";
import type { SendBudget } from "./send_budget.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a read has the next byte put, and how many it takes. */
interface Room {
  offset: number;
  length: number;
}

/** No typed array has larger elements, in bytes. */
const largestElement = 8;

/** It is the stream's underlying source itself, so that an idle socket has no functions of its own. */
export class ByteSource {
  readonly readable: ReadableStream<Bytes>;
  readonly #channel: Pick<Channel, "credit">;
  readonly #budget: SendBudget;
  readonly #over: (error?: unknown) => void;
  #controller!: ReadableByteStreamController;
  readonly #queue: Bytes[] = [];
  #wanted = false; // the page has asked for bytes and none were there
  #ended = false; // nothing comes behind what is queued
  #failure: Error | undefined; // it shows behind what is queued
  #done = false; // the readable is closed, cancelled or errored
  #left = false; // for an upgrade: nothing more is read here
  #stopped = false; // no more credit is given
  #granted: number; // bytes that the host may still send
  #held = 0; // bytes in the queue
  #given = 0; // bytes that were given to the stream
  #inRead = 0; // bytes of them that may be in a read that waits for more
  #keptThen = 0; // bytes of them that no read had got when the last were given

  /** `granted` is the host's credit, in bytes; `over` is called when the readable is closed or cancelled, or has the error. */
  constructor(channel: Pick<Channel, "credit">, budget: SendBudget, granted: number, over: (error?: unknown) => void) {
    this.#channel = channel;
    this.#budget = budget;
    this.#granted = granted;
    this.#over = over;
    this.readable = new NativeReadableStream(this as UnderlyingByteSource, nothingAhead);
  }

  // Of what the stream looks for, nothing is left to a polluted Object.prototype.
  get type(): "bytes" {
    return "bytes";
  }
  get autoAllocateChunkSize(): number | undefined {
    return undefined;
  }

  start(controller: ReadableByteStreamController): void {
    this.#controller = controller;
  }

  pull(): void {
    this.#wanted = true;
    this.#deliver();
  }

  cancel(): void {
    this.#done = true;
    this.#given -= this.#keptThen; // in case that it was kept to the end
    this.#discard();
    this.#over();
  }

  /** Bytes that the host may still send; whoever takes the socket over has granted them. */
  get granted(): number {
    return this.#granted;
  }

  /** Whether nothing comes behind what is queued. */
  get ended(): boolean {
    return this.#ended || this.#failure !== undefined;
  }

  /** Whether the readable is closed, cancelled or errored. */
  get done(): boolean {
    return this.#done;
  }

  /** Bytes have come from the host. */
  data(bytes: Bytes): void {
    const length = typedArrayLength(bytes);
    this.#budget.moves(length);
    this.#granted -= length;
    this.#held += length;
    if (this.#left) return; // too late to be plain text: the host breaks the connection
    if (this.#done) {
      // Cancelled: read and thrown away, so that the peer is not stalled by a page that no longer listens.
      this.#consumed(length);
      return;
    }
    arrayPush(this.#queue, bytes);
    this.#deliver();
  }

  /** Nothing more comes; what is queued can still be read. */
  end(): void {
    this.#ended = true;
    this.#deliver();
  }

  /** As `end`, but an error shows behind what is queued, unless the end was there before. */
  fail(error: Error): void {
    if (!this.#ended) this.#failure = error;
    this.#deliver();
  }

  /** The host gets no more credit. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Ends the readable for an upgrade, and throws away what is queued. Returns how many bytes the page has read. With bytes that were given to the
   * stream and not read it fails with `error`, so that nobody reads them later, either.
   */
  leave(error: Error): number {
    this.#left = true;
    this.#queue.length = 0;
    const kept = this.#kept();
    if (kept > 0) this.#failure = error;
    this.#ended = true;
    this.#deliver();
    //rule:buffered-bytes-are-unread
    return this.#given - kept;
  }

  /** Hands queued bytes to the stream, if it asked; then the end or the error, once the queue is empty. */
  #deliver(): void {
    if (this.#done) return;
    if (this.#wanted && this.#queue.length > 0) {
      this.#wanted = false;
      this.#give();
      return; // enqueueing pulls again when more is wanted
    }
    if (this.#queue.length > 0) return;
    if (this.#failure !== undefined) {
      this.#done = true;
      bytesError(this.#controller, this.#failure);
      this.#over(this.#failure);
    } else if (this.#ended) {
      this.#done = true;
      try {
        bytesClose(this.#controller);
        const request = byobRequest(this.#controller);
        if (request !== null) byobRespond(request, 0);
      } catch {
        // A read that wants whole elements has a part of one: the stream has errored by itself. That is the reader's affair, and not the socket's.
      }
      this.#over();
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
      bytesEnqueue(this.#controller, bytes);
    } catch (error) {
      this.#done = true;
      this.#discard();
      bytesError(this.#controller, error);
      this.#over(error);
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
    const request = byobRequest(this.#controller);
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
    const queued = -(bytesDesired(this.#controller) ?? 0);
    return queued + (this.#room() === undefined ? 0 : this.#inRead);
  }

  #discard(): void {
    while (this.#queue.length > 0) {
      const bytes = arrayShift(this.#queue);
      if (bytes !== undefined) this.#consumed(typedArrayLength(bytes));
    }
  }

  /** `bytes` do not wait here any more: let the host send more, a quarter of what may be on its way at a time (RFC 1122, section 4.2.3.3). */
  #consumed(bytes: number): void {
    this.#held -= bytes;
    if (this.#stopped) return;
    const most = this.#budget.toPage();
    const more = most - this.#held - this.#granted;
    if (more * 4 < most) return;
    this.#granted += more;
    this.#channel.credit(more);
  }
}
