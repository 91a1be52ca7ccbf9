// The built-ins that the page script uses, taken before any page script runs.
//
// The page script shares its world with the page, which may replace or pollute anything. What is here keeps the API
// working all the same. It guards no authority: the page script has none (the content script and the broker decide).

const { apply, getOwnPropertyDescriptor } = Reflect;
export const { deleteProperty } = Reflect;

/** Turns a method into a function of its receiver, so that later changes of the prototype do not matter. */
export function uncurry<This, Args extends readonly unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
): (self: This, ...args: Args) => Result {
  return (self, ...args) => apply(method as unknown as (...a: unknown[]) => unknown, self, args) as Result;
}

/** The same for an accessor property of a class's instances. */
export function getter<Result>({ prototype }: { prototype: object }, name: string | symbol): (self: object) => Result {
  const { get } = getOwnPropertyDescriptor(prototype, name) as { get: () => Result };
  return (self) => apply<object, readonly unknown[], Result>(get, self, []);
}

export const NativePromise = Promise;
export const NativeUint8Array = Uint8Array;
export const NativeReadableStream = ReadableStream;
export const NativeWritableStream = WritableStream;
/** How much a stream of ours takes in ahead. (__proto__: null, so that a polluted Object.prototype adds nothing.) */
export const nothingAhead = { __proto__: null, highWaterMark: 0 } as QueuingStrategy;
export const oneAhead = { __proto__: null, highWaterMark: 1 } as QueuingStrategy;
export const NativeBlob = Blob;
export const NativeDOMException = DOMException;
export const NativeTypeError = TypeError;

export const isView = ArrayBuffer.isView.bind(ArrayBuffer);
export const min = Math.min;
export const { now } = Date;
export const microtask = queueMicrotask;
/** What becomes of an error of a page's own callback: what becomes of an event listener's. */
export const { reportError: report } = globalThis;
export const { defineProperty, freeze, hasOwn } = Object;
/** An own member of what another script has made, or undefined: the page may have polluted Object.prototype. */
export function own<T extends object, Name extends keyof T>(of: T, name: Name): T[Name] | undefined {
  return hasOwn(of, name) ? of[name] : undefined;
}
export const iterator: typeof Symbol.iterator = Symbol.iterator;
export const { trunc } = Math;

/**
 * A list for built-ins that take one of the page's kind: they ask it for its iterator. An array's is the prototype's, which the page may replace,
 * and Firefox asks that one; this list has its own.
 */
export function listOf<T>(items: readonly T[]): T[] {
  const iterate = (): object => {
    let at = 0;
    return {
      __proto__: null,
      next: () => ({ __proto__: null, done: at >= items.length, value: items[at++] }),
    };
  };
  //rule:lists-have-their-own-iterator
  return { __proto__: null, [iterator]: iterate } as unknown as T[];
}

const TypedArray = Object.getPrototypeOf(Uint8Array) as { prototype: object };
export const typedArraySet = uncurry(Uint8Array.prototype.set);
export const typedArraySubarray = uncurry(
  Uint8Array.prototype.subarray as (
    this: Uint8Array<ArrayBuffer>,
    begin?: number,
    end?: number,
  ) => Uint8Array<ArrayBuffer>,
);
export const typedArrayBuffer = getter<ArrayBufferLike>(TypedArray, "buffer");
export const typedArrayOffset = getter<number>(TypedArray, "byteOffset");
export const typedArrayLength = getter<number>(TypedArray, "byteLength");
/** undefined for anything but a typed array (a DataView, say). */
export const typedArrayTag = getter<string | undefined>(TypedArray, Symbol.toStringTag);
export const dataViewBuffer = getter<ArrayBufferLike>(DataView, "buffer");
export const dataViewOffset = getter<number>(DataView, "byteOffset");
export const dataViewLength = getter<number>(DataView, "byteLength");
export const arrayBufferLength = getter<number>(ArrayBuffer, "byteLength");

export const mapGet = uncurry(Map.prototype.get) as <K, V>(self: Map<K, V>, key: K) => V | undefined;
export const mapSet = uncurry(Map.prototype.set) as <K, V>(self: Map<K, V>, key: K, value: V) => void;
export const mapDelete = uncurry(Map.prototype.delete) as <K, V>(self: Map<K, V>, key: K) => boolean;
export const mapForEach = uncurry(Map.prototype.forEach) as <K, V>(
  self: Map<K, V>,
  f: (value: V, key: K) => void,
) => void;
const regExpExec = uncurry(RegExp.prototype.exec);
/** Whether a pattern, without the flags g and y, fits. (Not test(), which asks the page's `exec`.) */
export function fits(pattern: RegExp, text: string): boolean {
  return regExpExec(pattern, text) !== null;
}
export const charCodeAt = uncurry(String.prototype.charCodeAt);
export const slice = uncurry(String.prototype.slice);
export const trim = uncurry(String.prototype.trim);
export const { fromCharCode } = String;
export const NativeURL = URL;
export const hostnameOf = getter<string>(URL, "hostname");
/** Calls what a page passed as a method. Throws TypeError when it is none. */
export const call = apply as (method: unknown, self: object | undefined, args: readonly unknown[]) => unknown;
export const arrayPush = uncurry(Array.prototype.push) as <T>(self: T[], value: T) => number;
export const arrayShift = uncurry(Array.prototype.shift) as <T>(self: T[]) => T | undefined;

/** Posts a message; what is handed over with it is in a list of listOf. */
export const portPost = uncurry(
  MessagePort.prototype.postMessage as (this: MessagePort, message: unknown, transfer?: Transferable[]) => void,
);
export const portClose = uncurry(MessagePort.prototype.close);
export const NativeMessageChannel = MessageChannel;
/** One end of a channel: by its class, where a page may change that, else its own (in Node.js, where unit tests run). */
const endOf = (name: "port1" | "port2"): ((channel: MessageChannel) => MessagePort) =>
  hasOwn(NativeMessageChannel.prototype, name) ? getter(NativeMessageChannel, name) : (channel) => channel[name];
export const firstPort = endOf("port1");
export const secondPort = endOf("port2");
export const portStart = uncurry(MessagePort.prototype.start);
export const addListener = uncurry(EventTarget.prototype.addEventListener);
export const removeListener = uncurry(EventTarget.prototype.removeEventListener);
export const stopImmediate = uncurry(Event.prototype.stopImmediatePropagation);
export const preventDefault = uncurry(Event.prototype.preventDefault);
export const messageData = getter<unknown>(MessageEvent, "data");
export const messagePorts = getter<readonly MessagePort[]>(MessageEvent, "ports");

export const blobArrayBuffer = uncurry(Blob.prototype.arrayBuffer);
export const blobSize = getter<number>(Blob, "size");
export const signalAborted = getter<boolean>(AbortSignal, "aborted");
export const signalReason = getter<unknown>(AbortSignal, "reason");

export const bytesEnqueue = uncurry(ReadableByteStreamController.prototype.enqueue);
export const bytesClose = uncurry(ReadableByteStreamController.prototype.close);
export const bytesError = uncurry(
  ReadableByteStreamController.prototype.error as (this: ReadableByteStreamController, e: unknown) => void,
);
export const bytesDesired = getter<number | null>(ReadableByteStreamController, "desiredSize");
export const byobRequest = getter<ReadableStreamBYOBRequest | null>(ReadableByteStreamController, "byobRequest");
export const byobView = getter<Uint8Array<ArrayBuffer> | null>(ReadableStreamBYOBRequest, "view");
export const byobRespond = uncurry(ReadableStreamBYOBRequest.prototype.respond);
export const defaultEnqueue = uncurry(
  ReadableStreamDefaultController.prototype.enqueue as (
    this: ReadableStreamDefaultController<unknown>,
    chunk: unknown,
  ) => void,
);
export const defaultClose = uncurry(ReadableStreamDefaultController.prototype.close);
export const defaultError = uncurry(
  ReadableStreamDefaultController.prototype.error as (
    this: ReadableStreamDefaultController<unknown>,
    e: unknown,
  ) => void,
);
export const writableError = uncurry(
  WritableStreamDefaultController.prototype.error as (this: WritableStreamDefaultController, e: unknown) => void,
);
export const writableSignal = getter<AbortSignal>(WritableStreamDefaultController, "signal");
export const readableLocked = getter<boolean>(ReadableStream, "locked");
export const writableLocked = getter<boolean>(WritableStream, "locked");
export const readableCancel = uncurry(ReadableStream.prototype.cancel as (this: ReadableStream) => Promise<undefined>);
export const getReader = uncurry(
  ReadableStream.prototype.getReader as unknown as (
    this: ReadableStream<unknown>,
  ) => ReadableStreamDefaultReader<unknown>,
);
export const readerRead = uncurry(
  ReadableStreamDefaultReader.prototype.read as (
    this: ReadableStreamDefaultReader<unknown>,
  ) => Promise<ReadableStreamReadResult<unknown>>,
);
export const readerRelease = uncurry(ReadableStreamDefaultReader.prototype.releaseLock);

/** A promise with its settling functions. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve(this: void, value: T): void;
  reject(this: void, reason: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new NativePromise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/** Settles what waits, if anything does: with an error, or without. */
export function settle(
  pending: { resolve(this: void, value: undefined): void; reject(this: void, error: unknown): void } | undefined,
  error: unknown,
): void {
  if (error === undefined) pending?.resolve(undefined);
  else pending?.reject(error);
}

/** How something ends. The promise of it is made only for who asks, and need not be heard. */
export class Ending {
  #outcome: { error: unknown } | undefined;
  #waiting: Deferred<undefined> | undefined;

  /** It ends with an error, or without. Only the first time counts. */
  settle(error?: unknown): void {
    this.#outcome ??= { error };
    settle(this.#waiting, error);
  }

  get promise(): Promise<undefined> {
    if (this.#waiting === undefined) {
      this.#waiting = deferred();
      void handled(this.#waiting.promise);
      if (this.#outcome !== undefined) settle(this.#waiting, this.#outcome.error);
    }
    return this.#waiting.promise;
  }
}

/** A promise that is rejected. */
export function rejected(reason: unknown): Promise<never> {
  const { promise, reject } = deferred<never>();
  reject(reason);
  return promise;
}

/** Nobody has to hear when this promise rejects. */
export async function handled(promise: Promise<unknown> | undefined): Promise<void> {
  try {
    await promise;
  } catch {
    // Who wants to know listens to it.
  }
}
