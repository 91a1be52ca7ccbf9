// What navigator.openTCPSocket() resolves with: a class of the first generation, which is not the global TCPSocket.

import { own } from "../builtins.ts";
import type { StreamSocket } from "../core/stream_socket.ts";
import { guard, token } from "./constructor.ts";
import { toKeepAlive, toTLSOptions } from "./options.ts";
import { toTLSInfo, type TLSInfo } from "./tls_info.ts";

/** An open TCP socket. Addresses are in canonical form, without brackets; ports are numbers. */
export class OpenedTCPSocket {
  readonly #socket: StreamSocket;
  readonly #tls: TLSInfo | null;
  constructor(given?: unknown, socket?: StreamSocket) {
    guard(given);
    this.#socket = socket as StreamSocket;
    const { info } = this.#socket.socketChannel;
    this.#tls = toTLSInfo(own(info, "tls")) ?? null;
  }
  /** Byte stream of what the peer sends; done after its FIN, errors with NetworkError. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#socket.readable;
  }
  /** Takes BufferSources. Closing and aborting send FIN; the readable goes on. */
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
  /** What was agreed with the peer; null without TLS. */
  get tls(): TLSInfo | null {
    return this.#tls;
  }
  /** Puts TLS on a socket that was opened with secureTransport "starttls". The socket that it resolves with replaces this one. */
  async startTls(options = undefined as unknown): Promise<OpenedTCPSocket> {
    return new OpenedTCPSocket(token, await this.#socket.startTls(toTLSOptions(options)));
  }
  /** TCP_NODELAY. */
  async setNoDelay(on = true as unknown): Promise<undefined> {
    return this.#socket.setOption("noDelay", on ? 1 : 0);
  }
  /** Keep-alive, with the first probe after `delay` milliseconds of silence; without a delay as at open. */
  async setKeepAlive(on = false as unknown, delay = undefined as unknown): Promise<undefined> {
    return this.#socket.setOption("keepAlive", toKeepAlive(on, delay));
  }
  /** Closes the socket, also while its streams are locked. Rejects only when bytes whose write has resolved did not reach the peer. */
  async close(): Promise<undefined> {
    return this.#socket.close();
  }
  get [Symbol.toStringTag](): string {
    return "TCPSocket";
  }
}
