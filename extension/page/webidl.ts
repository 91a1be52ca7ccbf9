// WebIDL conversions (https://webidl.spec.whatwg.org/#js-type-mapping) for the dictionaries of the API, and BufferSource.

import {
  NativeTypeError,
  NativeUint8Array,
  arrayBufferLength,
  dataViewBuffer,
  dataViewLength,
  dataViewOffset,
  isFiniteNumber,
  isView,
  signalAborted,
  trunc,
  typedArrayBuffer,
  typedArrayLength,
  typedArrayOffset,
  typedArraySet,
  typedArrayTag,
} from "./builtins.ts";
import type { OpenOptions } from "../../protocol/page.ts";

/** `unsigned short`, `unsigned long`: ToNumber, then modulo 2^bits. */
export function toUnsigned(value: unknown, bits: 16 | 32): number {
  const number = +(value as string); // throws TypeError for symbols and BigInts, as ToNumber does
  return bits === 16 ? (number >>> 0) & 0xffff : number >>> 0;
}

/** `[EnforceRange] unsigned long`. */
export function enforceUnsignedLong(value: unknown, name: string): number {
  const number = +(value as string);
  if (!isFiniteNumber(number)) throw new NativeTypeError(`${name} is not a finite number.`);
  const integer = trunc(number);
  if (integer < 0 || integer > 0xffffffff) throw new NativeTypeError(`${name} is outside the range of unsigned long.`);
  return integer + 0; // -0 becomes 0
}

/** `DOMString`: a template literal is ToString, and throws TypeError for symbols. */
export function toDOMString(value: unknown): string {
  return `${value as number}`;
}

/** A converted SocketOptions dictionary: what travels, and what stays in the page. */
export interface SocketOptions {
  open: OpenOptions;
  signal?: AbortSignal;
}

/**
 * Converts `SocketOptions` (API: first generation, with Portside's `secureTransport`, `signal` and `timeout`).
 * Members are read in lexicographical order, as WebIDL asks. Throws TypeError, or what a getter throws.
 */
export function toSocketOptions(value: unknown): SocketOptions {
  const open: OpenOptions = {};
  const result: SocketOptions = { open };
  if (value === undefined || value === null) return result;
  if (typeof value !== "object" && typeof value !== "function")
    throw new NativeTypeError("The options are not an object.");
  const from = value as Record<string, unknown>;

  const keepAlive = from["keepAlive"];
  const keepAliveDelay = from["keepAliveDelay"];
  if (keepAliveDelay !== undefined) {
    open.keepAliveDelay = enforceUnsignedLong(keepAliveDelay, "keepAliveDelay");
    // 0 means "off" on the wire, but here it is a delay that is too short: the broker refuses it as such.
    if (open.keepAliveDelay === 0) open.keepAliveDelay = 1;
  }
  if (keepAlive !== undefined) {
    if (typeof keepAlive === "boolean") {
      if (keepAlive) open.keepAliveDelay ??= defaultKeepAliveDelay;
    } else {
      // The 2021 form: seconds; 0 is off.
      const seconds = toUnsigned(keepAlive, 32);
      if (seconds > 0 && open.keepAliveDelay === undefined)
        open.keepAliveDelay = seconds > 4294967 ? 4294967000 : seconds * 1000;
    }
  }
  const localAddress = from["localAddress"];
  if (localAddress !== undefined) toDOMString(localAddress); // accepted and ignored, as in 2021
  const localPort = from["localPort"];
  if (localPort !== undefined) toUnsigned(localPort, 16);
  const noDelay = from["noDelay"];
  if (noDelay !== undefined) open.noDelay = !!noDelay;
  const receiveBufferSize = from["receiveBufferSize"];
  if (receiveBufferSize !== undefined) open.receiveBufferSize = toUnsigned(receiveBufferSize, 32);
  const remoteAddress = from["remoteAddress"];
  if (remoteAddress !== undefined) open.remoteAddress = toDOMString(remoteAddress);
  const remotePort = from["remotePort"];
  if (remotePort !== undefined) open.remotePort = toUnsigned(remotePort, 16);
  const secureTransport = from["secureTransport"];
  if (secureTransport !== undefined) {
    const mode = toDOMString(secureTransport);
    if (mode !== "off" && mode !== "on")
      throw new NativeTypeError(`secureTransport "${mode}" is not supported: use "off" or "on".`);
    open.secureTransport = mode;
  }
  const sendBufferSize = from["sendBufferSize"];
  if (sendBufferSize !== undefined) open.sendBufferSize = toUnsigned(sendBufferSize, 32);
  const signal = from["signal"];
  if (signal !== undefined) {
    try {
      signalAborted(signal as object);
    } catch {
      throw new NativeTypeError("signal is not an AbortSignal.");
    }
    result.signal = signal as AbortSignal;
  }
  const timeout = from["timeout"];
  if (timeout !== undefined) open.timeout = enforceUnsignedLong(timeout, "timeout");
  const useSecureTransport = from["useSecureTransport"];
  if (useSecureTransport !== undefined && !!useSecureTransport) open.secureTransport ??= "on";
  return result;
}

/** Delay in ms of `keepAlive: true` without a `keepAliveDelay`: what Chromium uses for its own sockets. */
const defaultKeepAliveDelay = 45_000;

/** Copies the bytes of a BufferSource. Throws TypeError for anything else, shared buffers included. */
export function copyBufferSource(value: unknown): Uint8Array<ArrayBuffer> {
  let buffer: ArrayBufferLike;
  let offset = 0;
  let length: number;
  if (isView(value)) {
    if (typedArrayTag(value) === undefined) {
      buffer = dataViewBuffer(value);
      offset = dataViewOffset(value);
      length = dataViewLength(value);
    } else {
      buffer = typedArrayBuffer(value);
      offset = typedArrayOffset(value);
      length = typedArrayLength(value);
    }
  } else {
    buffer = value as ArrayBuffer;
    length = 0;
  }
  try {
    const whole = arrayBufferLength(buffer); // throws for a SharedArrayBuffer and for what is no buffer at all
    if (!isView(value)) length = whole;
  } catch {
    throw new NativeTypeError("The data is not an ArrayBuffer or a view of one.");
  }
  const copy = new NativeUint8Array(length);
  typedArraySet(copy, new NativeUint8Array(buffer, offset, length));
  return copy;
}
