// How large the messages are by which a socket that is alone sends much: 64 KiB, or 256.
//
// For a message over 64 KiB Chromium makes shared memory, which costs the same for any length: as a rule larger messages are faster, by a fifth.
// Where memory is slow to get, as in some virtual machines, they take twice the time. No document can know which computer it is on, so it begins
// with small ones, and looks after some MiB: it moves a little by the other size, and by its own before and behind that. It takes the other one if
// that was faster than both, so that a connection that gets faster meanwhile does not count. All sockets of a document are one here.

import { min } from "../builtins.ts";
import { chunkBytes, laneChunkBytes, windowBytes } from "../../../protocol/message.ts";

/** Each part of a look moves so much: what is measured, and before that what is on its way by another size, or goes before the host owes credit. */
const part = windowBytes;
/** What is sent before a look: at first and after a change, and at most. Each time that nothing changes it is so many times as much. */
const firstRest = 8 * windowBytes;
const mostRest = 1_024 * windowBytes;
const rarer = 4;
/** Whoever sends nothing for so long is not measured, in milliseconds. */
const pause = 100;
/** The other size has to be so many times as fast. */
const worth = 1.1;
/** It is given up when it takes so many times as long, also while messages of the own size are still on their way. */
const hopeless = 1.5;

export class MessageSize {
  readonly #clock: () => number;
  /** The most that one message carries, in bytes. */
  bytes = chunkBytes;
  /** 0 between two looks; in one 1, 3 and 5 measure the own size, the other, and the own again. 2 and 4 wait until what is on its way is of the next. */
  #step = 0;
  /** The bytes that are left of the step, or until the next look. */
  #left = firstRest;
  #rest = firstRest;
  /** When the step began, and the last bytes were sent, in milliseconds. */
  #began = 0;
  #at = -Infinity;
  /** How long the own size took, and the other, in milliseconds. */
  #ownTook = 0;
  #otherTook = 0;

  /** `clock` tells milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** So many bytes were sent by a socket that is alone. */
  sent(bytes: number): void {
    const now = this.#clock();
    // In a look it begins anew, with small messages: large ones may be what makes it pause. Where one begins just after a pause, the own size
    // seems fast, and stays.
    if (now - this.#at > pause) {
      if (this.#step === 0) this.#wait(this.#left);
      else {
        this.#wait(part);
        this.bytes = chunkBytes;
      }
    }
    this.#at = now;
    this.#left -= bytes;
    const took = now - this.#began;
    const hopes = !this.#tries || took < hopeless * this.#ownTook;
    if (hopes && this.#left > 0) return;
    if (!hopes || this.#step === 5) {
      // The look is over.
      this.#rest = min(rarer * this.#rest, mostRest);
      if (hopes && worth * this.#otherTook < min(this.#ownTook, took)) {
        this.#change();
        this.#rest = firstRest;
      }
      this.#wait(this.#rest);
      return;
    }
    if (this.#step === 1) this.#ownTook = took;
    if (this.#step === 3) this.#otherTook = took;
    if (this.#step % 2 === 1) this.#change();
    this.#step++;
    this.#left = part;
    this.#began = now;
  }

  /** There is no look before so many bytes. */
  #wait(bytes: number): void {
    if (this.#tries) this.#change();
    this.#step = 0;
    this.#left = bytes;
  }

  /** Whether messages have the other size for now. */
  get #tries(): boolean {
    return this.#step >> 1 === 1;
  }

  #change(): void {
    this.bytes = chunkBytes + laneChunkBytes - this.bytes;
  }
}
