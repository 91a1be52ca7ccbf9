// The types behind direct-sockets.d.ts: both generations of Direct Sockets (the explainer of 2020 to 2022, the draft of 2026), with Portside's
// additions.

// Generated from direct_sockets.webidl by `make generate`:
/** Options of navigator.openTCPSocket() and navigator.openUDPSocket(). */
interface PortsideSocketOptions extends PortsideTLSOptions {
  /** Name or address of the other side. Without it the user is asked. */
  remoteAddress?: string;
  /** 1 to 65535. A TypeError without it. */
  remotePort?: number;
  /** Accepted and ignored. */
  localAddress?: string;
  /** Accepted and ignored. */
  localPort?: number;
  /** SO_SNDBUF, in bytes; not 0. */
  sendBufferSize?: number;
  /** SO_RCVBUF, in bytes; not 0. */
  receiveBufferSize?: number;
  /** Connect by IPv4 or IPv6 addresses only; default: whichever answers first. */
  dnsQueryType?: SocketDnsQueryType;
  /** true, or the delay in seconds. `true` alone means 45 s. TCP only. */
  keepAlive?: boolean | number;
  /** Milliseconds of silence before the first keep-alive probe, at least 1000. TCP only. */
  keepAliveDelay?: number;
  /** Sends small writes at once (TCP_NODELAY). TCP only. */
  noDelay?: boolean;
  /** The older name of `secureTransport: "on"`. TCP only. */
  useSecureTransport?: boolean;
  /**
   * The Differentiated Services Code Point of the packets that are sent, 0 to 63 (RFC 2474): 46 for a phone call, 8
   * for what may take its time (RFC 4594). Networks are free to ignore it. Above 47, or what an administrator set,
   * the packets have 0.
   */
  ipTypeOfService?: number;
  /**
   * "on": TLS from the first byte, verified against the system's roots. "starttls": plain until startTls(). TLS
   * options need one of the two. TCP only.
   */
  secureTransport?: PortsideSecureTransport;
  /** Milliseconds for connecting, counted from consent. */
  timeout?: number;
  /** Withdraws the question, or the connection attempt. */
  signal?: AbortSignal;
  /**
   * Called as the open goes on: "asking" when the question is on the screen, if there is one; "connecting" when
   * somebody has agreed and the connection is about to be made. Not called for an open that is refused before.
   */
  onstate?: PortsideStateCallback;
}

/** Options of receive(), of the sockets that navigator.openUDPSocket() gives. */
interface PortsideReceiveOptions {
  /** Withdraws the wish: the promise rejects with its reason, and the next datagram is for the next who asks. */
  signal?: AbortSignal;
}

type SocketDnsQueryType = "ipv4" | "ipv6";

/** A TCP connection. Code that was written for isolated web apps runs as it is. */
declare class TCPSocket {
  /** An empty `remoteAddress` has the user name the destination. TypeError, at once, for options that cannot be. */
  constructor(remoteAddress: string, remotePort: number, options?: TCPSocketOptions);
  /** Rejects with NotAllowedError when access was refused, else with NetworkError. */
  readonly opened: Promise<TCPSocketOpenInfo>;
  /** Settles when both directions are over: rejects with the first error of either. */
  readonly closed: Promise<undefined>;
  /** Ends both directions at once. InvalidStateError while a stream is locked, or before it is open. */
  close(): Promise<undefined>;
  /**
   * Portside: puts TLS on a socket that was made with `secureTransport: "starttls"`. The socket that it returns,
   * with promises of its own, replaces this one.
   */
  startTls(options?: PortsideTLSOptions): TCPSocket;
  /** Portside: TCP_NODELAY; default on. */
  setNoDelay(on?: boolean): Promise<undefined>;
  /** Portside: keep-alive; default off. `delay` in milliseconds, at least 1000; without it, or with 0, 45 s. */
  setKeepAlive(on?: boolean, delay?: number): Promise<undefined>;
}

/** Options of new TCPSocket(). */
interface TCPSocketOptions extends PortsideTLSOptions {
  /** SO_SNDBUF, in bytes; not 0. */
  sendBufferSize?: number;
  /** SO_RCVBUF, in bytes; not 0. */
  receiveBufferSize?: number;
  /** Sends small writes at once (TCP_NODELAY). TCP only. */
  noDelay?: boolean;
  /** Milliseconds of silence before the first keep-alive probe, at least 1000. TCP only. */
  keepAliveDelay?: number;
  /** Connect by IPv4 or IPv6 addresses only; default: whichever answers first. */
  dnsQueryType?: SocketDnsQueryType;
  /**
   * The Differentiated Services Code Point of the packets that are sent, 0 to 63 (RFC 2474): 46 for a phone call, 8
   * for what may take its time (RFC 4594). Networks are free to ignore it. Above 47, or what an administrator set,
   * the packets have 0.
   */
  ipTypeOfService?: number;
  /**
   * "on": TLS from the first byte, verified against the system's roots. "starttls": plain until startTls(). TLS
   * options need one of the two. TCP only.
   */
  secureTransport?: PortsideSecureTransport;
  /** Milliseconds for connecting, counted from consent. */
  timeout?: number;
  /** Withdraws the question, or the connection attempt. */
  signal?: AbortSignal;
  /** Called as the open goes on, as in PortsideSocketOptions. */
  onstate?: PortsideStateCallback;
}

/** What `opened` of a TCPSocket resolves with. */
interface TCPSocketOpenInfo {
  readable: ReadableStream<PortsideBytes>;
  writable: WritableStream<BufferSource>;
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
  /** Absent without TLS. */
  tls?: PortsideTLSInfo;
}

/** A UDP socket: connected, with `remoteAddress` and `remotePort`, or bound, with `localAddress`. */
declare class UDPSocket {
  constructor(options?: UDPSocketOptions);
  readonly opened: Promise<UDPSocketOpenInfo>;
  readonly closed: Promise<undefined>;
  /** InvalidStateError while a stream is locked, or before it is open. */
  close(): Promise<undefined>;
}

/** Options of new UDPSocket(). */
interface UDPSocketOptions {
  /** Connected: name or address of the other side. Empty: the user is asked. */
  remoteAddress?: string;
  /** Connected: with `remoteAddress`. */
  remotePort?: number;
  /** Bound: an IP address; "0.0.0.0" or "::" for all interfaces. The user says where the socket may be open. */
  localAddress?: string;
  /** Bound: not 0. Default: the system picks one. */
  localPort?: number;
  /** SO_SNDBUF, in bytes; not 0. */
  sendBufferSize?: number;
  /** SO_RCVBUF, in bytes; not 0. */
  receiveBufferSize?: number;
  /** Connected only: addresses of this family only. */
  dnsQueryType?: SocketDnsQueryType;
  /** Bound to "::" only. */
  ipv6Only?: boolean;
  /** TTL or hop limit of multicast datagrams; default 1. */
  multicastTimeToLive?: number;
  /** Whether this computer hears what it sends to groups; default true. */
  multicastLoopback?: boolean;
  /** Whether other sockets may use the same address and port for multicast. */
  multicastAllowAddressSharing?: boolean;
  /**
   * The Differentiated Services Code Point of the packets that are sent, 0 to 63 (RFC 2474): 46 for a phone call, 8
   * for what may take its time (RFC 4594). Networks are free to ignore it. Above 47, or what an administrator set,
   * the packets have 0.
   */
  ipTypeOfService?: number;
  /** Milliseconds for connecting, counted from consent. Connected only. */
  timeout?: number;
  /** Withdraws the question. */
  signal?: AbortSignal;
  /** Called as the open goes on, as in PortsideSocketOptions. */
  onstate?: PortsideStateCallback;
  /** Bound only. */
  announce?: PortsideAnnouncement;
  /** There is no TLS for datagrams: anything but "off" is a TypeError. */
  secureTransport?: PortsideServerTransport;
}

/**
 * What `opened` of a UDPSocket resolves with: `remote…` when it is connected, `multicastController` when it is
 * bound and may join groups.
 */
interface UDPSocketOpenInfo {
  readable: ReadableStream<UDPMessage & { data: PortsideBytes }>;
  writable: WritableStream<UDPMessage>;
  remoteAddress?: string;
  remotePort?: number;
  localAddress: string;
  localPort: number;
  multicastController?: MulticastController;
}

/** A datagram. The remote is there when the socket is bound, and only then. */
interface UDPMessage {
  /** A Uint8Array where it is received. Not empty where it is sent, and at most 65,507 bytes. */
  data: BufferSource;
  /** Where it came from, or where it goes to: a name or an address. */
  remoteAddress?: string;
  remotePort?: number;
  /** For what is sent by a bound socket to a name. */
  dnsQueryType?: SocketDnsQueryType;
}

/** A TCP socket that others can connect to. */
declare class TCPServerSocket {
  /** An IP address; "0.0.0.0" or "::" for all interfaces. The user says where the socket may be open. */
  constructor(localAddress: string, options?: TCPServerSocketOptions);
  readonly opened: Promise<TCPServerSocketOpenInfo>;
  readonly closed: Promise<undefined>;
  /** The connections that were accepted stay. InvalidStateError while the stream is locked, or before it is open. */
  close(): Promise<undefined>;
}

/** Options of new TCPServerSocket(). */
interface TCPServerSocketOptions {
  /** Not 0. Default: the system picks one. */
  localPort?: number;
  /** How many connections the system keeps until they are read; not 0. */
  backlog?: number;
  /** With "::" only. */
  ipv6Only?: boolean;
  /** "on": TLS with a certificate of its own, whose hash `opened` tells. */
  secureTransport?: PortsideServerTransport;
  announce?: PortsideAnnouncement;
  /** Withdraws the question. */
  signal?: AbortSignal;
  /** Called as the open goes on, as in PortsideSocketOptions. */
  onstate?: PortsideStateCallback;
}

/** What `opened` of a TCPServerSocket resolves with. */
interface TCPServerSocketOpenInfo {
  /** Each read accepts a connection: a TCPSocket that is open already. */
  readable: ReadableStream<TCPSocket>;
  localAddress: string;
  localPort: number;
  /** With TLS: what those who connect give as `serverCertificateHashes`. */
  serverCertificateHash?: { algorithm: "sha-256"; value: ArrayBuffer };
}

/** The multicast groups of a bound UDP socket. */
declare class MulticastController {
  private constructor();
  /** TypeError for what is no multicast address, InvalidStateError for what is joined already. */
  joinGroup(ipAddress: string, options?: MulticastGroupOptions): Promise<undefined>;
  /** InvalidStateError for what is not joined. */
  leaveGroup(ipAddress: string, options?: MulticastGroupOptions): Promise<undefined>;
  /** Earliest first. Those of one source only are objects. */
  readonly joinedGroups: readonly (string | MulticastMembership)[];
}

/** Options of joinGroup() and leaveGroup(). */
interface MulticastGroupOptions {
  /** Only what this address sends. */
  sourceAddress?: string;
}

/** A group of which only one source is heard. */
interface MulticastMembership {
  groupAddress: string;
  sourceAddress: string;
}

type PortsideSecureTransport = "off" | "on" | "starttls";

type PortsideServerTransport = "off" | "on";

/** How far an open is. */
type PortsideOpenState = "asking" | "connecting";

type PortsideStateCallback = (state: PortsideOpenState) => unknown;

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
  serverCertificateHashes?: Iterable<PortsideCertificateHash>;
}

/** The hash of a certificate, as in WebTransport. */
interface PortsideCertificateHash {
  algorithm: string;
  value: BufferSource;
}

/** What is told of a socket on the local network (DNS-SD), if the user agrees. */
interface PortsideAnnouncement {
  /** Service type and protocol: "_http._tcp". */
  type: string;
  /** The name that others see: at most 63 bytes of UTF-8. */
  name: string;
  /** Strings of the TXT record: at most 16, of 255 bytes each. */
  txt?: Iterable<string>;
}
// End of what is generated.

/** What a read gives: Uint8Array<ArrayBuffer>, or Uint8Array before TypeScript 5.7. */
type PortsideBytes = ReturnType<typeof Uint8Array.of>;

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
  readonly readable: ReadableStream<PortsideBytes>;
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
  readonly readable: ReadableStream<{ data: PortsideBytes }>;
  readonly writable: WritableStream<{ data: Blob | BufferSource }>;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  send(data: Blob | BufferSource): Promise<undefined>;
  /**
   * Takes one datagram, one call at a time. When the signal aborts before there is one it rejects with the signal's reason, and the datagram is for
   * who reads next. InvalidStateError once the socket is closed.
   */
  receive(
    options?: PortsideReceiveOptions,
  ): Promise<{ data: PortsideBytes; remoteAddress: string; remotePort: number }>;
  close(): Promise<undefined>;
}

/** navigator.openTCPSocket() and navigator.openUDPSocket(). */
interface PortsideOpenTCPSocket {
  /** Opens a connection, if the user agrees. */
  (options?: PortsideSocketOptions): Promise<PortsideTCPSocket>;
  /**
   * Whether Portside's program is there, without opening anything. It needs a click or a key press of the last five seconds, and does not use it
   * up: rejects with NotAllowedError without one, and where the page may have no sockets.
   */
  available(): Promise<boolean>;
}
type PortsideOpenUDPSocket = (options?: PortsideSocketOptions) => Promise<PortsideUDPSocket>;
