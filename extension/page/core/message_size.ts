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
/** It is as slow as this where messages of the own size are still on their way: no need to wait until it can be measured. */
const hopeless = 1.5;

export class MessageSize {
  readonly #clock: () => number;
  /** The most that one message carries, in bytes. */
  bytes = chunkBytes;
  /** What it is unless the other size is being tried. */
  #own = chunkBytes;
  /** 0 between two looks; in one 1, 3 and 5 measure the own size, the other, and the own again. 2 and 4 wait until what is on its way is of the next. */
  #step = 0;
  /** The bytes that are left of the step, or until the next look. */
  #left = firstRest;
  #rest = firstRest;
  /** When the step began, and the last bytes were sent, in milliseconds. */
  #began = 0;
  #at = -Infinity;
  /** How long the own size took, and the other, in milliseconds a byte. */
  #ownTook = 0;
  #otherTook = 0;

  /** `clock` tells milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** So many bytes were sent by a socket that is alone. */
  sent(bytes: number): void {
    const now = this.#clock();
    const paused = now - this.#at > pause;
    this.#at = now;
    if (paused) this.#wait(this.#step > 0 || this.#left < part ? part : this.#left);
    this.#left -= bytes;
    const took = (now - this.#began) / part;
    // The other size is given up as soon as it has taken too long. While it is only on its way it may take as long as the own.
    if ((this.#step === 2 && took > hopeless * this.#ownTook) || (this.#step === 3 && worth * took > this.#ownTook))
      this.#end(false);
    else if (this.#left <= 0) this.#next(took, now);
  }

  /** A step is over. */
  #next(took: number, now: number): void {
    if (this.#step === 5) {
      this.#end(worth * this.#otherTook < took);
      return;
    }
    if (this.#step === 1) this.#ownTook = took;
    if (this.#step === 3) this.#otherTook = took;
    if (this.#step % 2 === 1) this.bytes = other(this.bytes);
    this.#step++;
    this.#left = part;
    this.#began = now;
  }

  /** A look is over. */
  #end(otherIsFaster: boolean): void {
    if (otherIsFaster) this.#own = other(this.#own);
    this.#rest = otherIsFaster ? firstRest : min(rarer * this.#rest, mostRest);
    this.#wait(this.#rest);
  }

  /** There is no look before so many bytes. */
  #wait(bytes: number): void {
    this.bytes = this.#own;
    this.#step = 0;
    this.#left = bytes;
  }
}

function other(size: number): number {
  return chunkBytes + laneChunkBytes - size;
}
