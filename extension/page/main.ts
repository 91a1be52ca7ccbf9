// The page script: puts the API on secure pages, in the MAIN world, before any page script runs. It has no authority.

import { documentView, freeze, hasOwn } from "./builtins.ts";
import { makeError, openSocket, takePort } from "./link.ts";
import { TCPState } from "./tcp.ts";
import { UDPState } from "./udp.ts";
import { toKeepAlive, toSocketOptions, toTLSOptions } from "./options.ts";
import type { PageTLSInfo, PageTLSOptions } from "../../protocol/page.ts";

const token = Symbol("made by the API");

function guard(given: unknown): void {
  if (given !== token) throw makeError("TypeError", "Illegal constructor");
}

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
  const alpnProtocol = hasOwn(agreed, "alpnProtocol") ? (agreed.alpnProtocol ?? "") : "";
  const { version, cipherSuite, peerCertificates } = agreed;
  const omittedCertificates = hasOwn(agreed, "omittedCertificates") ? (agreed.omittedCertificates ?? 0) : 0;
  return freeze({
    version,
    cipherSuite,
    alpnProtocol,
    peerCertificates: freeze(peerCertificates),
    omittedCertificates,
  });
}

/** An open TCP socket. Addresses are in canonical form, without brackets; ports are numbers. */
class TCPSocket {
  readonly #state: TCPState;
  readonly #tls: TLSInfo;
  constructor(given?: unknown, state?: TCPState) {
    guard(given);
    this.#state = state as TCPState;
    const { info } = this.#state.channel;
    this.#tls = toTLSInfo(hasOwn(info, "tls") ? info.tls : undefined);
  }
  /** Byte stream of what the peer sends; done after its FIN, errors with NetworkError. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#state.readable;
  }
  /** Takes BufferSources. Closing and aborting send FIN; the readable goes on. */
  get writable(): WritableStream<unknown> {
    return this.#state.writable;
  }
  get remoteAddress(): string {
    return this.#state.channel.info.remoteAddress;
  }
  get remotePort(): number {
    return this.#state.channel.info.remotePort;
  }
  get localAddress(): string {
    return this.#state.channel.info.localAddress;
  }
  get localPort(): number {
    return this.#state.channel.info.localPort;
  }
  /** What was agreed with the peer; null without TLS. */
  get tls(): TLSInfo {
    return this.#tls;
  }
  /** Puts TLS on a socket that was opened with secureTransport "starttls". The socket that it resolves with replaces this one. */
  async startTls(options = undefined as unknown): Promise<TCPSocket> {
    return new TCPSocket(token, await this.#state.startTls(toTLSOptions(options)));
  }
  /** TCP_NODELAY. */
  async setNoDelay(on = true as unknown): Promise<undefined> {
    return this.#state.setOption("noDelay", on ? 1 : 0);
  }
  /** Keep-alive, with the first probe after `delay` milliseconds of silence; without a delay as at open. */
  async setKeepAlive(on = false as unknown, delay = undefined as unknown): Promise<undefined> {
    return this.#state.setOption("keepAlive", toKeepAlive(on, delay));
  }
  /** Closes the socket, also while its streams are locked. Rejects only when bytes whose write has resolved did not reach the peer. */
  async close(): Promise<undefined> {
    return this.#state.close();
  }
  get [Symbol.toStringTag](): string {
    return "TCPSocket";
  }
}

/** An open UDP socket in connected mode. */
class UDPSocket {
  readonly #state: UDPState;
  constructor(given?: unknown, state?: UDPState) {
    guard(given);
    this.#state = state as UDPState;
  }
  /** Stream of `{data}`, one for each datagram. */
  get readable(): ReadableStream<{ data: Uint8Array<ArrayBuffer> }> {
    return this.#state.readable;
  }
  /** Takes `{data: BufferSource or Blob}`. */
  get writable(): WritableStream<unknown> {
    return this.#state.writable;
  }
  get remoteAddress(): string {
    return this.#state.channel.info.remoteAddress;
  }
  get remotePort(): number {
    return this.#state.channel.info.remotePort;
  }
  get localAddress(): string {
    return this.#state.channel.info.localAddress;
  }
  get localPort(): number {
    return this.#state.channel.info.localPort;
  }
  /** Sends a Blob or BufferSource as one datagram; resolves when the system has taken it. */
  async send(data: unknown): Promise<undefined> {
    return this.#state.send(data);
  }
  /** Closes the socket. Always resolves. */
  async close(): Promise<undefined> {
    return this.#state.close();
  }
  [Symbol.asyncIterator](): AsyncIterator<[{ remoteAddress: string; remotePort: number }, Blob]> {
    return this.#state.iterate();
  }
  get [Symbol.toStringTag](): string {
    return "UDPSocket";
  }
}

function install(): void {
  const ownNavigator = navigator;
  const ownDocument = document;

  async function prepare(receiver: unknown, options: unknown): Promise<ReturnType<typeof toSocketOptions>> {
    if (receiver !== ownNavigator) throw makeError("TypeError", "Illegal invocation");
    const converted = toSocketOptions(options);
    if (documentView(ownDocument) === null) throw makeError("NotSupportedError");
    return converted;
  }
  // Methods of an object literal have no [[Construct]], as WebIDL operations have none.
  const operations = {
    async openTCPSocket(this: unknown, options = undefined as unknown): Promise<TCPSocket> {
      const prepared = await prepare(this, options);
      const { open } = prepared;
      let upgradable: PageTLSOptions | undefined;
      if (hasOwn(open, "secureTransport") && open.secureTransport === "starttls") {
        // Kept for startTls(): whoever says at open how TLS is to be spoken means it.
        upgradable = (hasOwn(open, "tls") ? open.tls : undefined) ?? {};
        delete open.tls;
      }
      return new TCPSocket(token, await openSocket("tcp", prepared, (channel) => new TCPState(channel, upgradable)));
    },
    async openUDPSocket(this: unknown, options = undefined as unknown): Promise<UDPSocket> {
      const prepared = await prepare(this, options);
      const { open } = prepared;
      // Datagrams would go out in the clear where the page asked for the contrary.
      if (hasOwn(open, "secureTransport") && open.secureTransport !== "off")
        throw makeError(
          "TypeError",
          "There is no TLS for datagrams: useSecureTransport and secureTransport are for TCP.",
        );
      return new UDPSocket(token, await openSocket("udp", prepared, (channel) => new UDPState(channel)));
    },
  };
  Object.defineProperties(Navigator.prototype, Object.getOwnPropertyDescriptors(operations));
}

if (isSecureContext) takePort(install);
