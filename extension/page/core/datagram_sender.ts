// The sending half of a datagram socket: posts datagrams as credit allows, and tells what became of each.

import { mapDelete, mapForEach, mapGet, mapSet, settle, typedArrayBuffer, typedArrayLength } from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import { datagramOverhead } from "../../../protocol/message.ts";
import type { Channel } from "./channel.ts";
import type { SendBudget } from "./send_budget.ts";
import { SendCredit } from "./send_credit.ts";

export class DatagramSender {
  readonly #channel: Pick<Channel, "write">;
  readonly #budget: SendBudget;
  readonly #credit: SendCredit;
  #lastAck = 0;
  readonly #unacknowledged = new Map<number, { cost: number; done: Deferred<undefined> }>();
  #failure: Error | undefined;

  /** `window` is the host's credit, in bytes. */
  constructor(channel: Pick<Channel, "write">, budget: SendBudget, window: number) {
    this.#channel = channel;
    this.#budget = budget;
    this.#credit = new SendCredit(window);
  }

  /** Why nothing more is sent. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Posts a datagram once there is credit for it; `done` settles when the system has taken it, or has not. One at a time waits. */
  async post(bytes: Uint8Array<ArrayBuffer>, done: Deferred<undefined>): Promise<void> {
    const cost = typedArrayLength(bytes) + datagramOverhead;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#credit.bytes >= cost) break;
      await this.#credit.more();
    }
    this.#credit.use(cost);
    this.#budget.moves(cost);
    const ack = (this.#lastAck = (this.#lastAck + 1) >>> 0); // a u32 on the lane
    mapSet(this.#unacknowledged, ack, { cost, done });
    this.#channel.write(typedArrayBuffer(bytes) as ArrayBuffer, ack);
  }

  /** The host's answer. Credit comes back with it. */
  wrote(ack: number, error: Error | undefined): void {
    const sent = mapGet(this.#unacknowledged, ack);
    if (sent === undefined) return;
    mapDelete(this.#unacknowledged, ack);
    this.#credit.give(sent.cost);
    settle(sent.done, error);
  }

  /** Ends the write that waits for credit, if one does. */
  interrupt(error: Error): void {
    this.#credit.interrupt(error);
  }

  /** Nothing more is sent. What the host has still gets its answers. */
  fail(error: Error): void {
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
