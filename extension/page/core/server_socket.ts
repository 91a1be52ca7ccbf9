// A socket that listens: a readable stream of the connections that were accepted. One is taken from the host at a time, when a read waits for it.

import {
  Ending,
  NativeReadableStream,
  defaultClose,
  defaultEnqueue,
  defaultError,
  handled,
  readableLocked,
  nothingAhead,
} from "../builtins.ts";
import type { Listener, ListenerHandler } from "./connection.ts";
import { StreamSocket } from "./stream_socket.ts";

export class ServerSocket implements ListenerHandler {
  readonly readable: ReadableStream<unknown>;
  readonly listener: Listener;
  readonly #ended = new Ending();
  readonly #clock: () => number;
  readonly #toChunk: (socket: StreamSocket) => unknown;
  #controller!: ReadableStreamDefaultController<unknown>;
  #done = false; // the readable is closed, cancelled or errored
  #failure: Error | undefined;
  /** A connection that came when nobody read any more. */
  #held: StreamSocket | undefined;

  /** `toChunk` makes what a read gets. */
  constructor(listener: Listener, clock: () => number, toChunk: (socket: StreamSocket) => unknown) {
    this.listener = listener;
    this.#clock = clock;
    this.#toChunk = toChunk;
    const source = {
      __proto__: null, // so that a polluted Object.prototype adds nothing
      start: (controller: ReadableStreamDefaultController<unknown>) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.#end();
      },
    };
    this.readable = new NativeReadableStream(source, nothingAhead);
  }

  /** Settles when the host has closed it: rejects with the error of the readable, if it has one. Nobody has to listen. */
  get ended(): Promise<undefined> {
    return this.#ended.promise;
  }

  /** What was accepted lives on. The readable is cancelled for it, which does all there is to do. */
  close(): Promise<undefined> {
    return this.#ended.promise;
  }

  closed(error: Error | undefined): void {
    if (!this.#done) {
      this.#done = true;
      this.#failure = error;
      if (error === undefined) defaultClose(this.#controller);
      else defaultError(this.#controller, error);
      this.#giveUpHeld();
    }
    this.#ended.settle(this.#failure);
  }

  /** "Invoke the operating system to accept up to desiredSize incoming connections": one, since there is room for what is read only. */
  async #pull(): Promise<void> {
    let socket = this.#held;
    this.#held = undefined;
    try {
      socket ??= await this.listener.accept((channel, budget) => new StreamSocket(channel, budget, this.#clock));
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    //rule:late-connection-is-closed
    if (this.#done) void handled(socket.close());
    else if (readableLocked(this.readable)) defaultEnqueue(this.#controller, this.#toChunk(socket));
    else this.#held = socket;
  }

  /** An accept has failed. Those of a listener that closes are given up, and what ended it is said of the listener itself. */
  #fail(error: Error): void {
    if (this.#done || error.name === "AbortError") return;
    this.#failure = error;
    defaultError(this.#controller, error);
    this.#end();
  }

  #end(): void {
    this.#done = true;
    this.#giveUpHeld();
    this.listener.close();
  }

  #giveUpHeld(): void {
    if (this.#held !== undefined) void handled(this.#held.close());
    this.#held = undefined;
  }
}
