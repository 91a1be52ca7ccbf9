// WebIDL conversions (https://webidl.spec.whatwg.org/#js-type-mapping): numbers, strings, sequences, dictionaries, BufferSource.

import {
  NativeTypeError,
  NativeUint8Array,
  arrayBufferLength,
  arrayPush,
  call,
  dataViewBuffer,
  dataViewLength,
  dataViewOffset,
  isFiniteNumber,
  isView,
  iterator,
  trunc,
  typedArrayBuffer,
  typedArrayLength,
  typedArrayOffset,
  typedArraySet,
  typedArrayTag,
} from "./builtins.ts";

/** `[EnforceRange] octet`, `[EnforceRange] unsigned short`, `[EnforceRange] unsigned long`: what is out of range is refused, and never becomes another number. */
export function enforceUnsigned(value: unknown, bits: 8 | 16 | 32, name: string): number {
  const number = +(value as string); // throws TypeError for symbols and BigInts, as ToNumber does
  if (!isFiniteNumber(number)) throw new NativeTypeError(`${name} is not a finite number.`);
  const integer = trunc(number);
  const most = 2 ** bits - 1;
  const type = bits === 8 ? "octet" : bits === 16 ? "unsigned short" : "unsigned long";
  if (integer < 0 || integer > most) throw new NativeTypeError(`${name} is outside the range of ${type}.`);
  return integer + 0; // -0 becomes 0
}

/** `DOMString`: a template literal is ToString, and throws TypeError for symbols. */
export function toDOMString(value: unknown): string {
  return `${value as number}`;
}

/** An enumeration's value. Throws TypeError for any other, and says which there are. */
export function toEnum<T extends string>(value: unknown, name: string, values: readonly T[]): T {
  const given = toDOMString(value);
  let list = "";
  for (let i = 0; i < values.length; i++) {
    const known = values[i] as T;
    if (given === known) return known;
    list += `${i === 0 ? "" : i === values.length - 1 ? " or " : ", "}"${known}"`;
  }
  throw new NativeTypeError(`${name} "${given}" is not supported: use ${list}.`);
}

/** What every dictionary begins with: undefined and null are empty ones. */
export function asObject(value: unknown, what: string): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" && typeof value !== "function") throw new NativeTypeError(`${what} is not an object.`);
  return value as Record<string, unknown>;
}

/** `sequence<T>`, but no longer than `most`. Asks the value for its iterator, as WebIDL does: the page's own code may run. */
export function toSequence<T>(value: unknown, name: string, most: number, convert: (item: unknown) => T): T[] {
  const from = asObject(value, name) as { [iterator]?: unknown } | undefined;
  const method = from?.[iterator];
  if (from === undefined || typeof method !== "function") throw new NativeTypeError(`${name} is not iterable.`);
  const iteration = asObject(call(method, from, []), name);
  if (iteration === undefined) throw new NativeTypeError(`${name} has no iterator.`);
  const next = iteration["next"];
  const result: T[] = [];
  for (;;) {
    const step = asObject(call(next, iteration, []), name);
    if (step === undefined) throw new NativeTypeError(`${name} has no iterator.`);
    if (step["done"]) return result;
    if (result.length === most) throw new NativeTypeError(`${name} has more than ${most.toString()} items.`);
    arrayPush(result, convert(step["value"]));
  }
}

/** Copies the bytes of a BufferSource. Throws TypeError for anything else, shared buffers included. */
export function copyBufferSource(value: unknown): Uint8Array<ArrayBuffer> {
  return copyOf(bufferSource(value));
}

/** The same bytes in a buffer of their own. (Not slice(), which asks the page's `constructor` for the buffer.) */
export function copyOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = new NativeUint8Array(typedArrayLength(bytes));
  typedArraySet(copy, bytes);
  return copy;
}

/** The bytes of a BufferSource, in place. Throws TypeError for anything else, shared buffers included. */
export function bufferSource(value: unknown): Uint8Array<ArrayBuffer> {
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
  return new NativeUint8Array(buffer as ArrayBuffer, offset, length);
}
