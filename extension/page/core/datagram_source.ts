// The receiving half of a datagram socket: a readable stream of messages, and the credit that the host gets for what was read.
//
// The stream is given a datagram only when a read waits: until then they wait in a queue of ours, which the credit bounds.

import {
  NativeReadableStream,
  NativeUint8Array,
  arrayBufferLength,
  arrayPush,
  arrayShift,
  defaultClose,
  defaultEnqueue,
  defaultError,
  typedArrayBuffer,
  typedArrayLength,
  nothingAhead,
  typedArrayOffset,
} from "../builtins.ts";
import { copyOf } from "../webidl.ts";
import { datagramOverhead, datagramWindowBytes } from "../../../protocol/message.ts";
import type { Channel } from "./channel.ts";
import { eachDatagram } from "./datagram_batch.ts";
import { giveBack } from "./give_back.ts";
import type { SendBudget } from "./send_budget.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A datagram in a buffer of its own, which a page may hand on without giving away another's bytes. */
export function ownBytes(bytes: Bytes): Bytes {
  return arrayBufferLength(typedArrayBuffer(bytes)) === typedArrayLength(bytes) ? bytes : copyOf(bytes);
}

/** Whether the bytes are the last datagram of a frame. */
function isLast(bytes: Bytes): boolean {
  const start = typedArrayOffset(bytes);
  return start > 0 && start + typedArrayLength(bytes) === arrayBufferLength(typedArrayBuffer(bytes));
}

export class DatagramSource {
  readonly readable: ReadableStream<unknown>;
  readonly #channel: Pick<Channel, "credit">;
  readonly #budget: SendBudget;
  readonly #toMessage: (bytes: Bytes) => unknown;
  #controller!: ReadableStreamDefaultController<unknown>;
  readonly #queue: Bytes[] = [];
  #wanted = false; // a read waits
  #done = false;
  #stopped = false; // no more credit is given
  #owed = 0; // credit that the host has not got yet, in bytes

  /**
   * `toMessage` makes what a read gets, or undefined for what nobody gets. The bytes may be a part of a buffer that has others' datagrams as well:
   * a page gets none but those of its own message. `cancelled` is called when the page cancels the readable.
   */
  constructor(
    channel: Pick<Channel, "credit">,
    budget: SendBudget,
    toMessage: (bytes: Bytes) => unknown,
    cancelled?: () => void,
  ) {
    this.#channel = channel;
    this.#budget = budget;
    this.#toMessage = toMessage;
    // __proto__: null, so that a polluted Object.prototype adds nothing to the dictionaries.
    const source = {
      __proto__: null,
      start: (controller: ReadableStreamDefaultController<unknown>) => {
        this.#controller = controller;
      },
      pull: () => {
        this.#wanted = true;
        this.#deliver();
      },
      cancel: () => {
        this.#done = true;
        let bytes: Bytes | undefined;
        while ((bytes = arrayShift(this.#queue)) !== undefined) this.#consumed(bytes);
        cancelled?.();
      },
    };
    this.readable = new NativeReadableStream(source, nothingAhead);
  }

  /** Whether the readable is closed, cancelled or errored. */
  get done(): boolean {
    return this.#done;
  }

  /** A datagram has come from the host. */
  data(buffer: ArrayBuffer): void {
    this.#budget.moves(arrayBufferLength(buffer));
    this.#take(new NativeUint8Array(buffer));
    this.#deliver();
  }

  /** Several have come, in the lane's frame. */
  datagrams(frame: ArrayBuffer): void {
    this.#budget.moves(arrayBufferLength(frame));
    eachDatagram(frame, (bytes) => {
      this.#take(bytes);
    });
    this.#deliver();
  }

  #take(bytes: Bytes): void {
    if (this.#done) this.#consumed(bytes);
    else arrayPush(this.#queue, bytes);
  }

  /** The readable ends. `error` is undefined after an orderly end. */
  end(error: Error | undefined): void {
    if (this.#done) return;
    this.#done = true;
    if (error === undefined) defaultClose(this.#controller);
    else defaultError(this.#controller, error);
  }

  /** The host gets no more credit. */
  stop(): void {
    this.#stopped = true;
  }

  #deliver(): void {
    while (this.#wanted && !this.#done) {
      const bytes = arrayShift(this.#queue);
      if (bytes === undefined) return;
      this.#consumed(bytes);
      const message = this.#toMessage(bytes);
      if (isLast(bytes)) giveBack(typedArrayBuffer(bytes) as ArrayBuffer);
      if (message === undefined) continue;
      this.#wanted = false;
      defaultEnqueue(this.#controller, message);
    }
  }

  #consumed(bytes: Bytes): void {
    this.#owed += typedArrayLength(bytes) + datagramOverhead;
    if (this.#owed * 4 < datagramWindowBytes || this.#stopped) return;
    this.#channel.credit(this.#owed);
    this.#owed = 0;
  }
}
