// The sending half of a datagram socket: posts datagrams as credit allows, and tells what became of each.

import { mapDelete, mapForEach, mapGet, mapSet, settle, typedArrayBuffer, typedArrayLength } from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import { datagramOverhead } from "../../../protocol/message.ts";
import type { Channel } from "./channel.ts";
import { DatagramBatch } from "./datagram_batch.ts";
import type { SendBudget } from "./send_budget.ts";
import { SendCredit } from "./send_credit.ts";

/** What a sender uses of its socket's channel. */
export type DatagramChannel = Pick<Channel, "write" | "datagrams" | "onLane">;

export class DatagramSender {
  readonly #channel: DatagramChannel;
  /** On the lane. */
  readonly #batch: DatagramBatch | undefined;
  readonly #budget: SendBudget;
  readonly #credit: SendCredit;
  #lastAck = 0;
  readonly #unacknowledged = new Map<number, { cost: number; done: Deferred<undefined> }>();
  #failure: Error | undefined;

  /** `window` is the host's credit, in bytes. */
  constructor(channel: DatagramChannel, budget: SendBudget, window: number) {
    this.#channel = channel;
    if (channel.onLane) this.#batch = new DatagramBatch(channel);
    this.#budget = budget;
    this.#credit = new SendCredit(window);
  }

  /** Why nothing more is sent. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether a datagram of so many bytes can be posted now. */
  mayPost(size: number): boolean {
    return this.#failure === undefined && this.#credit.bytes >= size + datagramOverhead;
  }

  /** Posts a datagram, where that may be; `done` settles when the system has taken it, or has not. The bytes are the sender's from now on. */
  post(bytes: Uint8Array<ArrayBuffer>, done: Deferred<undefined>): void {
    const cost = typedArrayLength(bytes) + datagramOverhead;
    this.#credit.use(cost);
    this.#budget.moves(cost);
    const ack = (this.#lastAck = (this.#lastAck + 1) >>> 0); // a u32 on the lane
    mapSet(this.#unacknowledged, ack, { cost, done });
    if (this.#batch === undefined) this.#channel.write(typedArrayBuffer(bytes) as ArrayBuffer, ack);
    else this.#batch.add(bytes, ack);
  }

  /** Posts it once there is credit for it. Throws what nothing more is sent for. One at a time waits. */
  async postInTurn(bytes: Uint8Array<ArrayBuffer>, done: Deferred<undefined>): Promise<void> {
    while (!this.mayPost(typedArrayLength(bytes))) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#credit.more();
    }
    this.post(bytes, done);
  }

  /** All that was posted is on its way. */
  flush(): void {
    this.#batch?.flush();
  }

  /** The host's answer. Credit comes back with it. */
  wrote(ack: number, error: Error | undefined): void {
    const sent = mapGet(this.#unacknowledged, ack);
    if (sent === undefined) return;
    mapDelete(this.#unacknowledged, ack);
    this.#credit.give(sent.cost);
    settle(sent.done, error);
  }

  /** The same for several that follow each other, all of which the system has taken. */
  sent(ack: number, count: number): void {
    for (let i = 0; i < count; i++) this.wrote((ack + i) >>> 0, undefined);
  }

  /** Ends the write that waits for credit, if one does. */
  interrupt(error: Error): void {
    this.#credit.interrupt(error);
  }

  /** Nothing more is sent than was posted. What the host has still gets its answers. */
  fail(error: Error): void {
    this.flush();
    this.#failure ??= error;
    this.#credit.interrupt(error);
  }

  /** Nobody will answer what was sent. */
  closed(reason: Error): void {
    this.fail(reason);
    mapForEach(this.#unacknowledged, (sent, ack) => {
      mapDelete(this.#unacknowledged, ack);
      sent.done.reject(reason);
    });
  }
}
