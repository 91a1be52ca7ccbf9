// The sending half of a stream socket: takes what the page writes, as credit allows, and makes messages of it.
//
// A message costs more than its bytes, so writes that follow each other without a pause, as those of a loop that awaits each one, go in one
// message. Nothing waits for that: the first of them is posted at once, and the last when the page's code pauses, before anything else runs. A
// page that computes between two writes does not hold up the one before.

import {
  NativeUint8Array,
  microtask,
  min,
  typedArrayBuffer,
  typedArrayLength,
  typedArraySet,
  typedArraySubarray,
} from "../builtins.ts";
import { copyOf } from "../webidl.ts";
import { chunkBytes } from "../../../protocol/message.ts";
import type { Channel } from "./channel.ts";
import type { SendBudget } from "./send_budget.ts";
import type { SendCredit } from "./send_credit.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Microtasks between two writes of a page that does not pause, and as many again: up to 5 pass in Chromium 156 where streams are piped. */
const pause = 10;

export class Outbox {
  readonly #channel: Pick<Channel, "info" | "write">;
  readonly #budget: SendBudget;
  readonly #clock: () => number;
  readonly #credit: SendCredit;
  #sent = 0;
  #promised = 0;
  #failure: Error | undefined;

  /** What is gathered: the first bytes of it are in use. */
  #gathered: Bytes | undefined;
  #used = 0;
  /** When the page was last seen not to pause, in milliseconds. */
  #at = 0;
  /** The length of the last message. */
  #last = 0;
  /** Microtasks until the page counts as pausing; 0 when it does. */
  #patience = 0;

  /** `clock` tells milliseconds. */
  constructor(channel: Pick<Channel, "info" | "write">, budget: SendBudget, clock: () => number, credit: SendCredit) {
    this.#channel = channel;
    this.#budget = budget;
    this.#clock = clock;
    this.#credit = credit;
  }

  /** Bytes that were taken so far. All of them are on their way after flush(). */
  get sent(): number {
    return this.#sent;
  }

  /** Bytes of them whose write has resolved. */
  get promised(): number {
    return this.#promised;
  }

  /** Nothing can be sent any more: every write, waiting or to come, fails with this. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#gathered = undefined;
    this.#credit.interrupt(error);
  }

  /** Resolves when all bytes are on their way. They are the page's, and may change while it waits. */
  async write(bytes: Bytes): Promise<void> {
    let rest = bytes;
    const length = typedArrayLength(rest);
    let copied = false;
    while (typedArrayLength(rest) > 0) {
      if (this.#failure !== undefined) throw this.#failure;
      const taken = this.#take(rest);
      if (taken > 0) {
        rest = typedArraySubarray(rest, taken);
        continue;
      }
      this.flush();
      if (!copied) {
        // The page may do with its buffer what it likes in the meantime.
        rest = copyOf(rest);
        copied = true;
      }
      await this.#credit.more();
      this.#watch(); // a page that had to wait did not pause
    }
    this.#promised += length;
  }

  /** Takes what may be on its way now of these bytes; returns how many that are. */
  #take(bytes: Bytes): number {
    const length = typedArrayLength(bytes);
    const inFlight = this.#budget.toHost();
    const credit = this.#credit.bytes;
    const { window } = this.#channel.info;
    const underWay = window - credit;
    const room = min(inFlight - underWay, credit);
    const most = this.#budget.chunk(inFlight);
    // Avoids the silly window syndrome (RFC 1122, section 4.2.3.4): no small messages while a quarter of the window or more is with the host, which
    // owes credit for it. Behind much, half a message at least.
    const sillyWindow = this.#last < chunkBytes / 2 ? min(length, chunkBytes / 2) : most / 2;
    if (room <= 0 || (room < sillyWindow && underWay * 4 >= min(window, inFlight))) return 0;
    const pauses = this.#patience === 0 || this.#clock() - this.#at > 1;
    if (pauses) this.flush();
    let gathered = this.#gathered;
    if (gathered === undefined) {
      // A message of its own for the first write after a pause; then more and more at a time.
      const first = min(length, min(room, most));
      gathered = new NativeUint8Array(pauses ? first : min(most, 4 * (first > this.#last ? first : this.#last)));
      this.#gathered = gathered;
      this.#used = 0;
    }
    const size = typedArrayLength(gathered);
    const n = min(length, min(room, size - this.#used));
    this.#budget.sent(n, inFlight);
    typedArraySet(gathered, n === length ? bytes : typedArraySubarray(bytes, 0, n), this.#used);
    this.#used += n;
    this.#credit.use(n);
    this.#sent += n;
    this.#budget.moves(n);
    if (this.#used === size) this.flush();
    this.#watch();
    return n;
  }

  /** Sends what is gathered. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    this.#gathered = undefined;
    const full = this.#used === typedArrayLength(gathered);
    const message = full ? gathered : copyOf(typedArraySubarray(gathered, 0, this.#used));
    this.#last = this.#used;
    this.#channel.write(typedArrayBuffer(message) as ArrayBuffer);
  }

  /** Looks from now on whether the page pauses. */
  #watch(): void {
    if (this.#patience === 0) microtask(this.#tick);
    this.#patience = pause;
    this.#at = this.#clock();
  }

  readonly #tick = (): void => {
    if (--this.#patience > 0) microtask(this.#tick);
    else this.flush();
  };
}
