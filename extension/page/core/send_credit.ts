// Credit towards the host: how many more bytes of a socket it takes, and the write that waits until it takes more.

import { deferred } from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import { makeError } from "./errors.ts";

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

  /** Whether a write waits. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
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

  /** The page has aborted the stream that it writes to: as a listener to that. */
  handleEvent(): void {
    this.interrupt(makeError("AbortError"));
  }

  /** Ends the write that waits, if one does. */
  interrupt(error: unknown): void {
    this.#waiting?.reject(error);
  }
}
