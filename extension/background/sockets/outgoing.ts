// What a document may say to an open socket. Its script keeps to the credit that the host has given, and says of credit only what it owes for
// bytes that it has got; the broker keeps the account, too, so that a script that lies fills no queue on the way to the host.

import { datagramOverhead } from "../../../protocol/message.ts";

/** Messages of credit that may come without bytes before them: at the beginning, and at an upgrade. */
const unowed = 16;
/** Those that one message of bytes may bring, as a page takes what was in it little by little. */
const perMessage = 8;

export class Outgoing {
  #room: number;
  #credits = unowed;
  /** The cost of datagrams that were sent and not answered yet. Undefined before the first: a document may have a thousand sockets that idle. */
  #pending: Map<number, number> | undefined;

  /** `window`: the bytes that may be sent before the host has given credit. */
  constructor(window: number) {
    this.#room = window;
  }

  /** Bytes go out: base64 of this length, as a datagram that `ack` names if there is one. Returns false when the credit does not reach. */
  writes(data: string, ack?: number): boolean {
    return this.takes((data.length / 4) * 3 - (data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0), ack);
  }

  /** The same for so many bytes. */
  takes(bytes: number, ack?: number): boolean {
    const cost = ack === undefined ? bytes : bytes + datagramOverhead;
    if (
      /*rule:writes-within-host-credit*/ cost > this.#room ||
      (ack === undefined ? cost <= 0 : this.#pending?.has(ack) === true)
    )
      return false;
    this.#room -= cost;
    if (ack !== undefined) (this.#pending ??= new Map<number, number>()).set(ack, cost);
    return true;
  }

  /** The host has answered for a datagram. */
  answered(ack: number): void {
    this.#room += this.#pending?.get(ack) ?? 0;
    this.#pending?.delete(ack);
  }

  /** The host gives credit. */
  granted(bytes: number): void {
    this.#room += bytes;
  }

  /** Bytes have come in, in one message: the document may owe credit for them. */
  heard(): void {
    this.#credits += perMessage;
  }

  /** The document gives credit. Returns false when it cannot owe any. */
  credits(): boolean {
    this.#credits--;
    //rule:credit-within-received-bytes
    return this.#credits >= 0;
  }
}
