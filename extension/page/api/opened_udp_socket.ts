// What navigator.openUDPSocket() resolves with: a class of the first generation, which is not the global UDPSocket.

import type { DatagramSocket } from "../core/datagram_socket.ts";
import { guard } from "./constructor.ts";
import { iterateDatagrams } from "./datagram_iterator.ts";
import type { DatagramSource } from "./datagram_iterator.ts";
import { receiveDatagram, type ReceivedDatagram } from "./receive.ts";

/** An open UDP socket in connected mode. */
export class OpenedUDPSocket {
  readonly #socket: DatagramSocket;
  constructor(given?: unknown, socket?: DatagramSocket) {
    guard(given);
    this.#socket = socket as DatagramSocket;
  }
  /** Stream of `{data}`, one for each datagram. */
  get readable(): ReadableStream<{ data: Uint8Array<ArrayBuffer> }> {
    return this.#socket.readable;
  }
  /** Takes `{data: BufferSource or Blob}`. */
  get writable(): WritableStream<unknown> {
    return this.#socket.writable;
  }
  get remoteAddress(): string {
    return this.#socket.socketChannel.info.remoteAddress;
  }
  get remotePort(): number {
    return this.#socket.socketChannel.info.remotePort;
  }
  get localAddress(): string {
    return this.#socket.socketChannel.info.localAddress;
  }
  get localPort(): number {
    return this.#socket.socketChannel.info.localPort;
  }
  /** Sends a Blob or BufferSource as one datagram; resolves when the system has taken it. */
  async send(data: unknown): Promise<undefined> {
    return this.#socket.send(data);
  }
  /** Takes one datagram; one call at a time. */
  async receive(options = undefined as unknown): Promise<ReceivedDatagram> {
    return receiveDatagram(this.#socket.readable, this.#socket.socketChannel.info, options);
  }
  /** Closes the socket. Always resolves. */
  async close(): Promise<undefined> {
    return this.#socket.close();
  }
  [Symbol.asyncIterator](): AsyncIterator<[DatagramSource, Blob]> {
    return iterateDatagrams(this.#socket.readable, this.#socket.socketChannel.info);
  }
  get [Symbol.toStringTag](): string {
    return "UDPSocket";
  }
}
