// Datagrams by iteration, as the explainer has it.

import { NativeBlob, getReader, listOf, readerRead, readerRelease } from "../builtins.ts";

/** Where a datagram came from. */
export interface DatagramSource {
  remoteAddress: string;
  remotePort: number;
}

type Item = [DatagramSource, Blob];

/** Iterates over the datagrams of `readable`, all of which came from `source`. Holds a reader of it while it is used. */
export function iterateDatagrams(
  readable: ReadableStream<{ data: Uint8Array<ArrayBuffer> }>,
  { remoteAddress, remotePort }: DatagramSource,
): AsyncIterator<Item> & AsyncIterable<Item> {
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  let finished = false;
  /** Gives the lock back; false when it was given back before. */
  const finish = (): boolean => {
    if (finished) return false;
    finished = true;
    if (reader !== undefined) readerRelease(reader);
    return true;
  };
  const iterator = {
    next: async (): Promise<IteratorResult<Item>> => {
      if (!finished) {
        reader ??= getReader(readable);
        try {
          const { done, value } = await readerRead(reader);
          if (!done) {
            const { data } = value as { data: Uint8Array<ArrayBuffer> };
            return { done: false, value: [{ remoteAddress, remotePort }, new NativeBlob(listOf([data]))] };
          }
          finish();
        } catch (error) {
          // return() has let the reader go, and with it whoever waits.
          if (finish()) throw error;
        }
      }
      return { done: true, value: undefined };
    },
    // Leaving a loop gives the lock back and keeps the socket: the page may iterate again.
    return: async (): Promise<IteratorResult<Item>> => {
      finish();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return iterator;
    },
  };
  return iterator;
}
