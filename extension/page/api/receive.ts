// One datagram of a UDP socket of the first generation.

import {
  addListener,
  getReader,
  readerRead,
  readerRelease,
  removeListener,
  signalAborted,
  signalReason,
} from "../builtins.ts";
import { makeError } from "../core/errors.ts";
import { readDictionary } from "../webidl.ts";
import { portsideReceiveOptions } from "./dictionaries.ts";
import type { DatagramSource } from "./datagram_iterator.ts";

/** A datagram, and where it came from. */
export interface ReceivedDatagram extends DatagramSource {
  data: Uint8Array<ArrayBuffer>;
}

/**
 * Resolves with the next datagram of `readable`, all of which come from `source`. Rejects with the reason of `options.signal` when that aborts
 * before there is one, which is then for whoever reads next; with TypeError while somebody else reads; with InvalidStateError once the socket is
 * closed.
 */
export async function receiveDatagram(
  readable: ReadableStream<{ data: Uint8Array<ArrayBuffer> }>,
  { remoteAddress, remotePort }: DatagramSource,
  options: unknown,
): Promise<ReceivedDatagram> {
  const { signal } = readDictionary(options, "The options", portsideReceiveOptions);
  if (signal !== undefined && signalAborted(signal)) throw signalReason(signal);
  const reader = getReader(readable);
  // A read that waits rejects when its reader lets go of the stream. One that has its datagram keeps it.
  const withdraw = (): void => {
    readerRelease(reader);
  };
  if (signal !== undefined) addListener(signal, "abort", withdraw);
  try {
    const { done, value } = await readerRead(reader);
    if (done) throw makeError("InvalidStateError");
    return { data: (value as { data: Uint8Array<ArrayBuffer> }).data, remoteAddress, remotePort };
  } catch (error) {
    throw signal !== undefined && signalAborted(signal) ? signalReason(signal) : error;
  } finally {
    if (signal !== undefined) removeListener(signal, "abort", withdraw);
    withdraw();
  }
}
