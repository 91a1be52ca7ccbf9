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
    const sink = {
      __proto__: null,
      start: (controller: WritableStreamDefaultController) => {
        this.#sink = controller;
      },
      write: (message: unknown) => this.send((message as { data?: unknown } | null | undefined)?.data),
    };
    this.writable = new NativeWritableStream(sink, { __proto__: null, highWaterMark: 1 } as QueuingStrategy<unknown>);
  }

  /**
   * Sends one datagram; resolves when the system has taken it. Rejects with TypeError for anything but a Blob or BufferSource,
   * NetworkError for more than 65,507 bytes or when the system refuses it, InvalidStateError after close.
   */
  send(data: unknown): Promise<undefined> {
    // Bytes are copied now; Blobs are read in turn, so that datagrams leave in the order of the calls.
    let bytes: Bytes | undefined;
    let blob: Blob | undefined;
    const result = deferred<undefined>();
    try {
      let size: number;
      if (isBlob(data)) {
        blob = data;
        size = blobSize(data);
      } else {
        bytes = copyBufferSource(data);
        size = typedArrayLength(bytes);
      }
      if (size > maxDatagramBytes) throw makeError("NetworkError", "A datagram carries at most 65507 bytes.");
    } catch (error) {
      result.reject(error);
      return result.promise;
    }
    const before = this.#sending;
    const turn = deferred<undefined>();
    this.#sending = turn.promise;
    void (async () => {
      try {
        await before;
        bytes ??= new NativeUint8Array(await blobArrayBuffer(blob));
        await this.#post(bytes, result);
      } catch (error) {
        result.reject(error);
      } finally {
        turn.resolve(undefined);
      }
    })();
    return result.promise;
  }

  close(): Promise<undefined> {
    this.#finish(makeError("InvalidStateError"), true);
    this.channel.close();
    return this.gone.promise;
  }

  /** Datagrams as `[ {remoteAddress, remotePort}, Blob ]`. Holds a reader of `readable` while it is used. */
  iterate(): AsyncIterator<[Source, Blob]> & AsyncIterable<[Source, Blob]> {
    const { remoteAddress, remotePort } = this.channel.info;
    let reader: ReadableStreamDefaultReader<unknown> | undefined;
    let finished = false;
    const iterator = {
      next: async (): Promise<IteratorResult<[Source, Blob]>> => {
        if (finished) return { done: true, value: undefined };
        reader ??= getReader(this.readable);
        const { done, value } = await readerRead(reader);
        if (done) {
          finished = true;
          readerRelease(reader);
          return { done: true, value: undefined };
        }
        return {
          done: false,
          value: [{ remoteAddress, remotePort }, new NativeBlob([(value as { data: Bytes }).data])],
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
    this.#finish(error ?? makeError("InvalidStateError"), error === undefined);
    this.channel.share.end();
    this.gone.resolve(undefined);
  }

  #finish(error: unknown, orderly: boolean): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#deadError = error;
    this.#waiting?.reject(error);
    mapForEach(this.#unacknowledged, (sent) => {
      sent.done.reject(error);
    });
    writableError(this.#sink, error);
    if (this.#readDone) return;
    this.#readDone = true;
    if (orderly) defaultClose(this.#source);
    else defaultError(this.#source, error);
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

function isBlob(value: unknown): value is Blob {
  try {
    blobSize(value as object); // throws for anything but a Blob, also when the page fakes the prototype
    return true;
  } catch {
    return false;
  }
}
