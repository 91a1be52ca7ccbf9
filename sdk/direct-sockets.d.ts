// Types of the API that Portside puts on secure pages: the first generation of Direct Sockets (explainer of 2020 to 2022), with
// Portside's additions. Add this file to a project's `include`, or copy it.

/** Options of navigator.openTCPSocket() and navigator.openUDPSocket(). */
interface SocketOptions {
  /** Name or address of the other side. Without it the person at the browser is asked. */
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
  /** true, or the delay in seconds. `true` alone means 45 s. TCP only. */
  keepAlive?: boolean | number;
  /** Milliseconds of silence before the first keep-alive probe, at least 1000. TCP only. */
  keepAliveDelay?: number;
  /** Sends small writes at once (TCP_NODELAY). TCP only. */
  noDelay?: boolean;
  /** TLS from the first byte, verified against the system's roots. TCP only. */
  useSecureTransport?: boolean;
  /** The same in today's words. */
  secureTransport?: "off" | "on";
  /** Withdraws the question, or the connection attempt. */
  signal?: AbortSignal;
  /** Milliseconds for connecting, counted from consent. */
  timeout?: number;
}

/** What navigator.openTCPSocket() resolves with. */
interface PortsideTCPSocket {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<BufferSource>;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
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
