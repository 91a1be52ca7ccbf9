// UDP: what navigator.openUDPSocket() resolves with. Connected mode: only datagrams of the chosen remote arrive here.

import {
  NativeBlob,
  NativeReadableStream,
  NativeUint8Array,
  NativeWritableStream,
  arrayPush,
  arrayShift,
  blobArrayBuffer,
  blobSize,
  defaultClose,
  defaultEnqueue,
  defaultError,
  deferred,
  getReader,
  mapDelete,
  mapForEach,
  mapGet,
  mapSet,
  readerRead,
  readerRelease,
  typedArrayBuffer,
  typedArrayLength,
  writableError,
} from "./builtins.ts";
import type { Deferred } from "./builtins.ts";
import { makeError } from "./link.ts";
import type { Channel, SocketHandler } from "./link.ts";
import { copyBufferSource } from "./webidl.ts";
import { datagramOverhead, datagramWindowBytes, maxDatagramBytes } from "../../protocol/message.ts";

type Bytes = Uint8Array<ArrayBuffer>;
interface Source {
  remoteAddress: string;
  remotePort: number;
}

/** The state of one UDP socket. */
export class UDPState implements SocketHandler {
  readonly window = datagramWindowBytes;
  readonly channel: Channel;
  readonly readable: ReadableStream<{ data: Bytes }>;
  readonly writable: WritableStream<unknown>;
  readonly gone: Deferred<undefined> = deferred();

  #source!: ReadableStreamDefaultController<unknown>;
  readonly #queue: Bytes[] = [];
  #wanted = false;
  #readDone = false;
  #owed = 0;

  #sink!: WritableStreamDefaultController;
  #credit: number;
  #waiting: Deferred<undefined> | undefined;
  #lastAck = 0;
  readonly #unacknowledged = new Map<number, { cost: number; done: Deferred<undefined> }>();
  /** The end of the last send in line. */
  #sending: Promise<undefined> | undefined;
  /** Datagrams that the page has handed over and that have not gone to the host: in the writable's queue, and all others. */
  #queued = 0;
  #inLine = 0;
  /** The writable has ended, or is about to: it drops what is written from now on. */
  #writableEnded = false;
  /** The page has closed the socket. It goes once everything that was handed over before has gone. */
  #closing = false;
  #dead = false;
  #deadError: unknown;

  constructor(channel: Channel) {
    this.channel = channel;
    this.#credit = channel.info.window;
    const source = {
      __proto__: null,
      start: (controller: ReadableStreamDefaultController<unknown>) => {
        this.#source = controller;
      },
      pull: () => {
        this.#wanted = true;
        this.#deliver();
      },
      cancel: () => {
        this.#readDone = true;
        let bytes: Bytes | undefined;
        while ((bytes = arrayShift(this.#queue)) !== undefined) this.#consumed(bytes);
      },
    };
    this.readable = new NativeReadableStream(source, { __proto__: null, highWaterMark: 0 } as QueuingStrategy<{
      data: Bytes;
    }>);
    const emptied = (): void => {
      this.#writableEnded = true;
      this.#queued = 0;
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
          if (this.#closing && this.#queued === 0) throw makeError("InvalidStateError"); // written after close()
          data = datagramOf((message as { data?: unknown } | null | undefined)?.data);
        } catch (error) {
          emptied(); // the stream ends by it, as any does by what it cannot take
          throw error;
        }
        const { promise, resolve, reject } = deferred<undefined>();
        // A stream that hears of an error has ended. One datagram that is refused is no end, so the page does not hear of it here.
        const lost = (error: unknown): void => {
          if (this.#dead) reject(error);
          else resolve(undefined);
        };
        this.#inLine++;
        if (this.#queued > 0) this.#queued--;
        this.#hand(data, { promise, resolve, reject: lost });
        return promise;
      },
      close: emptied,
      abort: emptied,
    };
    // Nothing but the size of what is written tells that it was. It is asked for, too, of what the stream then drops.
    const size = (): number => {
      if (!this.#closing && !this.#writableEnded) this.#queued++;
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
      if (this.#closing && !this.#dead) throw makeError("InvalidStateError");
      this.#inLine++;
      this.#hand(datagram, result);
    } catch (error) {
      result.reject(error);
    }
    return result.promise;
  }

  /** Bytes are copied by now; Blobs are read in turn, so that datagrams leave in the order of the calls. */
  #hand({ size, bytes, blob }: Datagram, result: Deferred<undefined>): void {
    const before = this.#sending;
    const turn = deferred<undefined>();
    this.#sending = turn.promise;
    void (async () => {
      try {
        await before;
        if (size > maxDatagramBytes) throw makeError("NetworkError", "A datagram carries at most 65507 bytes.");
        await this.#post(bytes ?? new NativeUint8Array(await blobArrayBuffer(blob)), result);
      } catch (error) {
        result.reject(error);
      } finally {
        this.#inLine--;
        turn.resolve(undefined);
        this.#leaveIfDone();
      }
    })();
  }

  close(): Promise<undefined> {
    if (!this.#closing) {
      this.#closing = true;
      this.#endReading(undefined);
      this.#leaveIfDone();
    }
    return this.gone.promise;
  }

  /** Tells the host that the socket is closed, behind what was handed over before. */
  #leaveIfDone(): void {
    if (!this.#closing || this.#dead || this.#queued > 0 || this.#inLine > 0) return;
    this.#endWriting(makeError("InvalidStateError"));
    this.channel.close();
  }

  /** Datagrams as `[ {remoteAddress, remotePort}, Blob ]`. Holds a reader of `readable` while it is used. */
  iterate(): AsyncIterator<[Source, Blob]> & AsyncIterable<[Source, Blob]> {
    const { remoteAddress, remotePort } = this.channel.info;
    let reader: ReadableStreamDefaultReader<unknown> | undefined;
    let finished = false;
    const isFinished = (): boolean => finished; // it changes while a read waits
    const iterator = {
      next: async (): Promise<IteratorResult<[Source, Blob]>> => {
        if (finished) return { done: true, value: undefined };
        reader ??= getReader(this.readable);
        let read: ReadableStreamReadResult<unknown>;
        try {
          read = await readerRead(reader);
        } catch (error) {
          // return() has let the reader go, and with it whoever waits.
          if (isFinished()) return { done: true, value: undefined };
          finished = true;
          readerRelease(reader);
          throw error;
        }
        if (read.done) {
          if (!isFinished()) readerRelease(reader);
          finished = true;
          return { done: true, value: undefined };
        }
        return {
          done: false,
          value: [{ remoteAddress, remotePort }, new NativeBlob([(read.value as { data: Bytes }).data])],
        };
      },
      return: (): Promise<IteratorResult<[Source, Blob]>> => {
        // Leaving a loop gives the lock back and keeps the socket: the page may iterate again.
        if (reader !== undefined && !finished) readerRelease(reader);
        finished = true;
        const { promise, resolve } = deferred<IteratorResult<[Source, Blob]>>();
        resolve({ done: true, value: undefined });
        return promise;
      },
      [Symbol.asyncIterator]() {
        return iterator;
      },
    };
    return iterator;
  }

  data(buffer: ArrayBuffer): void {
    const bytes = new NativeUint8Array(buffer);
    this.channel.share.moves(typedArrayLength(bytes));
    if (this.#readDone) {
      this.#consumed(bytes);
      return;
    }
    arrayPush(this.#queue, bytes);
    this.#deliver();
  }

  credit(): void {
    // The credit of datagrams comes back with the answer to each.
  }

  wrote(ack: number, error: unknown): void {
    const sent = mapGet(this.#unacknowledged, ack);
    if (sent === undefined) return;
    mapDelete(this.#unacknowledged, ack);
    this.#credit += sent.cost;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(undefined);
    if (error === undefined) sent.done.resolve(undefined);
    else sent.done.reject(error);
  }

  shut(): void {
    // There is no half-close in UDP.
  }

  end(): void {
    // Nor an end of data.
  }

  closed(error: unknown): void {
    const reason = error ?? makeError("InvalidStateError");
    this.#closing = true;
    this.#endReading(error);
    this.#endWriting(reason);
    // Nobody will answer these.
    mapForEach(this.#unacknowledged, (sent, ack) => {
      mapDelete(this.#unacknowledged, ack);
      sent.done.reject(reason);
    });
    this.channel.share.end();
    this.gone.resolve(undefined);
  }

  /** `error` is undefined after an orderly end. */
  #endReading(error: unknown): void {
    if (this.#readDone) return;
    this.#readDone = true;
    if (error === undefined) defaultClose(this.#source);
    else defaultError(this.#source, error);
  }

  /** Nothing more is sent. What the host has still gets its answers. */
  #endWriting(error: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#deadError = error;
    this.#waiting?.reject(error);
    writableError(this.#sink, error);
  }

  #deliver(): void {
    if (!this.#wanted || this.#readDone) return;
    const bytes = arrayShift(this.#queue);
    if (bytes === undefined) return;
    this.#wanted = false;
    this.#consumed(bytes);
    defaultEnqueue(this.#source, { data: bytes });
  }

  #consumed(bytes: Bytes): void {
    this.#owed += typedArrayLength(bytes) + datagramOverhead;
    if (this.#owed * 4 < this.window || this.#dead) return;
    this.channel.credit(this.#owed);
    this.#owed = 0;
  }

  async #post(bytes: Bytes, done: Deferred<undefined>): Promise<void> {
    const cost = typedArrayLength(bytes) + datagramOverhead;
    for (;;) {
      if (this.#dead) throw this.#deadError;
      if (this.#credit >= cost) break;
      this.#waiting = deferred();
      await this.#waiting.promise;
    }
    this.#credit -= cost;
    this.channel.share.moves(cost);
    const ack = (this.#lastAck = (this.#lastAck + 1) >>> 0); // a u32 on the lane
    mapSet(this.#unacknowledged, ack, { cost, done });
    this.channel.write(typedArrayBuffer(bytes) as ArrayBuffer, ack);
  }
}

interface Datagram {
  size: number;
  /** Either of the two; the other is undefined, and no member that the page has put on all objects. */
  bytes: Bytes | undefined;
  blob: Blob | undefined;
}

/** Takes what the page hands over as one datagram: a copy of it, but for Blobs, which never change. Throws TypeError. */
function datagramOf(data: unknown): Datagram {
  if (isBlob(data)) return { size: blobSize(data), bytes: undefined, blob: data };
  const bytes = copyBufferSource(data);
  return { size: typedArrayLength(bytes), bytes, blob: undefined };
}

function isBlob(value: unknown): value is Blob {
  try {
    blobSize(value as object); // throws for anything but a Blob, also when the page fakes the prototype
    return true;
  } catch {
    return false;
  }
}
