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
  deleteProperty,
  isView,
  iterator,
  trunc,
  typedArrayBuffer,
  typedArrayLength,
  typedArrayOffset,
  typedArraySet,
  typedArrayTag,
} from "./builtins.ts";

/** Throws TypeError. */
export function refuse(name: string, what: string): never {
  throw new NativeTypeError(`${name} is no ${what}.`);
}

/** What converts a value of a page; the name is for its error. */
export type Conversion<T> = (this: void, value: unknown, name: string) => T;

/** `[EnforceRange]` of an unsigned integer: what is out of range is refused, and never becomes another number. */
function enforceUnsigned(most: number, type: string): Conversion<number> {
  return (value, name) => {
    const integer = trunc(+(value as string)); // throws TypeError for symbols and BigInts, as ToNumber does
    if (!(integer >= 0 && integer <= most)) refuse(name, type);
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
    let list = "value of";
    for (let i = 0; i < values.length; i++) {
      const known = values[i] as T;
      if (given === known) return known;
      list += ` "${known}"`;
    }
    return refuse(name, list);
  };
}

/** Throws TypeError for what is no object. */
function asObject(value: unknown, what: string): Record<string, unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) refuse(what, "object");
  return value as Record<string, unknown>;
}

/** A member of a dictionary: its name, what converts it, and whether it must be there. */
export type DictionaryMember = readonly [name: string, convert: Conversion<unknown>, required?: true];

/** What a page's dictionary has become. Members that are absent, undefined, or ask for nothing are not there; nothing is inherited. */
export type Dictionary<Members extends readonly DictionaryMember[]> = {
  -readonly [Member in Members[number] as Member extends readonly [string, unknown] ? Member[0] : never]?: Exclude<
    ReturnType<Member[1]>,
    undefined
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
  // undefined and null are empty dictionaries
  const from = value === undefined || value === null ? undefined : asObject(value, what);
  const result: Record<string, unknown> = { __proto__: null };
  for (let i = 0; i < members.length; i++) {
    const member = members[i] as DictionaryMember;
    const name = member[0];
    const given = from?.[name];
    const converted = given === undefined ? undefined : member[1](given, name);
    if (converted !== undefined) result[name] = converted;
    else if (member[2]) refuse(`${what}'s ${name}`, "value");
  }
  return result as Dictionary<Members>;
}

/** Takes members out of a dictionary that has been read, into one of their own; undefined when none is there. */
export function takeOut<const Members extends readonly (readonly [string, ...unknown[]])[], Taken>(
  from: Record<string, unknown>,
  members: Members,
): Taken | undefined {
  let taken: Record<string, unknown> | undefined;
  for (let i = 0; i < members.length; i++) {
    const name = (members[i] as Members[number])[0];
    if (from[name] === undefined) continue;
    taken ??= { __proto__: null };
    taken[name] = from[name];
    deleteProperty(from, name);
  }
  return taken as Taken | undefined;
}

/** `sequence<T>`, but no longer than `most`. Asks the value for its iterator, as WebIDL does: the page's own code may run. */
export function toSequence<T>(value: unknown, name: string, most: number, convert: (item: unknown) => T): T[] {
  const from = asObject(value, name) as { [iterator]?: unknown };
  const iterate = from[iterator];
  if (typeof iterate !== "function") refuse(name, "list");
  const iteration = asObject(call(iterate, from, []), name);
  const next = iteration["next"];
  const result: T[] = [];
  for (;;) {
    const step = asObject(call(next, iteration, []), name);
    if (step["done"]) return result;
    if (result.length === most) refuse(name, `list of at most ${most.toString()} items`);
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
  const view = isView(value);
  const typed = view && typedArrayTag(value) !== undefined;
  const buffer = view ? (typed ? typedArrayBuffer(value) : dataViewBuffer(value)) : value;
  try {
    const whole = arrayBufferLength(buffer as ArrayBuffer); // throws for a SharedArrayBuffer and for what is no buffer at all
    const offset = view ? (typed ? typedArrayOffset(value) : dataViewOffset(value)) : 0;
    const length = view ? (typed ? typedArrayLength(value) : dataViewLength(value)) : whole;
    return new NativeUint8Array(buffer as ArrayBuffer, offset, length);
  } catch {
    return refuse("The data", "BufferSource");
  }
}
