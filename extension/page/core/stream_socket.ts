// A stream socket: two streams on one channel, and their ends.
//
// The readable is a byte source. The writable resolves a write once its bytes are on their way under the host's credit; close() and abort() of
// it send FIN, and resolve when the system has it. startTls() hands the channel, with its credits, to a new socket, and ends this one's streams.

import {
  Ending,
  NativeUint8Array,
  NativeWritableStream,
  addListener,
  deferred,
  handled,
  own,
  settle,
  writableError,
  writableSignal,
  oneAhead,
} from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import { stdioWindowBytes } from "../../../protocol/message.ts";
import type { SettableOption } from "../../../protocol/message.ts";
import type { PageTLSOptions } from "../../../protocol/page.ts";
import { ByteSource } from "./byte_source.ts";
import type { Channel, SocketHandler } from "./channel.ts";
import { makeError } from "./errors.ts";
import { Outbox } from "./outbox.ts";
import type { SendBudget } from "./send_budget.ts";
import { SendCredit } from "./send_credit.ts";
import { bufferSource } from "../webidl.ts";

/** What a socket takes over from the one before it: the credit that it has from the host, and the bytes that the host may still send. */
interface Credits {
  credit: SendCredit;
  granted: number;
}

/** What is not needed before it is used is made then: a page may have a thousand of these that idle. */
export class StreamSocket implements SocketHandler {
  /** What the writable writes to. */
  static readonly #Sink = class implements UnderlyingSink<unknown> {
    readonly #socket: StreamSocket;
    constructor(socket: StreamSocket) {
      this.#socket = socket;
    }
    // Nothing of what the stream looks for is left to a polluted Object.prototype.
    get type(): undefined {
      return undefined;
    }
    start(controller: WritableStreamDefaultController): void {
      this.#socket.#sink = controller;
    }
    write(chunk: unknown): Promise<void> {
      return this.#socket.#write(chunk);
    }
    close(): Promise<undefined> | undefined {
      return this.#socket.#shutdown();
    }
    abort(): Promise<undefined> | undefined {
      return this.close();
    }
  };

  readonly window: number;
  readonly socketChannel: Channel;
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<unknown>;
  /** The socket is gone. Without an error. */
  readonly #gone = new Ending();
  readonly #ended = new Ending();
  /** The first error of a direction that has ended. */
  #stored: unknown;
  readonly #budget: SendBudget;
  readonly #clock: () => number;
  readonly #source: ByteSource;

  // Sending.
  #sink!: WritableStreamDefaultController;
  readonly #credit: SendCredit;
  readonly #outbox: Outbox;
  #writing: Promise<void> | undefined; // a write that is not through
  #shutting: Deferred<undefined> | undefined;
  #writeDone = false;
  #dead: Error | undefined; // why nothing more can be sent
  #lost: Error | undefined; // why what was sent may not have arrived, where no stream can tell any more

  // Upgrading: the options given at open, for a socket that is open for it.
  readonly #upgradable: PageTLSOptions | undefined;
  #spent: "upgrading" | "spent" | undefined;
  #gaveUp = false; // by close()

  /** `clock` tells milliseconds. With `upgradable` startTls() may be called, whose options add to these. */
  constructor(channel: Channel, budget: SendBudget, clock: () => number, upgradable?: PageTLSOptions, from?: Credits) {
    this.socketChannel = channel;
    this.#budget = budget;
    this.#clock = clock;
    this.#upgradable = upgradable;
    this.#credit = from?.credit ?? new SendCredit(channel.info.window);
    this.#outbox = new Outbox(channel, budget, clock, this.#credit);
    this.window = budget.toPage();
    // The first credit is given now where it chooses the carrier.
    const granted = from?.granted ?? (own(channel.info, "lane") === undefined ? stdioWindowBytes : this.window);
    this.#source = new ByteSource(channel, budget, granted, (error) => {
      this.#over(error);
    });
    this.readable = this.#source.readable;
    this.writable = new NativeWritableStream(new StreamSocket.#Sink(this), oneAhead);
  }

  /**
   * Settles when both directions are over, and the peer's system has what was promised: rejects with the error of the one that ended first, else of
   * the other, else with NetworkError where bytes got lost. (The draft: the other direction's stored error, else its own.) Nobody has to listen.
   */
  get ended(): Promise<undefined> {
    return this.#ended.promise;
  }

  /** Whether TLS is on its way: close() gives it up. */
  get upgrading(): boolean {
    return this.#spent === "upgrading";
  }

  /**
   * Closes both directions at once. Bytes whose write has resolved are still sent. Resolves when the peer has them; rejects with NetworkError
   * when it did not take them.
   */
  async close(): Promise<undefined> {
    if (this.#spent === "upgrading") {
      // Gives up the handshake.
      if (this.#dead === undefined) {
        this.#gaveUp = true;
        this.#dead = makeError("AbortError");
        this.#outbox.fail(this.#dead);
      }
      this.socketChannel.close();
      await this.#gone.promise;
      return;
    }
    if (this.#spent === "spent") return;
    this.#outbox.flush();
    this.#finish(makeError("AbortError"), true);
    this.socketChannel.close();
    if (!this.#awaited) return;
    await this.#gone.promise;
    if (this.#lost !== undefined) throw this.#lost;
  }

  /**
   * Puts TLS on the socket, and ends this one's streams. What the page had not read yet came in plain text and out of turn: the host sees by the
   * number of bytes read that there was more, and breaks the connection. What was thrown away was not read, either.
   */
  async startTls(options: PageTLSOptions): Promise<StreamSocket> {
    const upgradable = this.#upgradable;
    const over = this.#source.ended || this.#writeDone || this.#shutting !== undefined || this.#dead !== undefined;
    if (upgradable === undefined || this.#spent !== undefined || over) throw makeError("InvalidStateError");
    this.#spent = "upgrading";
    // A write under way is finished first; those behind it fail with the stream.
    const writing = this.#writing;
    writableError(this.#sink, makeError("InvalidStateError"));
    this.#writeDone = true;
    const read = this.#source.leave(makeError("NetworkError"));
    try {
      await handled(writing); // whoever wrote has heard of it
      if (this.#dead !== undefined) throw this.#dead;
      this.#outbox.flush();
      return await this.socketChannel.startTls(
        read,
        this.#outbox.sent,
        { ...upgradable, ...options },
        (channel, budget) =>
          new StreamSocket(channel, budget, this.#clock, undefined, {
            credit: this.#credit,
            granted: this.#source.granted,
          }),
      );
    } catch (error) {
      throw this.#gaveUp ? this.#dead : error;
    } finally {
      this.#spent = "spent";
      this.#ended.settle();
      this.#budget.end();
    }
  }

  /** Sets an option of the system's socket, as in Channel. */
  async setOption(option: SettableOption, value: number): Promise<undefined> {
    if (this.#dead !== undefined || this.#spent !== undefined) throw makeError("InvalidStateError");
    return this.socketChannel.setOption(option, value);
  }

  data(buffer: ArrayBuffer): void {
    this.#source.data(new NativeUint8Array(buffer));
  }

  credit(bytes: number): void {
    this.#credit.give(bytes);
  }

  shut(error: Error | undefined): void {
    this.#writeDone = true;
    settle(this.#shutting, error);
    this.#over(error);
  }

  end(): void {
    this.#source.end();
  }

  closed(error: Error | undefined): void {
    // The streams of a socket that was closed have nothing more to say.
    if (this.#dead !== undefined && this.#outbox.promised > 0) this.#lost = error;
    if (!this.#writeDone) this.#stored ??= error ?? makeError("NetworkError");
    this.#finish(error ?? makeError("NetworkError"), error === undefined);
    this.#budget.end();
    this.#gone.settle();
  }

  /** No more can be sent; what was received can still be read, then `orderly` decides between end and error. */
  #finish(error: Error, orderly: boolean): void {
    if (this.#dead !== undefined) return;
    this.#dead = error;
    this.#outbox.fail(error);
    settle(this.#shutting, this.#writeDone && orderly ? undefined : error);
    if (!this.#writeDone) writableError(this.#sink, error);
    this.#writeDone = true;
    this.#source.stop();
    if (orderly) this.#source.end();
    else this.#source.fail(error);
    this.#over();
  }

  #write(chunk: unknown): Promise<void> {
    let bytes;
    try {
      bytes = bufferSource(chunk);
    } catch (error) {
      // The stream errors, and nothing more is sent: no FIN either, which would say that this was all.
      this.#writeDone = true;
      this.#over(error);
      throw error;
    }
    this.#writing = this.#outbox.write(bytes);
    // abort() of the writable ends a write that waits. (Who listens already is not added again.)
    if (this.#credit.isWaiting) addListener(writableSignal(this.#sink), "abort", this.#credit);
    return this.#writing;
  }

  #shutdown(): Promise<undefined> | undefined {
    if (this.#dead !== undefined) return undefined;
    if (this.#shutting === undefined) {
      this.#shutting = deferred();
      this.#outbox.flush();
      this.socketChannel.shutdown();
    }
    return this.#shutting.promise;
  }

  /** A direction is over, perhaps with an error (the draft's "handle closing the TCPSocket readable stream", and writable). */
  #over(error?: unknown): void {
    this.#stored ??= error;
    if (!this.#source.done || !this.#writeDone || this.#spent !== undefined) return;
    if (this.#dead === undefined) {
      // The OS socket is not needed any more. (The host sees by itself when both FINs are through.)
      this.#dead = makeError("InvalidStateError");
      this.#source.stop();
      this.socketChannel.close();
    }
    void this.#settle();
  }

  async #settle(): Promise<void> {
    if (this.#awaited) await this.#gone.promise;
    this.#ended.settle(this.#stored ?? this.#lost);
  }

  /** Whether a page that closes waits for the peer: of writes that were given up while they waited nobody asks how far they got. */
  get #awaited(): boolean {
    return this.#outbox.sent === 0 || this.#outbox.promised > 0;
  }
}
