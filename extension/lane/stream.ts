// The stream of a lane: the host's messages by one long response instead of the WebSocket, which costs the browser fewer copies.
//
// The host offers it over the WebSocket, once a lane has moved something. Each message has its length before it (u32, little-endian).

import { laneChunkBytes, laneStreamHeader, laneStreamOffer } from "../../protocol/message.ts";

const lengthBytes = 4;
/** What is read ahead: many small messages at a time, and little of a large one, whose rest needs no copy. */
const aheadBytes = 4_096;
/** A message of the host's is a frame, or the payload of one. */
const mostBytes = laneChunkBytes;

type Reader = ReadableStreamBYOBReader;

/** Where a stream is, and what it is asked for with. */
export interface StreamOffer {
  port: number;
  ticket: string;
}

/** Reads the text by which the host offers a stream; undefined if it is none. */
export function streamOffer(text: string): StreamOffer | undefined {
  const [port, ticket, ...more] = text.startsWith(`${laneStreamOffer} `)
    ? text.slice(laneStreamOffer.length + 1).split(" ")
    : [];
  return port === undefined || ticket === undefined || more.length > 0 || !/^\d{1,5}$/.test(port)
    ? undefined
    : { port: Number(port), ticket };
}

/** Asks for the stream. Resolves when its first message, which is empty, is there: then bytes get through. */
export async function openStream({ port, ticket }: StreamOffer): Promise<MessageStream> {
  const response = await fetch(`http://127.0.0.1:${port.toString()}/`, {
    headers: { [laneStreamHeader]: ticket },
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
  });
  if (!response.ok || response.body === null) throw new Error("there is no stream");
  const stream = new MessageStream(response.body.getReader({ mode: "byob" }));
  if ((await stream.next()).byteLength !== 0) throw new Error("the stream does not begin as it should");
  return stream;
}

/** The messages of a stream, one after the other. */
export class MessageStream {
  readonly #reader: Reader;
  /** What is read ahead: from `#start` to `#end`. */
  #ahead: Uint8Array<ArrayBuffer> = new Uint8Array(aheadBytes);
  #start = 0;
  #end = 0;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** The next message, in a buffer of its own. Rejects when the stream has ended, or is none of ours. */
  async next(): Promise<ArrayBuffer> {
    await this.#have(lengthBytes);
    const length = new DataView(this.#ahead.buffer).getUint32(this.#start, true);
    this.#start += lengthBytes;
    //rule:stream-message-is-bounded
    if (length > mostBytes) throw new RangeError("a message that is too long");
    if (length <= aheadBytes - lengthBytes) {
      await this.#have(length);
      const message = this.#ahead.buffer.slice(this.#start, this.#start + length);
      this.#start += length;
      return message;
    }
    const message = new Uint8Array(length);
    const there = this.#ahead.subarray(this.#start, this.#end);
    message.set(there);
    this.#start = this.#end;
    return (await this.#read(message.subarray(there.length), length - there.length)).buffer;
  }

  /** Waits until so many bytes are read ahead. */
  async #have(bytes: number): Promise<void> {
    const there = this.#end - this.#start;
    if (there >= bytes) return;
    this.#ahead.copyWithin(0, this.#start, this.#end);
    const read = await this.#read(this.#ahead.subarray(there), bytes - there);
    this.#ahead = new Uint8Array(read.buffer);
    this.#start = 0;
    this.#end = there + read.length;
  }

  /** Reads into the view, whose buffer moves on: at least so many bytes, and what there is besides. */
  async #read(into: Uint8Array<ArrayBuffer>, least: number): Promise<Uint8Array<ArrayBuffer>> {
    const { value } = await this.#reader.read(into, { min: least });
    if (value === undefined || value.length < least) throw new Error("the stream has ended");
    return value;
  }
}
