// Types of the API that Portside puts on secure pages: the first generation of Direct Sockets (explainer of 2020 to 2022), with
// Portside's additions. Add this file to a project's `include`, or copy it.

// Generated from protocol/schema by `make generate`:
/** How TLS is to be spoken. */
interface PortsideTLSOptions {
  /** Name or address for SNI and for the certificate. Default: the host that was asked for. */
  serverName?: string;
  /** Protocols to offer, best first (ALPN): at most 16 ASCII names. A server may take none. */
  alpnProtocols?: Iterable<string>;
  /**
   * Accept exactly a certificate with one of these SHA-256 hashes, for devices that sign their own: at most 16. Who
   * signed it, and for which name, does not count then; it must be within its validity, of any length. Entries of
   * other algorithms are passed over.
   */
  serverCertificateHashes?: Iterable<{ algorithm: string; value: BufferSource }>;
}

/** Options of navigator.openTCPSocket() and navigator.openUDPSocket(). */
interface SocketOptions extends PortsideTLSOptions {
  /** Name or address of the other side. Without it the user is asked. */
  remoteAddress?: string;
  /** 1 to 65535. A TypeError without it. */
  remotePort?: number;
  /** Accepted and ignored. */
  localAddress?: string;
  /** Accepted and ignored. */
  localPort?: number;
  /** true, or the delay in seconds. `true` alone means 45 s. TCP only. */
  keepAlive?: boolean | number;
  /** The older name of `secureTransport: "on"`. TCP only. */
  useSecureTransport?: boolean;
  /** Withdraws the question, or the connection attempt. */
  signal?: AbortSignal;
  /**
   * Called as the open goes on: "asking" when the question is on the screen, if there is one; "connecting" when
   * somebody has agreed and the connection is about to be made. Not called for an open that is refused before.
   */
  onstate?: (state: PortsideOpenState) => void;
  /** Milliseconds for connecting, counted from consent. */
  timeout?: number;
  /** SO_SNDBUF, in bytes; not 0. */
  sendBufferSize?: number;
  /** SO_RCVBUF, in bytes; not 0. */
  receiveBufferSize?: number;
  /** Connect by IPv4 or IPv6 addresses only; default: whichever answers first. */
  dnsQueryType?: "ipv4" | "ipv6";
  /**
   * The Differentiated Services Code Point of the packets that are sent, 0 to 63 (RFC 2474): 46 for a phone call, 8
   * for what may take its time (RFC 4594). Networks are free to ignore it. Above 47, or what an administrator set,
   * the packets have 0.
   */
  ipTypeOfService?: number;
  /** Sends small writes at once (TCP_NODELAY). TCP only. */
  noDelay?: boolean;
  /** Milliseconds of silence before the first keep-alive probe, at least 1000. TCP only. */
  keepAliveDelay?: number;
  /**
   * "on": TLS from the first byte, verified against the system's roots. "starttls": plain until startTls(). TLS
   * options need one of the two. TCP only.
   */
  secureTransport?: "off" | "on" | "starttls";
}
// End of what is generated.

/** What was agreed with the peer. */
interface PortsideTLSInfo {
  readonly version: "1.2" | "1.3";
  /** Its name in IANA's registry. */
  readonly cipherSuite: string;
  /** "" when none was agreed. */
  readonly alpnProtocol: string;
  /** The peer's chain as sent, leaf first, in DER; at most 46 KiB of it, and 16 certificates. */
  readonly peerCertificates: readonly ArrayBuffer[];
  /** How many certificates of the chain are not in `peerCertificates` for want of room, the last ones: 0 as a rule. */
  readonly omittedCertificates: number;
}

/** How far an open is. */
type PortsideOpenState = "asking" | "connecting";

/**
 * Why the network failed, where somebody agreed to the destination: an own property `reason` of the NetworkError. "host": Portside's own program
 * is gone. Absent where there is nothing more to be said, or an administrator forbids it.
 */
type PortsideErrorReason = "refused" | "dns" | "timeout" | "unreachable" | "reset" | "tls" | "host";

/** A NetworkError of a socket, or of opening one. */
interface PortsideNetworkError extends DOMException {
  readonly reason?: PortsideErrorReason;
}

/** What navigator.openTCPSocket() resolves with. */
interface PortsideTCPSocket {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<BufferSource>;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** null without TLS. */
  readonly tls: PortsideTLSInfo | null;
  /**
   * Puts TLS on a socket that was opened with `secureTransport: "starttls"`, and resolves with the socket that replaces this one. Options that
   * are not given are those of the open. Fails with NetworkError, and breaks the connection, also when the server has sent anything that the page
   * has not read.
   */
  startTls(options?: PortsideTLSOptions): Promise<PortsideTCPSocket>;
  /** TCP_NODELAY; default on. */
  setNoDelay(on?: boolean): Promise<undefined>;
  /** Keep-alive; default off. `delay` in milliseconds, at least 1000; without it, or with 0, 45 s. */
  setKeepAlive(on?: boolean, delay?: number): Promise<undefined>;
  /**
   * Closes both directions. Resolves when the peer's system has everything whose write resolved, which a slow peer may hold up for minutes; rejects with
   * NetworkError when it does not take it.
   */
  close(): Promise<undefined>;
}

/** What navigator.openUDPSocket() resolves with. */
interface PortsideUDPSocket extends AsyncIterable<[{ remoteAddress: string; remotePort: number }, Blob]> {
  readonly readable: ReadableStream<{ data: Uint8Array<ArrayBuffer> }>;
  readonly writable: WritableStream<{ data: Blob | BufferSource }>;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  send(data: Blob | BufferSource): Promise<undefined>;
  close(): Promise<undefined>;
}

interface Navigator {
  openTCPSocket(options?: SocketOptions): Promise<PortsideTCPSocket>;
  openUDPSocket(options?: SocketOptions): Promise<PortsideUDPSocket>;
}
