// SSH's data types (RFC 4251, section 5): how numbers, strings and names go over the wire.

export type Bytes = Uint8Array<ArrayBuffer>;

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function string(value: string | Uint8Array): Bytes {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concat(uint32(bytes.length), bytes);
}

/** A positive whole number from its big-endian bytes: no leading zeros, but one if the first bit is set. */
export function mpint(bytes: Uint8Array): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? new Uint8Array() : bytes.subarray(first);
  return string((digits[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), digits) : digits);
}

/** Reads values one after the other. */
export class Parser {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = concat(bytes);
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  uint32(): number {
    return new DataView(this.take(4).buffer).getUint32(0);
  }

  string(): Bytes {
    return this.take(this.uint32());
  }

  names(): string[] {
    return new TextDecoder().decode(this.string()).split(",");
  }

  take(count: number): Bytes {
    if (this.#at + count > this.#bytes.length) throw new Error("an SSH message ends too early");
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }
}
