// Code generated from protocol/schema by `npm run generate`. DO NOT EDIT.

/** Version of the wire contract. Both sides say theirs in hello; they must be equal. */
export const protocolVersion = 1;

/** Largest frame body either side may send, in bytes. It is the browsers' own limit towards an extension. */
export const maxFrameBytes = 1048576;

/** Largest control message (anything but a data frame), in bytes. */
export const maxControlBytes = 65536;

/** Most payload bytes that one data frame may carry, before base64. */
export const maxPayloadBytes = 262144;

/** Payload bytes that senders put into one data frame of a bulk transfer: larger ones are no faster, and hold up other sockets longer. */
export const chunkBytes = 65536;

/** Initial credit of a socket in each direction, in bytes. */
export const windowBytes = 1048576;

/** A socket's credit may never exceed this many bytes. */
export const maxWindowBytes = 16777216;

/** Credit that a received datagram costs besides its length, in bytes, so that empty ones are not free. */
export const datagramOverhead = 64;

/** Largest UDP payload over IPv4, in bytes (RFC 768, RFC 791). */
export const maxDatagramBytes = 65507;

/** What may be called, by whom, and whether it is answered. */
export const methods = {
  hello: { kind: "request", from: "browser" },
  "tcp.open": { kind: "request", from: "browser" },
  "udp.open": { kind: "request", from: "browser" },
  "socket.write": { kind: "data", from: "browser" },
  "socket.shutdown": { kind: "request", from: "browser" },
  "socket.close": { kind: "request", from: "browser" },
  "audit.refused": { kind: "notification", from: "browser" },
  "socket.data": { kind: "data", from: "host" },
  "socket.credit": { kind: "notification", from: "both" },
  "socket.end": { kind: "notification", from: "host" },
  "socket.closed": { kind: "notification", from: "host" },
} as const;
export type MethodName = keyof typeof methods;

export interface AuditRefusedParams {
  origin: string;
  protocol: "tcp" | "udp";
  /**
   * Absent when the person was to name the destination and did not.
   */
  host?: string;
  port?: number;
  private: boolean;
  /**
   * Which rule refused.
   */
  rule: "activation" | "limit" | "permissions-policy" | "user" | "insecure";
}

/**
 * What a document's content script may say to the broker. Socket ids here are the document's own.
 */
export type DocumentMessage = DocumentOpen | DocumentWrite | DocumentCredit | DocumentShutdown | DocumentClose;

export interface DocumentOpen {
  type: "open";
  id: number;
  protocol: "tcp" | "udp";
  /**
   * The document has transient activation that no earlier open has used up.
   */
  activated: boolean;
  /**
   * isSecureContext, as the content script sees it.
   */
  secure: boolean;
  options: OpenOptions;
}
/**
 * The page's SocketOptions after WebIDL conversion.
 */
export interface OpenOptions {
  /**
   * Absent: the person is asked for it.
   */
  remoteAddress?: string;
  /**
   * Absent: a TypeError, but only after the checks that come first.
   */
  remotePort?: number;
  noDelay?: boolean;
  /**
   * Milliseconds; 0: off.
   */
  keepAliveDelay?: number;
  sendBufferSize?: number;
  receiveBufferSize?: number;
  secureTransport?: "off" | "on";
  /**
   * Milliseconds for opening, counted from consent.
   */
  timeout?: number;
}
export interface DocumentWrite {
  type: "write";
  id: number;
  data: string;
  /**
   * Set when the document wants to know that the system has taken the bytes.
   */
  ack?: number;
}
export interface DocumentCredit {
  type: "credit";
  id: number;
  bytes: number;
}
export interface DocumentShutdown {
  type: "shutdown";
  id: number;
}
/**
 * Closes a socket, or withdraws an open that has not been answered.
 */
export interface DocumentClose {
  type: "close";
  id: number;
}

/**
 * JSON-RPC 2.0: a request, a notification or a response. Ids are integers; batches are not used.
 */
export type Envelope = {
  jsonrpc: "2.0";
  id?: number | null;
  method?: string;
  params?: {};
  result?: {};
  error?: {};
} & (
  | {
      id?: number;
      result?: never;
      error?: never;
    }
  | {
      id: number;
      method?: never;
      params?: never;
      error?: never;
    }
  | {
      method?: never;
      params?: never;
      result?: never;
    }
);

/**
 * The error member of a response (JSON-RPC 2.0, section 5.1).
 */
export interface RPCError {
  code: number;
  message: string;
  data?: ErrorData;
}
/**
 * What the extension needs to answer the page and to inform the person.
 */
export interface ErrorData {
  /**
   * The DOMException name that the page sees.
   */
  name: "NotAllowedError" | "NetworkError" | "QuotaExceededError" | "InvalidStateError" | "AbortError";
  /**
   * The true reason, for the log and the person; never for the page.
   */
  reason:
    | "aborted"
    | "address"
    | "dns"
    | "gone"
    | "limit"
    | "message-size"
    | "network"
    | "origin"
    | "policy"
    | "protocol"
    | "refused"
    | "reset"
    | "timeout"
    | "tls"
    | "unreachable"
    | "version";
  /**
   * One sentence for the person, in English.
   */
  detail?: string;
}

export interface HelloParams {
  protocolVersion: number;
  extensionVersion: string;
  /**
   * The browser's name and version, for the log.
   */
  browser?: string;
}

export interface HelloResult {
  protocolVersion: number;
  hostVersion: string;
  /**
   * What this host can do, such as "tcp", "udp", "tls".
   *
   * @maxItems 64
   */
  capabilities: string[];
}

export interface SocketCloseParams {
  socketId: number;
  /**
   * Send RST instead of FIN and drop what is still unsent.
   */
  reset?: boolean;
}

export interface SocketCloseResult {
  socketId: number;
}

export interface SocketClosedParams {
  socketId: number;
  /**
   * The DOMException name that the page sees; absent after an orderly close.
   */
  name?: "NetworkError" | "AbortError" | "NotAllowedError";
  /**
   * The true reason, for the log and the person.
   */
  reason?: string;
  bytesIn: number;
  bytesOut: number;
  /**
   * UDP: datagrams received and dropped because the page did not read.
   */
  dropped?: number;
}

export interface SocketCreditParams {
  socketId: number;
  bytes: number;
}

export interface SocketDataParams {
  socketId: number;
  /**
   * Base64 (RFC 4648, section 4), padded; at most maxPayloadBytes when decoded.
   */
  data: string;
}

export interface SocketEndParams {
  socketId: number;
}

export interface SocketShutdownParams {
  socketId: number;
}

export interface SocketShutdownResult {
  socketId: number;
}

export interface SocketWriteParams {
  socketId: number;
  /**
   * Base64 (RFC 4648, section 4), padded; at most maxPayloadBytes when decoded.
   */
  data: string;
}

export interface SocketWriteResult {
  socketId: number;
}

export interface TCPOpenParams {
  /**
   * Chosen by the extension, unique on this connection, never used twice.
   */
  socketId: number;
  /**
   * The asking origin, serialised, as the browser attests it.
   */
  origin: string;
  /**
   * Opaque key of the asking document.
   */
  document: string;
  /**
   * True in a private window: the destination is kept out of the audit log.
   */
  private: boolean;
  /**
   * True when the person at the browser typed or picked this destination.
   */
  userEntered: boolean;
  /**
   * Name or address, without brackets.
   */
  host: string;
  port: number;
  /**
   * Bytes that the host may send before it waits for socket.credit.
   */
  window: number;
  /**
   * Milliseconds for opening; 0 or absent leaves it to the host.
   */
  timeout?: number;
  /**
   * SO_SNDBUF, in bytes.
   */
  sendBufferSize?: number;
  /**
   * SO_RCVBUF, in bytes.
   */
  receiveBufferSize?: number;
  /**
   * TCP_NODELAY.
   */
  noDelay?: boolean;
  /**
   * Milliseconds of silence before the first keep-alive probe; 0 or absent: no keep-alive.
   */
  keepAliveDelay?: number;
  /**
   * on: TLS from the first byte, verified against the system's roots.
   */
  secureTransport?: "off" | "on";
}

export interface TCPOpenResult {
  /**
   * The address that was connected to, in its canonical form, without brackets.
   */
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
  /**
   * Bytes that the extension may send before it waits for socket.credit.
   */
  window: number;
}

export interface UDPOpenParams {
  /**
   * Chosen by the extension, unique on this connection, never used twice.
   */
  socketId: number;
  /**
   * The asking origin, serialised, as the browser attests it.
   */
  origin: string;
  /**
   * Opaque key of the asking document.
   */
  document: string;
  /**
   * True in a private window: the destination is kept out of the audit log.
   */
  private: boolean;
  /**
   * True when the person at the browser typed or picked this destination.
   */
  userEntered: boolean;
  /**
   * Name or address, without brackets.
   */
  host: string;
  port: number;
  /**
   * Bytes that the host may send before it waits for socket.credit.
   */
  window: number;
  /**
   * Milliseconds for opening; 0 or absent leaves it to the host.
   */
  timeout?: number;
  /**
   * SO_SNDBUF, in bytes.
   */
  sendBufferSize?: number;
  /**
   * SO_RCVBUF, in bytes.
   */
  receiveBufferSize?: number;
}

export interface UDPOpenResult {
  /**
   * The address that was connected to, in its canonical form, without brackets.
   */
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
  /**
   * Bytes that the extension may send before it waits for socket.credit.
   */
  window: number;
}

/** Parameters of each method. */
export interface MethodParams {
  hello: HelloParams;
  "tcp.open": TCPOpenParams;
  "udp.open": UDPOpenParams;
  "socket.write": SocketWriteParams;
  "socket.shutdown": SocketShutdownParams;
  "socket.close": SocketCloseParams;
  "audit.refused": AuditRefusedParams;
  "socket.data": SocketDataParams;
  "socket.credit": SocketCreditParams;
  "socket.end": SocketEndParams;
  "socket.closed": SocketClosedParams;
}

/** Result of each request. */
export interface MethodResult {
  hello: HelloResult;
  "tcp.open": TCPOpenResult;
  "udp.open": UDPOpenResult;
  "socket.shutdown": SocketShutdownResult;
  "socket.close": SocketCloseResult;
}
