// Gathers the datagrams of a socket that the page sends one behind the other, for one message of the lane: a message costs more than its bytes.
//
// No datagram waits for a clock: they go when the page's code pauses, before anything else runs.

import {
  NativeUint8Array,
  arrayPush,
  microtask,
  typedArrayBuffer,
  typedArrayLength,
  typedArraySet,
  typedArraySubarray,
} from "../builtins.ts";
import { batchHeaderBytes, batchOverhead, readLength, writeLength } from "../../../protocol/lane_batch.ts";
import { batchBytes, batchDatagrams } from "../../../protocol/message.ts";
import type { Channel } from "./channel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many rounds of microtasks a datagram waits for others: so many pass between sends of a page that awaits something settled. */
const rounds = 4;

export class DatagramBatch {
  readonly #channel: Pick<Channel, "datagrams">;
  #gathered: Bytes[] = [];
  /** The number of the first that is gathered. */
  #first = 0;
  #size = 0;
  /** Rounds that are left, and whether a microtask counts them. */
  #left = 0;
  #counting = false;

  constructor(channel: Pick<Channel, "datagrams">) {
    this.#channel = channel;
  }

  /** Takes a datagram, whose number follows that of the one before. Its bytes must not change. */
  add(bytes: Bytes, ack: number): void {
    const size = batchOverhead + typedArrayLength(bytes);
    if (this.#size + size > batchBytes) this.flush();
    if (this.#gathered.length === 0) {
      this.#first = ack;
      this.#size = batchHeaderBytes;
      this.#left = rounds;
      if (!this.#counting) microtask(this.#count);
      this.#counting = true;
    }
    arrayPush(this.#gathered, bytes);
    this.#size += size;
    if (this.#gathered.length === batchDatagrams) this.flush();
  }

  /** Sends what is gathered. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered.length === 0) return;
    this.#gathered = [];
    const frame = new NativeUint8Array(this.#size);
    this.#size = 0;
    let at = batchHeaderBytes;
    for (let i = 0; i < gathered.length; i++) {
      const bytes = gathered[i] as Bytes;
      const length = typedArrayLength(bytes);
      writeLength(frame, at, length);
      typedArraySet(frame, bytes, at + batchOverhead);
      at += batchOverhead + length;
    }
    this.#channel.datagrams(typedArrayBuffer(frame) as ArrayBuffer, this.#first);
  }

  readonly #count = (): void => {
    if (this.#left-- > 0) {
      microtask(this.#count);
      return;
    }
    this.#counting = false;
    this.flush();
  };
}

/** Calls `take` with each datagram of a frame that has come, in place. */
export function eachDatagram(buffer: ArrayBuffer, take: (bytes: Bytes) => void): void {
  const frame = new NativeUint8Array(buffer);
  const size = typedArrayLength(frame);
  for (let at = batchHeaderBytes; at + batchOverhead <= size;) {
    const start = at + batchOverhead;
    at = start + readLength(frame, at);
    take(typedArraySubarray(frame, start, at));
  }
}
