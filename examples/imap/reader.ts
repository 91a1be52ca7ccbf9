// Reads a byte stream the way text protocols want it: a line, or a number of bytes, at a time.

/** What a socket must have for the clients here: navigator.openTCPSocket() gives such a thing. */
export interface Duplex {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<BufferSource>;
  close(): Promise<unknown>;
}

/** The other side ended the connection in the middle of something. */
export class EndOfStreamError extends Error {
  override readonly name = "EndOfStreamError";
}

export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What has come and was not asked for yet. */
  #rest = new Uint8Array();

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#reader = readable.getReader();
  }

  /** The next line without its CRLF or LF, as Latin-1: one character is one byte. Undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    for (let searched = 0; ;) {
      const end = this.#rest.indexOf(10, searched);
      if (end >= 0) {
        const line = this.#take(end + 1).subarray(0, end);
        const length = line.at(-1) === 13 ? end - 1 : end;
        return latin1(line.subarray(0, length));
      }
      searched = this.#rest.length;
      if (!(await this.#more())) {
        if (this.#rest.length > 0)
          throw new EndOfStreamError(`the connection ended in the line "${latin1(this.#rest)}"`);
        return undefined;
      }
    }
  }

  /** The next `count` bytes. */
  async bytes(count: number): Promise<Uint8Array> {
    while (this.#rest.length < count) {
      if (!(await this.#more()))
        throw new EndOfStreamError(`the connection ended ${String(count - this.#rest.length)} bytes early`);
    }
    return this.#take(count);
  }

  /** Lets go of the stream. */
  release(): void {
    this.#reader.releaseLock();
  }

  #take(count: number): Uint8Array {
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) return false;
    const joined = new Uint8Array(this.#rest.length + value.length);
    joined.set(this.#rest);
    joined.set(value, this.#rest.length);
    this.#rest = joined;
    return true;
  }
}

export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192)
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return text;
}

/** The bytes of a Latin-1 text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
