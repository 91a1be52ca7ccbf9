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

/** What converts a value of a page; the name is for its error. */
export type Conversion<T> = (this: void, value: unknown, name: string) => T;

/** `[EnforceRange]` of an unsigned integer: what is out of range is refused, and never becomes another number. */
function enforceUnsigned(most: number, type: string): Conversion<number> {
  return (value, name) => {
    const number = +(value as string); // throws TypeError for symbols and BigInts, as ToNumber does
    if (!isFiniteNumber(number)) throw new NativeTypeError(`${name} is not a finite number.`);
    const integer = trunc(number);
    if (integer < 0 || integer > most) throw new NativeTypeError(`${name} is outside the range of ${type}.`);
    return integer + 0; // -0 becomes 0
  };
}

export const enforceOctet = enforceUnsigned(255, "octet");
export const enforceShort = enforceUnsigned(65_535, "unsigned short");
export const enforceLong = enforceUnsigned(4_294_967_295, "unsigned long");

/** `unsigned short` without `[EnforceRange]`: modulo 65536, and 0 for what is no finite number. */
export function toShort(value: unknown): number {
  return +(value as string) & 0xffff;
}

export function toBoolean(value: unknown): boolean {
  return !!value;
}

/** `DOMString`: a template literal is ToString, and throws TypeError for symbols. */
export function toDOMString(value: unknown): string {
  return `${value as number}`;
}

/** An enumeration. The conversion throws TypeError for any other value, and says which there are. */
export function enumeration<const T extends string>(values: readonly T[]): Conversion<T> {
  return (value, name) => {
    const given = toDOMString(value);
    let list = "";
    for (let i = 0; i < values.length; i++) {
      const known = values[i] as T;
      if (given === known) return known;
      list += `${i === 0 ? "" : i === values.length - 1 ? " or " : ", "}"${known}"`;
    }
    throw new NativeTypeError(`${name} "${given}" is not supported: use ${list}.`);
  };
}

/** What every dictionary begins with: undefined and null are empty ones. */
export function asObject(value: unknown, what: string): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" && typeof value !== "function") throw new NativeTypeError(`${what} is not an object.`);
  return value as Record<string, unknown>;
}

/** A member of a dictionary: its name, what converts it, and whether it must be there. */
export type DictionaryMember = readonly [name: string, convert: Conversion<unknown>, required?: true];

/** What a page's dictionary has become. Members that are absent, or undefined, are not there; nothing is inherited. */
export type Dictionary<Members extends readonly DictionaryMember[]> = {
  -readonly [Member in Members[number] as Member extends readonly [string, unknown] ? Member[0] : never]?: ReturnType<
    Member[1]
  >;
} & {
  -readonly [
    Member in Members[number] as Member extends readonly [string, unknown, true] ? Member[0] : never
  ]: ReturnType<Member[1]>;
};

/** Reads a dictionary, whose members are in their order (https://webidl.spec.whatwg.org/#js-dictionary). Throws TypeError, or what a getter throws. */
export function readDictionary<const Members extends readonly DictionaryMember[]>(
  value: unknown,
  what: string,
  members: Members,
): Dictionary<Members> {
  const from = asObject(value, what);
  const result: Record<string, unknown> = { __proto__: null };
  for (let i = 0; i < members.length; i++) {
    const member = members[i] as DictionaryMember;
    const name = member[0];
    const given = from?.[name];
    if (given !== undefined) result[name] = member[1](given, name);
    else if (member[2]) throw new NativeTypeError(`${what} has no ${name}.`);
  }
  return result as Dictionary<Members>;
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
