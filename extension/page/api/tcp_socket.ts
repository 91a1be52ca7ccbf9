// What navigator.openTCPSocket() resolves with.

import { freeze, own } from "../builtins.ts";
import type { StreamSocket } from "../core/stream_socket.ts";
import type { PageTLSInfo } from "../../../protocol/page.ts";
import { guard, token } from "./constructor.ts";
import { toKeepAlive, toTLSOptions } from "./options.ts";

/** What was agreed with the peer, as a page gets it; null without TLS. */
type TLSInfo = Readonly<{
  version: string;
  cipherSuite: string;
  alpnProtocol: string;
  peerCertificates: readonly ArrayBuffer[];
  omittedCertificates: number;
}> | null;

function toTLSInfo(agreed: PageTLSInfo | undefined): TLSInfo {
  if (agreed === undefined) return null;
  const alpnProtocol = own(agreed, "alpnProtocol") ?? "";
  const { version, cipherSuite, peerCertificates } = agreed;
  const omittedCertificates = own(agreed, "omittedCertificates") ?? 0;
  return freeze({
    version,
    cipherSuite,
    alpnProtocol,
    peerCertificates: freeze(peerCertificates),
    omittedCertificates,
  });
}

/** An open TCP socket. Addresses are in canonical form, without brackets; ports are numbers. */
export class TCPSocket {
  readonly #socket: StreamSocket;
  readonly #tls: TLSInfo;
  constructor(given?: unknown, socket?: StreamSocket) {
    guard(given);
    this.#socket = socket as StreamSocket;
    const { info } = this.#socket.channel;
    this.#tls = toTLSInfo(own(info, "tls"));
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
    return this.#socket.channel.info.remoteAddress;
  }
  get remotePort(): number {
    return this.#socket.channel.info.remotePort;
  }
  get localAddress(): string {
    return this.#socket.channel.info.localAddress;
  }
  get localPort(): number {
    return this.#socket.channel.info.localPort;
  }
  /** What was agreed with the peer; null without TLS. */
  get tls(): TLSInfo {
    return this.#tls;
  }
  /** Puts TLS on a socket that was opened with secureTransport "starttls". The socket that it resolves with replaces this one. */
  async startTls(options = undefined as unknown): Promise<TCPSocket> {
    return new TCPSocket(token, await this.#socket.startTls(toTLSOptions(options)));
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
