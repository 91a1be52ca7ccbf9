// How much of one socket may be on its way at a time. What is on its way is what another socket's byte waits behind, so on the lane it depends
// on what the document's other sockets do: much where a socket is alone, less where others move as much, little where one moves a few bytes now
// and then, since somebody may be typing. Native messaging is slow and shared with other documents: there it is the same always.
//
// Both directions are the page's to decide: towards it by the credit that it gives, towards the host by what it uses of the credit that it has.

import {
  chunkBytes,
  laneChunkBytes,
  laneWindowBytes,
  stdioWindowBytes,
  windowBytes,
} from "../../../protocol/message.ts";
import { min } from "../builtins.ts";
import { MessageSize } from "./message_size.ts";

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

/** What sockets did in one span: how many were busy, and how many of them light. */
class Span {
  busy = 0;
  light = 0;
}

/** What the sockets of a document do now, and did just before. */
export class Traffic {
  readonly #clock: () => number;
  #at = 0;
  now = new Span();
  before = new Span();
  /** How large the messages of a socket are that is alone. */
  readonly messageSize: MessageSize;
  /** The most that a message should have, in bytes. */
  most: number = laneChunkBytes;

  /** `clock` tells milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.messageSize = new MessageSize(clock);
  }

  /** Begins another span when it is time. */
  look(): void {
    const at = (this.#clock() / span) >>> 0;
    if (at === this.#at) return;
    this.before = at === this.#at + 1 ? this.now : new Span();
    this.now = new Span();
    this.#at = at;
  }
}

/** How one socket counts in a span. */
interface Entry {
  readonly span: Span;
  light: boolean;
}

/** One socket's share of its document's way to the host. */
export class SendBudget {
  readonly #traffic: Traffic;
  readonly #onLane: boolean;
  /** The last two spans in which it was busy, and what it has moved in the last. */
  #last: Entry | undefined;
  #earlier: Entry | undefined;
  #moved = 0;

  constructor(traffic: Traffic, onLane: boolean) {
    this.#traffic = traffic;
    this.#onLane = onLane;
  }

  /** So many bytes of it move. */
  moves(bytes: number): void {
    const { now, before } = this.#look();
    if (this.#last?.span !== now) {
      // Whoever was heavy is taken for heavy until the span is over.
      const light = this.#last?.span !== before || this.#moved < heavy;
      this.#earlier = this.#last;
      this.#last = { span: now, light };
      this.#moved = 0;
      now.busy++;
      if (light) now.light++;
    }
    this.#moved += bytes;
    if (this.#moved >= heavy) this.#leaveLight();
  }

  /** It is over, and no more in the way of others. */
  end(): void {
    this.#leaveLight();
    if (this.#last !== undefined) this.#last.span.busy--;
    if (this.#earlier !== undefined) this.#earlier.span.busy--;
    this.#last = this.#earlier = undefined;
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
    return min(this.#traffic.most, this.#isAlone(share) ? this.#traffic.messageSize.bytes : chunkBytes);
  }

  /** So many bytes were sent in one message, where so many may be on their way. */
  sent(bytes: number, share: number): void {
    if (this.#isAlone(share) && this.#traffic.most === laneChunkBytes) this.#traffic.messageSize.sent(bytes);
  }

  #isAlone(share: number): boolean {
    return this.#onLane && share >= 4 * laneChunkBytes;
  }

  #of({ alone, together, beside }: Amounts): number {
    if (!this.#onLane) return stdioWindowBytes;
    const { now, before } = this.#look();
    const inNow = this.#others(now);
    const inBefore = this.#others(before);
    if (inNow.light + inBefore.light > 0) return beside;
    return inNow.busy + inBefore.busy > 0 ? together : alone;
  }

  /** What the others did in a span. */
  #others(span: Span): Readonly<Span> {
    const own = this.#last?.span === span ? this.#last : this.#earlier?.span === span ? this.#earlier : undefined;
    if (own === undefined) return span;
    return { busy: span.busy - 1, light: span.light - (own.light ? 1 : 0) };
  }

  #look(): Traffic {
    this.#traffic.look();
    return this.#traffic;
  }

  /** It is light no more, nor was it. */
  #leaveLight(): void {
    leaveLight(this.#last);
    leaveLight(this.#earlier);
  }
}

function leaveLight(entry: Entry | undefined): void {
  if (entry?.light !== true) return;
  entry.light = false;
  entry.span.light--;
}
