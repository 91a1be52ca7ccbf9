// Credit towards the host: how many more bytes of a socket it takes, and the write that waits until it takes more.

import { deferred } from "../builtins.ts";
import type { Deferred } from "../builtins.ts";

export class SendCredit {
  #bytes: number;
  #waiting: Deferred<undefined> | undefined;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** How many bytes the host takes now. */
  get bytes(): number {
    return this.#bytes;
  }

  use(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** The host takes so many more: the write that waits looks again. */
  give(bytes: number): void {
    this.#bytes += bytes;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(undefined);
  }

  /** Resolves at the next `give`, rejects at `interrupt`. One write waits at a time. */
  more(): Promise<undefined> {
    this.#waiting = deferred();
    return this.#waiting.promise;
  }

  /** Ends the write that waits, if one does. */
  interrupt(error: unknown): void {
    this.#waiting?.reject(error);
  }
}
