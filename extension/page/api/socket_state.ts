// What the sockets of the second generation have in common: [[openedPromise]], [[closedPromise]] and close(), in the draft's words.

import { Ending, deferred, handled, readableCancel, readableLocked, rejected, writableLocked } from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import { makeError } from "../core/errors.ts";
import type { Context } from "./context.ts";

/** A socket that is open. */
export interface OpenSocket {
  readonly readable: ReadableStream;
  readonly writable?: WritableStream;
  /** Settles when it is closed, as [[closedPromise]] shall. */
  readonly ended: Promise<undefined>;
  /** While TLS is put on it, close() gives it up, and nobody has its streams any more. */
  readonly upgrading?: boolean;
  close(): Promise<undefined>;
}

export class SocketState<Socket extends OpenSocket, Info> {
  /** Undefined before it is open. */
  socket: Socket | undefined;
  readonly #context: Context;
  readonly #toInfo: (socket: Socket) => Info;
  readonly #opened: Deferred<Info> = deferred();
  readonly #closed = new Ending();
  #settled = false; // [[closedPromise]] is

  /** `toInfo` makes the open info. It may throw what `opened` rejects with. */
  constructor(context: Context, toInfo: (socket: Socket) => Info) {
    this.#context = context;
    this.#toInfo = toInfo;
  }

  get opened(): Promise<Info> {
    return this.#opened.promise;
  }

  get closed(): Promise<undefined> {
    return this.#closed.promise;
  }

  /** It is open: resolves [[openedPromise]]. */
  open(socket: Socket): void {
    this.#opened.resolve(this.#toInfo(socket));
    this.socket = socket;
    void this.#end(socket.ended);
  }

  /** It will be. "Reject the [[openedPromise]]; reject the [[closedPromise]]": with the same error. */
  async start(opening: Promise<Socket>): Promise<void> {
    try {
      this.open(await opening);
    } catch (error) {
      this.#opened.reject(error);
      this.#closed.settle(error);
    }
  }

  /** The close() method steps. */
  close(): Promise<undefined> {
    const { socket } = this;
    // "If [[openedPromise]] is rejected or not yet resolved, reject with InvalidStateError."
    if (socket === undefined) return rejected(makeError("InvalidStateError", "The socket is not open."));
    // "If [[closedPromise]] is settled, return [[closedPromise]]."
    if (this.#settled) return this.closed;
    // The frame was removed, and the socket has gone with it. Nothing that waits goes on there: this is settled now, or never.
    if (!this.#context.active()) {
      this.#closed.settle(makeError("NetworkError"));
      return this.closed;
    }
    // "If [[readable]] or [[writable]] are locked, reject with InvalidStateError."
    const { readable, writable } = socket;
    if (socket.upgrading !== true && (readableLocked(readable) || (writable !== undefined && writableLocked(writable))))
      return rejected(makeError("InvalidStateError", "A stream of the socket is locked."));
    // "Let cancelPromise be the result of invoking cancel on [[readable]]. Set cancelPromise.[[PromiseIsHandled]] to true."
    void handled(readableCancel(readable));
    // "Let abortPromise be the result of invoking abort on [[writable]]": the socket does so, at once, also where the peer takes nothing.
    void handled(socket.close());
    return this.closed;
  }

  async #end(ended: Promise<undefined>): Promise<void> {
    try {
      await ended;
      this.#closed.settle();
    } catch (error) {
      this.#closed.settle(error);
    }
    this.#settled = true;
  }
}
