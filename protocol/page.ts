// The messages inside the browser: page script <-> content script <-> broker.
//
// What a document may say to the broker crosses a trust boundary, so it is defined by schema/document.json and checked
// there; these types are its other halves. Socket ids are the document's own: a document cannot name another's socket.

import {
  hostReasons,
  type BindOptions,
  type DocumentMessage,
  type ListenOptions,
  type OpenOptions,
  type SettableOption,
  type TLSInfo,
  type TLSOptions,
} from "./message.ts";

/** Errors as a page may see them: a DOMException name, or "TypeError". */
export type PageErrorName =
  | "TypeError"
  | "NotAllowedError"
  | "NetworkError"
  | "QuotaExceededError"
  | "InvalidStateError"
  | "AbortError"
  | "NotSupportedError";

/** What a page may know of why the network failed, where somebody agreed to the destination: by their number on the lane, from 1. `host`: our own program is gone. */
export const pageReasons = /* @__PURE__ */ (() => [...hostReasons, "host"] as const)();
export type PageReason = (typeof pageReasons)[number];

/** An error on its way to a page. */
export interface PageError {
  name: PageErrorName;
  message: string;
  /** With NetworkError only. */
  reason?: PageReason;
}

/** What was agreed with the peer, as the page gets it: certificates are DER, not base64 of it. */
export type PageTLSInfo = Omit<TLSInfo, "peerCertificates"> & { peerCertificates: ArrayBuffer[] };

/** How TLS is to be spoken, as the page script says it: SHA-256 hashes are bytes. */
export interface PageTLSOptions {
  serverName?: string;
  alpnProtocols?: string[];
  serverCertificateHashes?: ArrayBuffer[];
}

/** PortsideSocketOptions after WebIDL conversion. */
export type PageOpenOptions = Omit<OpenOptions, "tls"> & { tls?: PageTLSOptions };

/**
 * Addresses of an open socket, the bytes of credit that its writer starts with, and what was agreed with the peer if there is TLS. With a
 * `lane`, it is the socket's id on the document's lane, which its bytes take from the page's first credit on; they come by no other way.
 */
export interface Opened<TLS> {
  type: "opened";
  id: number;
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
  window: number;
  lane?: number;
  /** The document may open the same again on its lane, by that id. */
  reopen?: true;
  tls?: TLS;
}

/** A socket that listens. With TLS, `certificate` is the SHA-256 of the certificate that those see who connect. */
export interface Listening<Hash> {
  type: "listening";
  id: number;
  localAddress: string;
  localPort: number;
  certificate?: Hash;
}

/** A UDP socket that is bound, and not connected. `window` and `lane` are as in Opened; `multicast`: it may join groups. */
export interface Bound {
  type: "bound";
  id: number;
  localAddress: string;
  localPort: number;
  window: number;
  lane?: number;
  multicast: boolean;
}

/** The answer to startTls. */
export interface Secured<TLS> {
  type: "secured";
  id: number;
  tls: TLS;
}

/**
 * How far an open is: the question is on the screen; or somebody has agreed, and the host is about to be asked. A page that is refused before
 * hears neither.
 */
export type OpenState = "asking" | "connecting";

/** What is said of a socket in the same words on every leg towards the page, but for certificates and their hashes. `member` answers membership. */
export type SocketEvent<TLS, Hash> =
  | Opened<TLS>
  | Listening<Hash>
  | Bound
  | { type: "member"; id: number; ack: number; error?: PageError }
  | { type: "state"; id: number; state: OpenState }
  | { type: "failed"; id: number; error: PageError }
  /** The answer to a probe. */
  | { type: "probed"; id: number; there: boolean }
  | { type: "credit"; id: number; bytes: number }
  | { type: "wrote"; id: number; ack: number; error?: PageError }
  | { type: "shut"; id: number; error?: PageError }
  | { type: "optionSet"; id: number; error?: PageError }
  | Secured<TLS>
  | { type: "unsecured"; id: number; error: PageError }
  | { type: "end"; id: number }
  | { type: "closed"; id: number; error?: PageError };

/**
 * Broker -> content script. Data stays base64, as the host sent it; `hint` is for the developer's console, never for the page. `lane` has the
 * key by which a frame of ours gets a lane for the document, and whether the page may hear that the host has gone; after `laneLost` there is none. `left` says that sockets have ended whose last word the page hears on the lane.
 * After `full` there is no room for opens for a moment. `gestureWanted` answers an open that waits for a gesture: it is to be asked again with one.
 */
export type BrokerMessage =
  | SocketEvent<TLSInfo, string>
  /** At once, of what a document asks for: somebody will answer. */
  | { type: "heard"; id: number }
  | { type: "data"; id: number; data: string }
  | { type: "lane"; key: string; reasons: boolean }
  | { type: "laneLost" }
  | { type: "left"; ids: number[] }
  | { type: "hint"; text: string }
  | { type: "gestureWanted"; id: number }
  | { type: "full" };

/**
 * Content script -> page script. `lane` comes with a port: the lane, whose other end hears LaneRequests and says LaneEvents (lane.ts), or
 * `laneLost`. Without one, both are said on this port (OnLane). `messageBytes`: the most that one message on it should have.
 */
export type ContentMessage =
  | SocketEvent<PageTLSInfo, ArrayBuffer>
  | { type: "data"; id: number; data: ArrayBuffer }
  | { type: "lane"; reasons: boolean; messageBytes?: number }
  | { type: "laneLost" }
  /** Every socket is gone. For good: nobody listens at the other end any more, since the extension was loaded again or removed. */
  | { type: "lost"; forGood?: true };

/** What the page says of each wish for a socket. With `states` it wants to hear how far it is. */
interface Begun {
  evalBlocked: boolean;
  states?: true;
}

/** Page script -> content script. */
export type PageMessage =
  | ({ type: "open"; id: number; protocol: "tcp" | "udp"; options: PageOpenOptions; waits?: true } & Begun)
  /** These wait for a gesture, as an open with `waits` does: the page hears nothing before there is one. */
  | ({ type: "listen"; id: number; options: ListenOptions } & Begun)
  /** Asks whether the program is there; answered by `probed` or `failed`. */
  | { type: "probe"; id: number; evalBlocked: boolean }
  /** Asks for the next connection of `listener`, which gets this id; answered by `opened` or `failed`. One at a time for each. */
  | { type: "accept"; id: number; listener: number }
  | ({ type: "bind"; id: number; options: BindOptions } & Begun)
  | { type: "membership"; id: number; ack: number; change: "join" | "leave"; group: string; source?: string }
  | { type: "write"; id: number; data: ArrayBuffer; ack?: number }
  | { type: "credit"; id: number; bytes: number }
  | { type: "shutdown"; id: number }
  | { type: "setOption"; id: number; option: SettableOption; value: number }
  | { type: "startTls"; id: number; received: number; sent: number; tls?: PageTLSOptions }
  | { type: "close"; id: number };

/** What is said of the lane where that has no port of its own: either way, between page script and content script. */
export interface OnLane<Message> {
  type: "onLane";
  message: Message;
}

export type { BindOptions, DocumentMessage, ListenOptions, OpenOptions, TLSInfo, TLSOptions };

/** The event by which the content script hands the page script its port (BROWSERS: private port). */
export const handoverEvent = "portside:handover";
/** The message by which it asks the background for its rest. The answer says whether it was put into the document. */
export const restMessage = "rest";

/** The texts that go with each name. They are the same whatever the cause: a page must not learn which rule refused. */
export const pageMessages = {
  NotAllowedError: "This connection is not allowed. The Portside popup says why.",
  NetworkError: "The connection could not be opened, or it was lost.",
  InvalidStateError: "The socket is closed.",
  AbortError: "The operation was aborted.",
  NotSupportedError: "The document is not active.",
} as const satisfies Partial<Record<PageErrorName, string>>;

/** With those that the page script never makes by itself, and so does not carry. */
export const errorMessages: Readonly<Record<Exclude<PageErrorName, "TypeError">, string>> = /* @__PURE__ */ (() => ({
  ...pageMessages,
  QuotaExceededError: "Too many sockets are open, or were opened in a short time.",
}))();

/** The error that a page gets for `name`. A reason goes with NetworkError; with any other it would tell which rule refused. */
export function pageError(name: Exclude<PageErrorName, "TypeError">, reason?: PageReason): PageError {
  const error = { name, message: errorMessages[name] };
  return reason === undefined || /*rule:only-network-errors-have-reason*/ name !== "NetworkError"
    ? error
    : { ...error, reason };
}
