// How much of one socket may be on its way at a time. What is on its way is what another socket's byte waits behind, so on the lane it depends
// on what the document's other sockets do: much where a socket is alone, less where others move as much, little where one moves a few bytes now
// and then, since somebody may be typing. Native messaging is slow and shared with other documents: there it is the same always.
//
// Both directions are the page's to decide: towards it by the credit that it gives, towards the host by what it uses of the credit that it has.

import { chunkBytes, laneChunkBytes, laneWindowBytes, stdioWindowBytes, windowBytes } from "../../protocol/message.ts";

/** Sockets count as busy, and as light, for this long, and up to twice as long, in milliseconds. */
const span = 512;
/** Who moves less in a span is light, in bytes. */
const heavy = 64 << 10;

/** What may be on its way, in bytes. */
interface Amounts {
  alone: number;
  together: number;
  /** Beside light sockets. */
  beside: number;
}

const toPage: Amounts = { alone: laneWindowBytes, together: 4 * chunkBytes, beside: 2 * chunkBytes };
/** The host gives credit back two chunks at a time, and half a chunk is not worth a message: so it cannot be less. */
const toHost: Amounts = { alone: windowBytes, together: 4 * chunkBytes, beside: 3 * chunkBytes };

/** What the sockets of a document do. */
export class Traffic {
  readonly now: () => number;
  /** The span that is now. */
  span = 0;
  /** How many sockets are busy in it, and how many of them are light. */
  busy = 0;
  light = 0;
  busyBefore = 0;
  lightBefore = 0;

  /** `now` is a clock in milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** Begins another span when it is time. */
  look(): void {
    const at = (this.now() / span) >>> 0;
    if (at === this.span) return;
    const next = at === this.span + 1;
    this.busyBefore = next ? this.busy : 0;
    this.lightBefore = next ? this.light : 0;
    this.busy = this.light = 0;
    this.span = at;
  }
}

/** One socket's share of its document's way to the host. */
export class Share {
  readonly #traffic: Traffic;
  readonly #onLane: boolean;
  /** The last span in which it was busy, whether it is light in it, and what it has moved. */
  #span = -2;
  #light = false;
  #moved = 0;
  /** The same of the span before that one. */
  #spanBefore = -2;
  #lightBefore = false;

  constructor(traffic: Traffic, onLane: boolean) {
    this.#traffic = traffic;
    this.#onLane = onLane;
  }

  /** So many bytes of it move. */
  moves(bytes: number): void {
    const all = this.#traffic;
    all.look();
    if (this.#span !== all.span) {
      this.#spanBefore = this.#span;
      this.#lightBefore = this.#light;
      // Whoever was heavy is taken for heavy until the span is over.
      this.#light = this.#span !== all.span - 1 || this.#moved < heavy;
      this.#span = all.span;
      this.#moved = 0;
      all.busy++;
      if (this.#light) all.light++;
    }
    this.#moved += bytes;
    if (this.#light && this.#moved >= heavy) this.#leaveLight();
  }

  /** It is over, and no more in the way of others. */
  end(): void {
    const all = this.#traffic;
    all.look();
    this.#leaveLight();
    if (this.#span === all.span) all.busy--;
    if (this.#span === all.span - 1 || this.#spanBefore === all.span - 1) all.busyBefore--;
    this.#span = this.#spanBefore = -2;
  }

  /** How many bytes may be on their way to the page. */
  toPage(): number {
    return this.#of(toPage);
  }

  /** The same towards the host. */
  toHost(): number {
    return this.#of(toHost);
  }

  /** The most that one message carries where so many bytes may be on their way. */
  chunk(share: number): number {
    return this.#onLane && share >= 4 * laneChunkBytes ? laneChunkBytes : chunkBytes;
  }

  #of({ alone, together, beside }: Amounts): number {
    if (!this.#onLane) return stdioWindowBytes;
    const { light, lightBefore, busy, busyBefore } = this.#traffic;
    const own = this.#light ? 1 : 0;
    if (light > own || lightBefore > own) return beside;
    return busy > 1 || busyBefore > 1 ? together : alone;
  }

  /** It is light no more. */
  #leaveLight(): void {
    const all = this.#traffic;
    if (this.#light && this.#span === all.span) all.light--;
    if (this.#light && this.#span === all.span - 1) all.lightBefore--;
    if (this.#lightBefore && this.#spanBefore === all.span - 1) all.lightBefore--;
    this.#light = this.#lightBefore = false;
  }
}
