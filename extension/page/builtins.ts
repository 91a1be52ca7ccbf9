// The built-ins that the page script uses, taken before any page script runs.
//
// The page script shares its world with the page, which may replace or pollute anything. What is here keeps the API
// working all the same. It guards no authority: the page script has none (the content script and the broker decide).

const { apply, getOwnPropertyDescriptor } = Reflect;

/** Turns a method into a function of its receiver, so that later changes of the prototype do not matter. */
export function uncurry<This, Args extends readonly unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
): (self: This, ...args: Args) => Result {
  return (self, ...args) => apply(method as unknown as (...a: unknown[]) => unknown, self, args) as Result;
}

/** The same for an accessor property. */
export function getter<Result>(prototype: object, name: string | symbol): (self: object) => Result {
  const { get } = getOwnPropertyDescriptor(prototype, name) as { get: () => Result };
  return (self) => apply<object, readonly unknown[], Result>(get, self, []);
}

export const NativePromise = Promise;
export const NativeUint8Array = Uint8Array;
export const NativeReadableStream = ReadableStream;
export const NativeWritableStream = WritableStream;
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
export const { isFinite: isFiniteNumber } = Number;
export const { trunc } = Math;

const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
export const typedArraySet = uncurry(Uint8Array.prototype.set);
export const typedArraySubarray = uncurry(
  Uint8Array.prototype.subarray as (
    this: Uint8Array<ArrayBuffer>,
    begin?: number,
    end?: number,
  ) => Uint8Array<ArrayBuffer>,
);
export const typedArrayBuffer = getter<ArrayBufferLike>(typedArrayPrototype, "buffer");
export const typedArrayOffset = getter<number>(typedArrayPrototype, "byteOffset");
export const typedArrayLength = getter<number>(typedArrayPrototype, "byteLength");
/** undefined for anything but a typed array (a DataView, say). */
export const typedArrayTag = getter<string | undefined>(typedArrayPrototype, Symbol.toStringTag);
export const dataViewBuffer = getter<ArrayBufferLike>(DataView.prototype, "buffer");
export const dataViewOffset = getter<number>(DataView.prototype, "byteOffset");
export const dataViewLength = getter<number>(DataView.prototype, "byteLength");
export const arrayBufferLength = getter<number>(ArrayBuffer.prototype, "byteLength");

export const mapGet = uncurry(Map.prototype.get) as <K, V>(self: Map<K, V>, key: K) => V | undefined;
export const mapSet = uncurry(Map.prototype.set) as <K, V>(self: Map<K, V>, key: K, value: V) => void;
export const mapDelete = uncurry(Map.prototype.delete) as <K, V>(self: Map<K, V>, key: K) => boolean;
export const mapForEach = uncurry(Map.prototype.forEach) as <K, V>(
  self: Map<K, V>,
  f: (value: V, key: K) => void,
) => void;
export const charCodeAt = uncurry(String.prototype.charCodeAt);
export const slice = uncurry(String.prototype.slice);
export const { fromCharCode } = String;
const encoder = new TextEncoder();
export const encodeText = TextEncoder.prototype.encode.bind(encoder);
export const NativeURL = URL;
export const hostnameOf = getter<string>(URL.prototype, "hostname");
/** Calls what a page passed as a method. Throws TypeError when it is none. */
export const call = apply as (method: unknown, self: object | undefined, args: readonly unknown[]) => unknown;
export const arrayPush = uncurry(Array.prototype.push) as <T>(self: T[], value: T) => number;
export const arrayShift = uncurry(Array.prototype.shift) as <T>(self: T[]) => T | undefined;

export const portPost = uncurry(
  MessagePort.prototype.postMessage as (this: MessagePort, message: unknown, transfer: Transferable[]) => void,
);
export const portStart = uncurry(MessagePort.prototype.start);
export const addListener = uncurry(EventTarget.prototype.addEventListener);
export const dispatch = uncurry(EventTarget.prototype.dispatchEvent);
export const stopImmediate = uncurry(Event.prototype.stopImmediatePropagation);
export const preventDefault = uncurry(Event.prototype.preventDefault);
export const messageData = getter<unknown>(MessageEvent.prototype, "data");
export const messagePorts = getter<readonly MessagePort[]>(MessageEvent.prototype, "ports");

export const blobArrayBuffer = uncurry(Blob.prototype.arrayBuffer);
export const blobSize = getter<number>(Blob.prototype, "size");
export const signalAborted = getter<boolean>(AbortSignal.prototype, "aborted");
export const signalReason = getter<unknown>(AbortSignal.prototype, "reason");

export const bytesEnqueue = uncurry(ReadableByteStreamController.prototype.enqueue);
export const bytesClose = uncurry(ReadableByteStreamController.prototype.close);
export const bytesError = uncurry(
  ReadableByteStreamController.prototype.error as (this: ReadableByteStreamController, e: unknown) => void,
);
export const bytesDesired = getter<number | null>(ReadableByteStreamController.prototype, "desiredSize");
export const byobRequest = getter<ReadableStreamBYOBRequest | null>(
  ReadableByteStreamController.prototype,
  "byobRequest",
);
export const byobView = getter<Uint8Array<ArrayBuffer> | null>(ReadableStreamBYOBRequest.prototype, "view");
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
export const writableSignal = getter<AbortSignal>(WritableStreamDefaultController.prototype, "signal");
export const readableLocked = getter<boolean>(ReadableStream.prototype, "locked");
export const writableLocked = getter<boolean>(WritableStream.prototype, "locked");
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

/** A promise that is rejected. */
export function rejected(reason: unknown): Promise<never> {
  const { promise, reject } = deferred<never>();
  reject(reason);
  return promise;
}

/** Nobody has to hear when this promise rejects. */
export async function handled(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // Who wants to know listens to it.
  }
}
