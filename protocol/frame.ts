// Native-messaging framing, the twin of frame.go, for programs outside a browser that talk to the host: tests and benchmarks.
// (A browser frames by itself.) A frame is a u32 length in native byte order, then that many bytes of UTF-8 JSON.

import { endianness } from "node:os";
import { maxFrameBytes } from "./message.ts";

const little = endianness() === "LE";

/** Encodes one message. Throws RangeError when it is longer than `maxFrameBytes`. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  if (body.length > maxFrameBytes)
    throw new RangeError(`frame of ${body.length.toString()} bytes: the limit is ${maxFrameBytes.toString()}`);
  const frame = Buffer.allocUnsafe(4 + body.length);
  if (little) frame.writeUInt32LE(body.length);
  else frame.writeUInt32BE(body.length);
  body.copy(frame, 4);
  return frame;
}

/** Collects bytes and yields whole messages. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;

  /** Adds bytes; returns the messages that they complete. Throws when a length is 0 or too large, or a body is not JSON. */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const messages: unknown[] = [];
    while (this.#length >= 4) {
      const head = this.#peek(4);
      const size = little ? head.readUInt32LE() : head.readUInt32BE();
      if (size === 0 || /*rule:extension-frames-are-bounded*/ size > maxFrameBytes)
        throw new RangeError(`frame of ${size.toString()} bytes`);
      if (this.#length < 4 + size) break;
      this.#take(4);
      messages.push(JSON.parse(this.#take(size).toString("utf8")));
    }
    return messages;
  }

  #peek(n: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= n) return first.subarray(0, n);
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all.subarray(0, n);
  }

  #take(n: number): Buffer {
    const bytes = this.#peek(n);
    const first = this.#chunks[0];
    if (first !== undefined) {
      if (first.length === n) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(n);
    }
    this.#length -= n;
    return bytes;
  }
}
