// What the measures need of a peer inside a page: connections and datagrams that can wait. One small module for each peer makes them.

/** One connection to the far end. */
export interface Link {
  /** The next bytes. Rejects when the connection has ended: the far end never ends first. They may be overwritten by the next read. */
  read(): Promise<Uint8Array>;
  /** Hands bytes over and resolves when the peer is ready for more. The peer may still look at them. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}

/** One UDP socket to the far end. */
export interface Datagrams {
  send(data: Uint8Array<ArrayBuffer>): Promise<void>;
  receive(): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface Peer {
  /** Resolves when the peer's API says "open". `byob`: with reads into a buffer of the page's own, if the peer has them. */
  open(options?: { byob: boolean }): Promise<Link>;
  openDatagrams?(): Promise<Datagrams>;
}

/** What the harness tells a page: where the far end is, or the relay that leads to it. */
export interface Place {
  /** The far end's IPv4 address, and its TCP and UDP port there. */
  address: string;
  tcp: number;
  udp: number;
  /** The relay's WebSocket, "" if there is none. */
  relay: string;
}

/** How large the page's own buffer is where it reads into one, in bytes. */
export const byobSize = 256 << 10;

/** A queue with a reader that waits: for peers that push. */
export class Inbox {
  readonly #waiting: Uint8Array[] = [];
  #reader: { resolve(data: Uint8Array): void; reject(error: Error): void } | undefined;
  #ended: Error | undefined;

  push(data: Uint8Array): void {
    const reader = this.#reader;
    if (reader === undefined) this.#waiting.push(data);
    else {
      this.#reader = undefined;
      reader.resolve(data);
    }
  }

  end(why: string): void {
    this.#ended ??= new Error(why);
    this.#reader?.reject(this.#ended);
    this.#reader = undefined;
  }

  next(): Promise<Uint8Array> {
    const data = this.#waiting.shift();
    if (data !== undefined) return Promise.resolve(data);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }
}

/**
 * A link over a pair of streams, as Portside and the browser's own sockets give them. Without `close` it ends by cancelling one and aborting the
 * other, which is the way out where a socket does not close while its streams are locked.
 */
export function streamLink(
  readable: ReadableStream<Uint8Array<ArrayBuffer>>,
  writable: WritableStream<BufferSource>,
  { byob, close }: { byob: boolean; close?: () => Promise<unknown> },
): Link {
  const writer = writable.getWriter();
  const write = (bytes: Uint8Array<ArrayBuffer>): Promise<void> => writer.write(bytes);
  const closing = (reader: ReadableStreamGenericReader) => async (): Promise<void> => {
    if (close === undefined) await Promise.allSettled([reader.cancel(), writer.abort()]);
    else await close();
  };
  if (!byob) {
    const reader = readable.getReader();
    const read = async (): Promise<Uint8Array> => {
      const { value } = await reader.read();
      if (value === undefined) throw new Error("the stream has ended");
      return value;
    };
    return { read, write, close: closing(reader) };
  }
  const reader = readable.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(byobSize);
  const read = async (): Promise<Uint8Array> => {
    const { value } = await reader.read(new Uint8Array(buffer));
    if (value === undefined || value.length === 0) throw new Error("the stream has ended");
    buffer = value.buffer;
    return value;
  };
  return { read, write, close: closing(reader) };
}
