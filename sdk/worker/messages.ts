// What a page and its worker say to each other about sockets. The worker's end asks; the page's end has the sockets.
//
// Each socket has a MessagePort of its own, so that nothing needs a name and what one socket says keeps its order. Bytes are
// moved, not copied (transferred ArrayBuffers), and never more of them are under way than the reader has given credit for.
// Streams themselves could be transferred, but each chunk would be copied and waited for, and they would not be byte streams
// any more.

/** Bytes that the page may send to the worker before it waits for credit. */
export const readWindow = 2 << 20;
/** Bytes that the worker may send to the page before a write waits. */
export const writeWindow = 1 << 20;
/** What a datagram counts beside its bytes. */
export const datagramCost = 128;

/** The worker gets its port by this, once for each call of exposeSockets(). */
export interface Handover {
  portside: "sockets";
  port: MessagePort;
  /** A lock that the worker holds while it lives. */
  lock: string;
}

export type Kind = "tcp" | "udp" | "server";

/** A constructor was called. */
export interface Open {
  kind: Kind;
  /** The arguments before the options. */
  positional: unknown[];
  options: Record<string, unknown>;
  /** There is a callback for states. */
  states: boolean;
  port: MessagePort;
}

/** What the worker says on its first port. */
export type ToPage = { is: "open"; open: Open } | { is: "holding" };

/** Some bytes of a buffer that nobody else has. */
export interface Piece {
  buffer: ArrayBuffer;
  offset: number;
  length: number;
}

/** A datagram, with the members that it has. */
export interface Datagram {
  piece: Piece;
  remoteAddress?: string;
  remotePort?: number;
  dnsQueryType?: string;
}

/** An error, in what can be cloned without loss. */
export interface Failure {
  name: string;
  message: string;
  /** Why the network failed (PortsideNetworkError). */
  reason?: string;
}

/** What the worker says of a socket. */
export type Ask =
  | { is: "write"; piece: Piece }
  | { is: "send"; datagram: Datagram }
  | { is: "finish" } // the writable is closed
  | { is: "abandon" } // or aborted
  | { is: "cancel" } // so is the readable
  | { is: "credit"; amount: number } // bytes, or connections to accept
  | { is: "close" }
  | { is: "withdraw" } // by the signal
  | { is: "call"; id: number; method: Method; args: unknown[] }
  /** `received`: bytes that somebody in the worker has read. */
  | { is: "upgrade"; options: Record<string, unknown>; received: number; port: MessagePort };

export type Method = "setNoDelay" | "setKeepAlive" | "joinGroup" | "leaveGroup";

/** What the page says of one. */
export type Tell =
  | { is: "opened"; info: Info }
  | { is: "failed"; failure: Failure }
  | { is: "state"; state: string }
  | { is: "data"; piece: Piece }
  | { is: "received"; datagram: Datagram }
  | { is: "accepted"; info: Info; port: MessagePort }
  | { is: "end" } // of the readable
  | { is: "broken"; failure: Failure } // it has an error
  | { is: "written"; amount: number }
  | { is: "finished" }
  | { is: "unwritable"; failure: Failure } // the writable has an error
  | { is: "closed"; failure?: Failure } // both are over: the last word
  | { is: "result"; id: number; joined?: unknown[]; failure?: Failure };

/** The open info without what cannot be cloned. */
export interface Info {
  members: Record<string, unknown>;
  /** There are a writable, and a multicastController with these groups. */
  writable: boolean;
  joined?: unknown[];
}

/** An error as it goes through a port. */
export function toFailure(error: unknown): Failure {
  if (typeof error !== "object" || error === null) return { name: "NetworkError", message: String(error) };
  const { name, message, reason } = error as Partial<Record<"name" | "message" | "reason", unknown>>;
  return {
    name: typeof name === "string" ? name : "NetworkError",
    message: typeof message === "string" ? message : "",
    ...(typeof reason === "string" ? { reason } : null),
  };
}

/** And what comes out. */
export function toError({ name, message, reason }: Failure): Error {
  if (name === "TypeError") return new TypeError(message);
  if (name === "RangeError") return new RangeError(message);
  const error = new DOMException(message, name);
  if (reason !== undefined) Object.defineProperty(error, "reason", { value: reason, enumerable: true });
  return error;
}

/** The bytes of a piece. */
export function bytesOf({ buffer, offset, length }: Piece): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, offset, length);
}

/** A piece of bytes that are the caller's alone. Those that are a small part of their buffer are copied out of it. */
export function pieceOf(bytes: Uint8Array<ArrayBuffer>): Piece {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteLength * 2 < buffer.byteLength) return { buffer: bytes.slice().buffer, offset: 0, length: byteLength };
  return { buffer, offset: byteOffset, length: byteLength };
}
