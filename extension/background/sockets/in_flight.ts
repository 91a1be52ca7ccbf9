// What a document had on its way to sockets that have ended meanwhile. That is no fault: a window full of datagrams may be in flight when a socket ends.

import type { DocumentMessage } from "../../../protocol/page.ts";
import type { Outgoing } from "./outgoing.ts";

/** Of so many sockets of a document it is remembered, the last to end. Each may have 16,384 datagrams under way. */
const most = 64;

export class InFlight {
  readonly #ended = new Map<number, Outgoing>();

  /** A socket has ended, and the document has not heard of it yet. `outgoing`: what it might say to it. */
  ended(id: number, outgoing: Outgoing): void {
    this.#ended.set(id, outgoing);
    for (const oldest of this.#ended.keys()) if (this.#ended.size > most) this.#ended.delete(oldest);
  }

  /** Reports whether a message was allowed when it was sent. After `close` nothing more is. */
  covers(message: DocumentMessage): boolean {
    const outgoing = this.#ended.get(message.id);
    if (outgoing === undefined) return false;
    switch (message.type) {
      case "write":
        //rule:crossing-data-within-credit
        return outgoing.writes(message.data, message.ack);
      case "credit":
        return outgoing.credits();
      case "close":
        return this.#ended.delete(message.id);
      default:
        return false;
    }
  }
}
