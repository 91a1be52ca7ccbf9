// How large the messages are by which a socket that is alone sends much: 256 KiB, or 64.
//
// For a message over 64 KiB Chromium makes shared memory, which costs the same for any length: as a rule larger messages are faster. Where memory
// is slow to get, as in some virtual machines, they take twice the time. No document can know which computer it is on, so it looks: it moves some
// MiB by each size and stays with the faster, and looks again later.

import { min } from "../builtins.ts";
import { chunkBytes, laneChunkBytes, windowBytes } from "../../../protocol/message.ts";

const large = laneChunkBytes;
const small = chunkBytes;

/** What is sent before a size is measured, in bytes: until then messages of the other size are on their way. */
const settling = windowBytes;
/** What it is measured by. */
const measured = 4 * windowBytes;
/** What is sent between two looks, at first and at most. */
const firstRest = 16 * measured;
const mostRest = 256 * measured;
/** Whoever sends nothing for so long is not measured, in milliseconds. */
const pause = 100;
/** The other size has to be so many times as fast. */
const worth = 1.15;

export class MessageSize {
  readonly #clock: () => number;
  /** The most that one message carries, in bytes. */
  bytes = large;
  /** The bytes that are left of what is done now. */
  #left = settling;
  #doing: "settle" | "measure" | "rest" = "settle";
  /** When measuring began, and the last message was sent, in milliseconds. */
  #began = 0;
  #at = -Infinity;
  /** What the size before moved, in bytes a millisecond; 0 when the first of the two is measured. */
  #before = 0;
  #rest = firstRest;

  /** `clock` tells milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** So many bytes were sent by a socket that is alone. */
  sent(bytes: number): void {
    const now = this.#clock();
    const paused = now - this.#at > pause;
    this.#at = now;
    if (paused && this.#doing !== "rest") this.#begin("settle", settling);
    this.#left -= bytes;
    if (this.#left > 0) return;
    if (this.#doing === "measure") this.#look(measured / (now - this.#began + 0.001));
    else {
      this.#began = now;
      this.#begin("measure", measured);
    }
  }

  #begin(doing: "settle" | "measure" | "rest", bytes: number): void {
    this.#doing = doing;
    this.#left = bytes;
  }

  /** A size has moved so much in a millisecond. */
  #look(rate: number): void {
    if (this.#before === 0) {
      this.#before = rate;
      this.#change();
      this.#begin("settle", settling);
      return;
    }
    if (rate < worth * this.#before) this.#change();
    this.#before = 0;
    this.#begin("rest", this.#rest);
    this.#rest = min(2 * this.#rest, mostRest);
  }

  #change(): void {
    this.bytes = this.bytes === large ? small : large;
  }
}
