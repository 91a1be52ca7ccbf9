// A datagram socket of the first generation: connected, so that only datagrams of the chosen remote arrive here. Two streams and send() on one channel.

import {
  Ending,
  NativeUint8Array,
  NativeWritableStream,
  blobArrayBuffer,
  deferred,
  writableError,
} from "../builtins.ts";
import type { Deferred } from "../builtins.ts";
import { datagramWindowBytes, maxDatagramBytes } from "../../../protocol/message.ts";
import type { Channel, SocketHandler } from "./channel.ts";
import { datagramOf } from "./datagram.ts";
import type { Datagram } from "./datagram.ts";
import { DatagramSender } from "./datagram_sender.ts";
import { DatagramSource, ownBytes } from "./datagram_source.ts";
import { makeError } from "./errors.ts";
import type { SendBudget } from "./send_budget.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export class DatagramSocket implements SocketHandler {
  readonly window = datagramWindowBytes;
  readonly socketChannel: Channel;
  readonly readable: ReadableStream<{ data: Bytes }>;
  readonly writable: WritableStream<unknown>;
  /** Settles when the socket is gone, and never rejects. */
  readonly #gone = new Ending();
  readonly #budget: SendBudget;

  readonly #source: DatagramSource;
  #sink!: WritableStreamDefaultController;
  readonly #sender: DatagramSender;
  /** The end of the last send in our queue. */
  #sending: Promise<undefined> | undefined;
  /** Datagrams that the page has handed over and that have not gone to the host: in the writable's queue, and in ours. */
  #inWritable = 0;
  #inQueue = 0;
  /** The writable has ended, or is about to: it drops what is written from now on. */
  #writableEnded = false;
  /** The page has closed the socket. It goes once everything that was handed over before has gone. */
  #closing = false;

  constructor(channel: Channel, budget: SendBudget) {
    this.socketChannel = channel;
    this.#budget = budget;
    this.#sender = new DatagramSender(channel, budget, channel.info.window);
    this.#source = new DatagramSource(channel, budget, (bytes) => ({ data: ownBytes(bytes) }));
    this.readable = this.#source.readable as ReadableStream<{ data: Bytes }>;
    const emptied = (): void => {
      this.#writableEnded = true;
      this.#inWritable = 0;
      this.#leaveIfDone();
    };
    const sink = {
      __proto__: null,
      start: (controller: WritableStreamDefaultController) => {
        this.#sink = controller;
      },
      write: (message: unknown) => {
        let data: Datagram;
        try {
          if (this.#closing && this.#inWritable === 0) throw makeError("InvalidStateError"); // written after close()
          data = datagramOf((message as { data?: unknown } | null | undefined)?.data);
        } catch (error) {
          emptied(); // the stream ends by it, as any does by what it cannot take
          throw error;
        }
        const { promise, resolve, reject } = deferred<undefined>();
        // A stream that hears of an error has ended. One datagram that is refused is no end, so the page does not hear of it here.
        const lost = (error: unknown): void => {
          if (this.#sender.failure !== undefined) reject(error);
          else resolve(undefined);
        };
        if (this.#inWritable > 0) this.#inWritable--;
        this.#enqueue(data, { promise, resolve, reject: lost });
        return promise;
      },
      close: emptied,
      abort: emptied,
    };
    // Nothing but the size of what is written tells that it was. It is asked for, too, of what the stream then drops.
    const size = (): number => {
      if (!this.#closing && !this.#writableEnded) this.#inWritable++;
      return 1;
    };
    this.writable = new NativeWritableStream(sink, {
      __proto__: null,
      highWaterMark: 1,
      size,
    } as QueuingStrategy<unknown>);
  }

  /**
   * Sends one datagram; resolves when the system has taken it. Rejects with TypeError for anything but a Blob or BufferSource,
   * NetworkError for more than 65,507 bytes or when the system refuses it, InvalidStateError after close.
   */
  send(data: unknown): Promise<undefined> {
    const result = deferred<undefined>();
    try {
      const datagram = datagramOf(data);
      if (this.#closing && this.#sender.failure === undefined) throw makeError("InvalidStateError");
      this.#enqueue(datagram, result);
    } catch (error) {
      result.reject(error);
    }
    return result.promise;
  }

  /** Puts a datagram in our queue. Bytes are copied by now; Blobs are read in turn, so that datagrams leave in the order of the calls. */
  #enqueue({ size, bytes, blob }: Datagram, result: Deferred<undefined>): void {
    if (bytes !== undefined && this.#inQueue === 0 && size <= maxDatagramBytes && this.#sender.mayPost(size)) {
      this.#sender.post(bytes, result); // nothing waits before it
      this.#leaveIfDone();
      return;
    }
    this.#inQueue++;
    const before = this.#sending;
    const turn = deferred<undefined>();
    this.#sending = turn.promise;
    void (async () => {
      try {
        await before;
        if (size > maxDatagramBytes) throw makeError("NetworkError", "A datagram carries at most 65507 bytes.");
        await this.#sender.postInTurn(bytes ?? new NativeUint8Array(await blobArrayBuffer(blob)), result);
      } catch (error) {
        result.reject(error);
      } finally {
        this.#inQueue--;
        turn.resolve(undefined);
        this.#leaveIfDone();
      }
    })();
  }

  close(): Promise<undefined> {
    if (!this.#closing) {
      this.#closing = true;
      this.#source.end(undefined);
      this.#leaveIfDone();
    }
    return this.#gone.promise;
  }

  /** Tells the host that the socket is closed, behind what was handed over before. */
  #leaveIfDone(): void {
    if (!this.#closing || this.#sender.failure !== undefined || this.#inWritable > 0 || this.#inQueue > 0) return;
    this.#endWriting(makeError("InvalidStateError"));
    this.socketChannel.close();
  }

  data(buffer: ArrayBuffer): void {
    this.#source.data(buffer);
  }

  datagrams(frame: ArrayBuffer): void {
    this.#source.datagrams(frame);
  }

  wrote(ack: number, error: Error | undefined): void {
    this.#sender.wrote(ack, error);
  }

  sent(ack: number, count: number): void {
    this.#sender.sent(ack, count);
  }

  closed(error: Error | undefined): void {
    const reason = error ?? makeError("InvalidStateError");
    this.#closing = true;
    this.#source.end(error);
    this.#endWriting(reason);
    this.#sender.closed(reason);
    this.#budget.end();
    this.#gone.settle();
  }

  /** Nothing more is sent. What the host has still gets its answers. */
  #endWriting(error: Error): void {
    if (this.#sender.failure !== undefined) return;
    this.#sender.fail(error);
    this.#source.stop();
    writableError(this.#sink, error);
  }
}
