// Code generated from protocol/schema by `make generate`. DO NOT EDIT.

/** Newest version of the wire contract that this side speaks. The newest that both sides speak is spoken. */
export const protocolVersion = 5;

/** Oldest version that this side still speaks. */
export const oldestProtocolVersion = 2;

/** Largest frame body either side may send, in bytes. It is the browsers' own limit towards an extension. */
export const maxFrameBytes = 1048576;

/** Largest control message (anything but a data frame), in bytes. */
export const maxControlBytes = 65536;

/** Most payload bytes that one data frame may carry, before base64. */
export const maxPayloadBytes = 262144;

/** Payload bytes that senders put into one data frame of a bulk transfer: larger ones are no faster, and hold up other sockets longer. */
export const chunkBytes = 65536;

/** Payload bytes that one bulk frame of the lane may carry: there a browser pays for each message more than for its bytes. */
export const laneChunkBytes = 262144;

/** From so many payload bytes on, senders on the lane say them in a bulk frame. */
export const bulkBytes = 32768;

/** The most that a frame of the lane with several datagrams has, with its header; a larger datagram goes alone. Browsers make shared memory for a larger message. */
export const batchBytes = 65536;

/** The most datagrams that one frame of the lane has. */
export const batchDatagrams = 256;

/** Initial credit of a socket towards the host, in bytes: what of one socket the host holds at most for a peer that takes nothing. */
export const windowBytes = 1048576;

/** The most that a page lets be on its way towards it of a TCP socket on the lane, in bytes. */
export const laneWindowBytes = 2097152;

/** The most that a page lets be on its way of a TCP socket in each direction over native messaging, in bytes, and its credit at the beginning. */
export const stdioWindowBytes = 524288;

/** Initial credit of a UDP socket towards the browser, in bytes. What does not fit waits in the host and the system, as far as they have room. */
export const datagramWindowBytes = 1048576;

/** A socket's credit may never exceed this many bytes. */
export const maxWindowBytes = 16777216;

/** Credit that a received datagram costs besides its length, in bytes, so that empty ones are not free. */
export const datagramOverhead = 64;

/** A page numbers the sockets that it opens on its lane from here: its own number for one comes on top. The broker's own ids are smaller. */
export const firstReopenedId = 2147483648;

/** How many sockets a lane may be opening at a time. */
export const reopensAtOnce = 128;

/** How many sockets a lane may open in a row. */
export const reopenBurst = 1500;

/** How many sockets a lane may open in a second from then on. */
export const reopensPerSecond = 100;

/** How many destinations a document may open again on its lane: of more, the oldest is opened by the broker. */
export const reopenableOfDocument = 16;

/** Largest UDP payload over IPv4, in bytes (RFC 768, RFC 791). */
export const maxDatagramBytes = 65507;

/** Each payload of a bound UDP socket begins with the peer: the length of its address (u8), an address family (u8; 0, 4 or 6), its port (u16, little-endian), and so many bytes of address in ASCII. */
export const peerHeaderBytes = 4;

/** The longest peer header with its address, in bytes. */
export const maxPeerBytes = 259;

/** The audit log's bounds on lines that a page can cause hold for so long. */
export const auditPeriodSeconds = 600;

/** Lines of the audit log about refused and failed opens of one origin in a period; the others are counted. */
export const auditLinesPerOrigin = 30;

/** The same for a site (a registrable domain), which has as many origins as it likes. */
export const auditLinesPerSite = 60;

/** The same for all sites together. Private windows have all three bounds for themselves. */
export const auditLinesOverall = 300;

/** What may be called, by whom, and whether it is answered. */
export const methods = {
  hello: { kind: "request", from: "browser" },
  "policy.managed": { kind: "request", from: "browser" },
  "policy.judge": { kind: "request", from: "browser" },
  "policy.get": { kind: "request", from: "browser" },
  "resolve.browse": { kind: "request", from: "browser" },
  "resolve.stop": { kind: "request", from: "browser" },
  "tcp.open": { kind: "request", from: "browser" },
  "udp.open": { kind: "request", from: "browser" },
  "policy.judgeLocal": { kind: "request", from: "browser" },
  "tcp.listen": { kind: "request", from: "browser" },
  "tcp.accept": { kind: "request", from: "browser" },
  "udp.bind": { kind: "request", from: "browser" },
  "multicast.join": { kind: "request", from: "browser" },
  "multicast.leave": { kind: "request", from: "browser" },
  "socket.write": { kind: "data", from: "browser" },
  "socket.shutdown": { kind: "request", from: "browser" },
  "socket.startTLS": { kind: "request", from: "browser" },
  "socket.setOption": { kind: "request", from: "browser" },
  "socket.close": { kind: "request", from: "browser" },
  "socket.inspect": { kind: "request", from: "browser" },
  "lane.open": { kind: "request", from: "browser" },
  "reopen.end": { kind: "request", from: "browser" },
  "tryout.start": { kind: "request", from: "browser" },
  "tryout.stop": { kind: "request", from: "browser" },
  "audit.refused": { kind: "notification", from: "browser" },
  "socket.data": { kind: "data", from: "host" },
  "resolve.found": { kind: "notification", from: "host" },
  "socket.credit": { kind: "notification", from: "both" },
  "socket.end": { kind: "notification", from: "host" },
  "socket.closed": { kind: "notification", from: "host" },
  "reopen.report": { kind: "notification", from: "host" },
} as const;
export type MethodName = keyof typeof methods;

/** The WebSocket subprotocol of the lane (RFC 6455, section 1.9). */
export const laneProtocol = "portside.lane.2";

/** The subprotocol of who knows neither datagrams nor sent: the kinds of frames up to bulk. */
export const firstLaneProtocol = "portside.lane.1";

/** What stands before the ticket among the subprotocols that are offered. */
export const ticketPrefix = "portside.ticket.";

/** Length of what stands before each body: the kind, three zeros, and the socket's id as a little-endian u32. */
export const laneHeaderBytes = 8;

/** The kinds of the lane's frames. */
export const laneKinds = {
  /** Bytes of a TCP socket, or a received datagram. */
  data: 1,
  /** A datagram to send, behind the number by which wrote answers it. To the host only. */
  datagram: 2,
  /** Lets the other side send so many bytes more. A socket's first one puts it on the lane. */
  credit: 3,
  /** Asks for a FIN after what was written. To the host only. */
  shutdown: 4,
  /** Closes the socket after what was written. To the host only. */
  close: 5,
  /** Answers a datagram. To the page only, as are shut, end and closed. */
  wrote: 6,
  /** Answers shutdown. */
  shut: 7,
  /** The peer will send nothing more. */
  end: 8,
  /** The last word about a socket. */
  closed: 9,
  /** Like data, but the payload is the next message, without a header: nobody in the browser has to copy it to take the header off. Both ways. */
  bulk: 10,
  /** Several datagrams of one socket in one frame. Both ways: data and datagram are the same for one. */
  datagrams: 11,
  /** Answers datagrams whose numbers follow each other: the system has taken them. To the page only. */
  sent: 12,
  /** Opens again what the broker has opened before, by that socket's id. The new one's id is the page's number for it, and firstReopenedId. To the host only. */
  open: 13,
  /** Answers open: the socket is there. To the page only, as is declined. */
  opened: 14,
  /** Answers open: nothing was opened, and the broker is to be asked. */
  declined: 15,
} as const;

/** The DOMException names of closed, by their number on the wire; the first is an orderly end. The number of a reason is its place in PageReason, from 1; 0 is none. */
export const laneClosedNames = ["", "NetworkError", "AbortError", "NotAllowedError"] as const;

/** What the page may know of the reason, after a NetworkError of a destination that somebody agreed to; absent where it may know nothing. */
export const hostReasons = ["refused", "dns", "timeout", "unreachable", "reset", "tls"] as const;

/** Options of an open TCP socket that can be set. */
export type SettableOption = "noDelay" | "keepAlive";

export interface AuditRefusedParams {
  /**
   * Absent only beside more, where there are too many.
   */
  origin?: string;
  protocol: "tcp" | "udp";
  /**
   * True: a socket that others could send to; host and port are this computer's.
   */
  local?: boolean;
  /**
   * Absent when the user was to name the destination and did not.
   */
  host?: string;
  port?: number;
  private: boolean;
  /**
   * Which rule refused.
   */
  rule:
    | "activation"
    | "csp"
    | "insecure"
    | "installed-only"
    | "limit"
    | "muted"
    | "paused"
    | "permissions-policy"
    | "policy"
    | "policy-broken"
    | "prompt"
    | "user";
  /**
   * The administrator's setting that decided, if one did. Hosts of version 3 do not know it.
   */
  by?: string;
  /**
   * So many refusals are not told one by one; then there is no destination.
   */
  more?: number;
}
/**
 * What a document's content script may say to the broker. Socket ids here are the document's own.
 */
export type DocumentMessage =
  | DocumentOpen
  | DocumentListen
  | DocumentProbe
  | DocumentAccept
  | DocumentBind
  | DocumentMembership
  | DocumentWrite
  | DocumentCredit
  | DocumentShutdown
  | DocumentSetOption
  | DocumentStartTLS
  | DocumentPressed
  | DocumentClose;
export interface DocumentOpen {
  type: "open";
  id: number;
  protocol: "tcp" | "udp";
  activation?: Activation;
  /**
   * isSecureContext, as the content script sees it.
   */
  secure: boolean;
  /**
   * Without a gesture of its own nothing is refused: the document asks again with the next one (gestureWanted).
   */
  waits?: boolean;
  /**
   * The page wants to hear how far it is (state).
   */
  states?: boolean;
  options: OpenOptions;
  evidence: DocumentEvidence;
}
/**
 * Absent: the document has no transient activation. A claim.
 */
export interface Activation {
  /**
   * When the press began that it comes from, or the earliest time if the document did not see it. Milliseconds since 1970.
   */
  began: number;
  /**
   * When the page called.
   */
  at: number;
}
/**
 * The page's PortsideSocketOptions after WebIDL conversion.
 */
export interface OpenOptions {
  /**
   * Absent: the user is asked for it.
   */
  remoteAddress?: string;
  /**
   * Absent: a TypeError, but only after the checks that come first.
   */
  remotePort?: number;
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
   * Connect by this family of addresses only.
   */
  dnsQueryType?: "ipv4" | "ipv6";
  /**
   * The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
   */
  ipTypeOfService?: number;
  /**
   * TCP_NODELAY.
   */
  noDelay?: boolean;
  /**
   * Milliseconds of silence before the first keep-alive probe; 0 or absent: no keep-alive.
   */
  keepAliveDelay?: number;
  /**
   * on: TLS from the first byte. starttls: plain until socket.startTLS. Absent: off.
   */
  secureTransport?: "off" | "on" | "starttls";
  tls?: TLSOptions;
}
/**
 * How TLS is to be spoken.
 */
export interface TLSOptions {
  /**
   * Name for SNI and for verification; absent: the host that was asked for.
   */
  serverName?: string;
  /**
   * Protocols to offer, best first (RFC 7301).
   *
   * @maxItems 16
   */
  alpnProtocols?: string[];
  /**
   * Accept exactly a certificate with one of these hashes, instead of one that the system's roots vouch for (shape of WebTransport).
   *
   * @minItems 1
   * @maxItems 16
   */
  serverCertificateHashes?: CertificateHash[];
}
export interface CertificateHash {
  algorithm: "sha-256";
  /**
   * Base64 of the SHA-256 of the certificate in DER: 32 bytes.
   */
  value: string;
}
/**
 * What only the document can see of itself. A claim: it can make the answer stricter.
 */
export interface DocumentEvidence {
  /**
   * What the policies come to that <meta http-equiv=Content-Security-Policy> elements have brought, each kind once.
   *
   * @maxItems 8
   */
  policies: ScriptPolicy[];
  /**
   * The page's own Function constructor threw EvalError.
   */
  evalBlocked: boolean;
  /**
   * A service worker controls or served the document.
   */
  controlled: boolean;
}
/**
 * What one enforced content security policy says of evaluating strings.
 */
export interface ScriptPolicy {
  /**
   * trusted: only as TrustedScript, if some policy requires trusted types for scripts; else not at all.
   */
  eval: "silent" | "blocked" | "trusted" | "unsafe";
  requiresTrustedTypes: boolean;
}
/**
 * Asks for a TCP socket that listens.
 */
export interface DocumentListen {
  type: "listen";
  id: number;
  activation?: Activation;
  /**
   * isSecureContext, as the content script sees it.
   */
  secure: boolean;
  /**
   * Without a gesture of its own nothing is refused: the document asks again with the next one (gestureWanted).
   */
  waits?: boolean;
  /**
   * The page wants to hear how far it is (state).
   */
  states?: boolean;
  options: ListenOptions;
  evidence: DocumentEvidence;
}
/**
 * The page's TCPServerSocketOptions after WebIDL conversion, and its address.
 */
export interface ListenOptions {
  /**
   * How many connections the system keeps until the page takes them; absent: as many as is usual.
   */
  backlog?: number;
  /**
   * Only IPv6, with the address ::.
   */
  ipv6Only?: boolean;
  localAddress: string;
  /**
   * Absent: the system picks one.
   */
  localPort?: number;
  /**
   * on: TLS with a certificate of its own. Absent: off.
   */
  secureTransport?: "off" | "on";
  announce?: Announcement;
}
/**
 * What is told of a socket on the link, by DNS-SD over multicast DNS (RFC 6763, RFC 6762).
 */
export interface Announcement {
  /**
   * Service type and protocol (RFC 6763, section 7): "_http._tcp".
   */
  type: string;
  /**
   * Instance name: at most 63 bytes of UTF-8.
   */
  name: string;
  /**
   * Strings of the TXT record (RFC 6763, section 6), at most 255 bytes each.
   *
   * @maxItems 16
   */
  txt?: string[];
}
/**
 * Asks whether the program is there.
 */
export interface DocumentProbe {
  type: "probe";
  id: number;
  activation?: Activation;
  /**
   * isSecureContext, as the content script sees it.
   */
  secure: boolean;
  evidence: DocumentEvidence;
}
/**
 * Takes the next connection of a socket that listens. One at a time for each.
 */
export interface DocumentAccept {
  type: "accept";
  /**
   * What the connection is to be called.
   */
  id: number;
  listener: number;
}
/**
 * Asks for a UDP socket that is bound, and not connected.
 */
export interface DocumentBind {
  type: "bind";
  id: number;
  activation?: Activation;
  /**
   * isSecureContext, as the content script sees it.
   */
  secure: boolean;
  /**
   * Without a gesture of its own nothing is refused: the document asks again with the next one (gestureWanted).
   */
  waits?: boolean;
  /**
   * The page wants to hear how far it is (state).
   */
  states?: boolean;
  options: BindOptions;
  evidence: DocumentEvidence;
}
/**
 * The page's UDPSocketOptions after WebIDL conversion, in bound mode.
 */
export interface BindOptions {
  /**
   * Only IPv6, with the address ::.
   */
  ipv6Only?: boolean;
  /**
   * SO_SNDBUF, in bytes.
   */
  sendBufferSize?: number;
  /**
   * SO_RCVBUF, in bytes.
   */
  receiveBufferSize?: number;
  /**
   * The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
   */
  ipTypeOfService?: number;
  /**
   * TTL or hop limit of multicast datagrams; absent: 1.
   */
  multicastTimeToLive?: number;
  /**
   * Whether this computer hears what it sends to groups; absent: it does.
   */
  multicastLoopback?: boolean;
  /**
   * Whether other sockets may use the same address and port for multicast.
   */
  multicastAllowAddressSharing?: boolean;
  localAddress: string;
  /**
   * Absent: the system picks one.
   */
  localPort?: number;
  announce?: Announcement;
}
/**
 * Has a bound UDP socket join or leave a multicast group.
 */
export interface DocumentMembership {
  type: "membership";
  id: number;
  /**
   * The document's number for this request.
   */
  ack: number;
  change: "join" | "leave";
  group: string;
  source?: string;
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
 * Sets an option of an open TCP socket. One at a time for each socket.
 */
export interface DocumentSetOption {
  type: "setOption";
  id: number;
  option: "noDelay" | "keepAlive";
  value: number;
}
/**
 * Puts TLS on an open socket that was opened with starttls.
 */
export interface DocumentStartTLS {
  type: "startTls";
  id: number;
  /**
   * Bytes that the page has read so far.
   */
  received: number;
  /**
   * Bytes that the page has sent so far.
   */
  sent: number;
  tls?: TLSOptions;
}
/**
 * The user has clicked in the document, while an open of its own has no answer: they may not have seen the question. `id` is that open's.
 */
export interface DocumentPressed {
  type: "pressed";
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
 * What the extension needs to answer the page and to inform the user.
 */
export interface ErrorData {
  /**
   * The DOMException name that the page sees.
   */
  name: "NotAllowedError" | "NetworkError" | "QuotaExceededError" | "InvalidStateError" | "AbortError";
  /**
   * The true reason, for the log and the user; never for the page.
   */
  reason:
    | "aborted"
    | "address"
    | "cors"
    | "csp"
    | "dns"
    | "gone"
    | "in-use"
    | "limit"
    | "message-size"
    | "network"
    | "origin"
    | "plaintext"
    | "policy"
    | "policy-broken"
    | "port"
    | "protocol"
    | "rate"
    | "refused"
    | "reset"
    | "risk"
    | "timeout"
    | "tls"
    | "unreachable"
    | "version";
  /**
   * What the page may know of the reason, after a NetworkError of a destination that somebody agreed to; absent where it may know nothing.
   */
  pageReason?: "refused" | "dns" | "timeout" | "unreachable" | "reset" | "tls";
  /**
   * The administrator's setting that decided, for the log and the user.
   */
  by?: string;
  /**
   * One sentence for the user, in English.
   */
  detail?: string;
}
/**
 * How a frame's `allow` attribute becomes known: the child announces a nonce, its parent's content script tells what it sees of the element that holds it.
 */
export type FrameMessage = FrameChild | FrameAllow;
export interface FrameChild {
  type: "child";
  nonce: string;
}
export interface FrameAllow {
  type: "allow";
  nonce: string;
  /**
   * False: the element was not found.
   */
  found: boolean;
  /**
   * The directives of the attribute that name direct-sockets; absent: there is no attribute.
   */
  allow?: string;
  sandbox?: string;
  /**
   * The element's src, resolved; absent: it has none, or has srcdoc.
   */
  src?: string;
}
export interface HelloParams {
  /**
   * The newest version that the extension speaks.
   */
  protocolVersion: number;
  /**
   * The oldest one; absent: it speaks no other. Hosts of version 2 do not know this member.
   */
  oldestVersion?: number;
  extensionVersion: string;
  /**
   * The browser's name and version, for the log.
   */
  browser?: string;
}
export interface HelloResult {
  /**
   * The version that is spoken from now on.
   */
  protocolVersion: number;
  hostVersion: string;
  /**
   * What this host can do, such as "tcp", "udp", "tls".
   *
   * @maxItems 64
   */
  capabilities: string[];
}
export interface LaneOpenParams {
  /**
   * Opaque key of the document, as in tcp.open: its sockets alone may take the lane.
   */
  document: string;
  /**
   * The origin of the extension's pages, for a host that says laneOrigin: Firefox has another one in each profile, and does not tell the host.
   */
  origin?: string;
  /**
   * The most that one message to the browser should have, with its header: it takes larger ones for more than they are worth, and none of these is bulk. Absent: any.
   */
  messageBytes?: number;
  /**
   * The document is in a private window: what others use up does not concern it.
   */
  private: boolean;
}
export interface LaneOpenResult {
  /**
   * The host listens on this port of 127.0.0.1, until the ticket is used or too old.
   */
  port: number;
  /**
   * Lets one connection in, once, within ten seconds. A subprotocol that is offered: portside.ticket. and this.
   */
  ticket: string;
}
export interface MulticastJoinParams {
  socketId: number;
  /**
   * A multicast address.
   */
  group: string;
  /**
   * Only what this address sends (source-specific); absent: whoever sends.
   */
  source?: string;
}
export interface MulticastJoinResult {
  socketId: number;
}
export interface MulticastLeaveParams {
  socketId: number;
  /**
   * A multicast address.
   */
  group: string;
  /**
   * Only what this address sends (source-specific); absent: whoever sends.
   */
  source?: string;
}
export interface MulticastLeaveResult {
  socketId: number;
}
export interface PolicyGetParams {
  /**
   * A site to tell about.
   */
  origin?: string;
}
export interface PolicyGetResult {
  /**
   * In the order in which they are asked; empty: nobody has said anything.
   *
   * @maxItems 64
   */
  sources: PolicySource[];
  /**
   * Whether the site may open sockets at all. Absent when none was named.
   */
  siteAllowed?: boolean;
  /**
   * Why the place that an administrator wants for the audit log takes no lines, in English. Absent: it does.
   */
  auditFault?: string;
  /**
   * True: nothing is opened while there is an auditFault.
   */
  auditRequired?: boolean;
  /**
   * True: the audit log tells as much of private windows as of others.
   */
  auditPrivate?: boolean;
  /**
   * The setting that refuses the site.
   */
  siteBy?: string;
}
/**
 * Somewhere that administrators have said something.
 */
export interface PolicySource {
  /**
   * A file's path, or what the browser's managed settings are called.
   */
  name: string;
  kind: "file" | "browser";
  /**
   * Why it cannot be used, in English: everything is refused until it can. Absent: it is in force.
   */
  fault?: string;
}
/**
 * What an administrator may set, in /etc/portside/policy.json, in policy.d/*.json and in the browser's managed storage. What several of them set, the stricter wins.
 */
export interface PolicySettings {
  /**
   * For editors: where this schema is (portside policy schema prints it). It sets nothing.
   */
  $schema?: string;
  appliesTo?: PolicyAppliesTo;
  /**
   * True: what the four lists of this file refuse is written to the audit log, and not refused. They allow nothing either.
   */
  reportOnly?: boolean;
  /**
   * False: no page may open sockets.
   */
  enabled?: boolean;
  /**
   * Only these origins may open sockets: "https://mail.example.org", "https://*.example.org", "*".
   *
   * @maxItems 1024
   */
  allowedOrigins?: string[];
  /**
   * These origins may not, whatever else is said.
   *
   * @maxItems 1024
   */
  blockedOrigins?: string[];
  /**
   * Only these destinations; the first rule that fits also says about prompts.
   *
   * @maxItems 1024
   */
  allowedDestinations?: PolicyDestination[];
  /**
   * Not these, whatever else is said.
   *
   * @maxItems 1024
   */
  blockedDestinations?: PolicyDestination[];
  /**
   * ask: as usual. always: remembered grants do not count. skip: what allowedDestinations lists needs no prompt. forbid: what would have to be asked is refused.
   */
  prompt?: "ask" | "always" | "skip" | "forbid";
  /**
   * False: grants cannot be remembered, and remembered ones do not count.
   */
  remember?: boolean;
  /**
   * False: not even the user may name an address that is not public.
   */
  privateAddressEntry?: boolean;
  /**
   * refuse-unsafe-eval: pages whose Content-Security-Policy allows 'unsafe-eval' are refused. require-eval-blocked: so are pages that do not block eval.
   */
  cspRule?: "refuse-unsafe-eval" | "require-eval-blocked";
  /**
   * True: only installed web apps may open sockets.
   */
  installedOnly?: boolean;
  /**
   * False: nobody looks for devices nearby, so the user types where a socket leads.
   */
  discovery?: boolean;
  /**
   * Where pages may listen for TCP connections: on every interface (all), in the network of one (network), on this computer only (computer), or nowhere (off).
   */
  servers?: "all" | "network" | "computer" | "off";
  /**
   * Whom a UDP socket that is not connected may send to, at most: any server on the Internet (internet), any device in the own network (network), those that the user names (named), or nobody (off).
   */
  boundUDP?: "internet" | "network" | "named" | "off";
  /**
   * False: no page may join a multicast group.
   */
  multicast?: boolean;
  /**
   * False: no socket is announced on the link.
   */
  announce?: boolean;
  /**
   * Ports that pages may use though they are low: below 32768 for TCP, below 1024 for UDP.
   *
   * @maxItems 256
   */
  localPorts?: PolicyLocalPort[];
  limits?: PolicyLimits;
  /**
   * DNS servers to ask instead of the system's: an address, or address and port ("192.0.2.53", "[2001:db8::53]:53").
   *
   * @minItems 1
   * @maxItems 8
   */
  dnsServers?: string[];
  /**
   * reason: a page is told why the network failed at a destination that somebody agreed to. none: it is not.
   */
  errorDetail?: "reason" | "none";
  /**
   * off: bytes take the native-messaging pipe only.
   */
  dataLane?: "on" | "off";
  audit?: PolicyAudit;
  /**
   * What this policy has to decide, for portside policy check. It changes nothing that is decided.
   *
   * @maxItems 256
   */
  tests?: PolicyTest[];
}
/**
 * For whom, where and when this file counts; all that is given must fit. Absent: always.
 */
export interface PolicyAppliesTo {
  /**
   * Names or numbers of users: "ada", "1000".
   *
   * @minItems 1
   * @maxItems 256
   */
  users?: string[];
  /**
   * Names or numbers of groups that the user is in: "staff", "100".
   *
   * @minItems 1
   * @maxItems 256
   */
  groups?: string[];
  /**
   * Host names; * stands for any characters: "lab-*", "*.example.org".
   *
   * @minItems 1
   * @maxItems 256
   */
  machines?: string[];
  /**
   * Hours of the week, in the machine's own time zone.
   *
   * @minItems 1
   * @maxItems 64
   */
  times?: PolicyHours[];
}
/**
 * From one time of the day to another; where it ends before it begins, on the next day.
 */
export interface PolicyHours {
  /**
   * The days on which it begins. Absent: every day.
   *
   * @minItems 1
   * @maxItems 7
   */
  days?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  /**
   * "08:00". Absent: "00:00".
   */
  from?: string;
  /**
   * "18:00". Absent: "24:00".
   */
  to?: string;
}
/**
 * Destinations: all that is given must fit.
 */
export interface PolicyDestination {
  /**
   * A name or address as asked for: "mail.example.org", "*.example.org" (any name below it), "*".
   */
  host?: string;
  /**
   * The address that is connected to lies in this prefix: "10.0.0.0/8", "fd00::/8", or one address.
   */
  cidr?: string;
  /**
   * Ports or ranges: "22", "5900-5910".
   *
   * @minItems 1
   * @maxItems 64
   */
  ports?: string[];
  protocol?: "tcp" | "udp";
  /**
   * In allowedDestinations: only with TLS from the first byte. verified: certificate authorities vouch for the host itself. pinned: the page lists the certificates. any: however the other end is authenticated. What the rule names no later rule without tls admits.
   */
  tls?: "verified" | "pinned" | "any";
  /**
   * true: the same as tls "verified". In allowedDestinations.
   */
  tlsOnly?: boolean;
  /**
   * Only for these origins, written as in allowedOrigins.
   *
   * @minItems 1
   * @maxItems 256
   */
  origins?: string[];
  /**
   * In allowedDestinations: instead of the general prompt setting.
   */
  prompt?: "ask" | "always" | "skip";
}
/**
 * Ports of this computer: all that is given must fit.
 */
export interface PolicyLocalPort {
  /**
   * Ports or ranges: "8080", "5900-5910".
   *
   * @minItems 1
   * @maxItems 64
   */
  ports: string[];
  protocol?: "tcp" | "udp";
  /**
   * Only for these origins, written as in allowedOrigins.
   *
   * @minItems 1
   * @maxItems 256
   */
  origins?: string[];
}
/**
 * Instead of the limits that Portside comes with.
 */
export interface PolicyLimits {
  /**
   * Attempts of one origin at once.
   */
  attemptBurst?: number;
  /**
   * Attempts of one origin in the long run.
   */
  attemptsPerSecond?: number;
  /**
   * Attempts of all origins together, per minute.
   */
  attemptsPerMinuteOverall?: number;
  /**
   * Sockets of one origin that are opening at a time.
   */
  pendingPerOrigin?: number;
  /**
   * Open sockets of one origin.
   */
  openPerOrigin?: number;
  /**
   * Open sockets in all.
   */
  openOverall?: number;
  /**
   * Accepted connections of one origin that are open.
   */
  acceptedPerOrigin?: number;
  /**
   * Accepted connections that are open in all.
   */
  acceptedOverall?: number;
  /**
   * Sockets of one origin that listen or are bound.
   */
  localPerOrigin?: number;
  /**
   * Peers that the bound UDP sockets of one origin may begin to send to, per minute.
   */
  newPeersPerMinute?: number;
  /**
   * The highest DSCP that a page may give its packets (RFC 2474). Those of a page that asks for more have 0.
   */
  ipTypeOfService?: number;
}
/**
 * The audit log.
 */
export interface PolicyAudit {
  /**
   * Where lines go: to the file, to systemd's journal, or to the syslog daemon (RFC 5424). What the latter do not take goes to the file.
   */
  sink?: "file" | "journald" | "syslog";
  /**
   * Absolute path; %u is the user, %h this computer. Absent: audit.log in the user's own state folder.
   */
  file?: string;
  /**
   * True: nothing is opened while the sink takes no lines.
   */
  required?: boolean;
  /**
   * What is written of private windows. counts: kind, time and bytes. none: nothing. as-others: as much as of other windows.
   */
  privateWindows?: "counts" | "none" | "as-others";
  /**
   * A file that has grown to this many bytes is put aside.
   */
  maxBytes?: number;
  /**
   * How many files are kept aside.
   */
  keep?: number;
  /**
   * full: everything. origins: no destinations. counts: neither origins nor destinations.
   */
  detail?: "full" | "origins" | "counts";
}
/**
 * A socket, and what is to become of it.
 */
export interface PolicyTest {
  /**
   * The page that asks: "https://app.example.org".
   */
  origin: string;
  /**
   * Where it wants to go: "nas.example.org:22", "[2001:db8::1]:22".
   */
  to: string;
  protocol?: "tcp" | "udp";
  /**
   * True: with TLS from the first byte, verified for the host itself.
   */
  tls?: boolean;
  /**
   * What the host's name leads to.
   */
  address?: string;
  /**
   * allow: without a question. ask: the user decides. refuse: neither.
   */
  expect: "allow" | "ask" | "refuse";
}
export interface PolicyJudgeParams {
  /**
   * The asking origin, serialised, as the browser attests it.
   */
  origin: string;
  protocol: "tcp" | "udp";
  /**
   * As the page or the user wrote it; absent: the user is still to name it.
   */
  host?: string;
  port: number;
  /**
   * TLS from the first byte, verified by certificate authorities for the host itself: neither by the page's list of certificates nor for another name.
   */
  secure: boolean;
  /**
   * Where secure is false, how TLS from the first byte authenticates the other end all the same: by the page's list of certificates (pinned), or by certificate authorities for another name than the host (other-name). Absent: there is no such TLS.
   */
  tls?: "pinned" | "other-name";
  /**
   * True when the user typed or picked this destination.
   */
  userEntered: boolean;
  /**
   * A secret of this profile, base64url, under which networks have their ids. Absent: no network is told.
   */
  networkSalt?: string;
}
export interface PolicyJudgeResult {
  /**
   * False: no answer of the user could make the host open it.
   */
  allowed: boolean;
  /**
   * Why not; present when it is not allowed.
   */
  reason?: "address" | "dns" | "origin" | "policy" | "policy-broken";
  /**
   * The setting that decided, for the user and the log.
   */
  by?: string;
  /**
   * The canonical form: what is to be shown, remembered and asked for. Absent when none was given or it is no host.
   */
  host?: string;
  /**
   * What kind of place it is, as far as the name alone tells: the internet, a device in the own network, this computer, or a special address.
   */
  place?: "internet" | "network" | "computer" | "special";
  /**
   * In which network the destination would be looked for, where it is another machine in another network: an id, or "unknown" when it cannot be told from others. Absent: it is the same everywhere, or no salt was given. Not for pages.
   */
  network?: string;
  /**
   * What the administrator wants: ask as usual, ask always, ask not at all, or refuse what would have to be asked.
   */
  prompt: "ask" | "always" | "skip" | "forbid";
  /**
   * Whether a grant may be remembered.
   */
  remember: boolean;
  /**
   * True: the user has to type or pick this destination; a page's word is not enough.
   */
  mustEnter: boolean;
  /**
   * True: routers watch this port and may open a way in; the prompt must say so.
   */
  risk: boolean;
  cspRule: "refuse-unsafe-eval" | "require-eval-blocked";
  /**
   * True: only installed web apps may open sockets.
   */
  installedOnly: boolean;
  /**
   * Names all of this. An open that carries it is judged anew, and not opened where it would have another. Absent to versions before 4.
   */
  verdict?: string;
  /**
   * Whether a page may know why the network failed at a destination that somebody agreed to.
   */
  errorDetail: "reason" | "none";
}
export interface PolicyJudgeLocalParams {
  /**
   * The asking origin, serialised, as the browser attests it.
   */
  origin: string;
  protocol: "tcp" | "udp";
  /**
   * As the page wrote it.
   */
  localAddress: string;
  /**
   * Absent: the system picks one.
   */
  localPort?: number;
  ipv6Only?: boolean;
  /**
   * True: it is to be announced on the link.
   */
  announce?: boolean;
  /**
   * A secret of this profile, base64url, under which networks have their ids. Absent: no network is told.
   */
  networkSalt?: string;
}
export interface PolicyJudgeLocalResult {
  /**
   * False: no answer of the user could make the host open it.
   */
  allowed: boolean;
  /**
   * Why not; present when it is not allowed. address: this computer has no such address. port: the port is too low.
   */
  reason?: "address" | "port" | "origin" | "policy" | "policy-broken";
  /**
   * The setting that decided, for the user and the log.
   */
  by?: string;
  /**
   * Where it may be open, narrowest first: what the user may choose from. Not for pages.
   *
   * @maxItems 16
   */
  places: LocalPlace[];
  /**
   * UDP: the widest choice that the user may be given of whom it may send to.
   */
  peers?: "named" | "network" | "internet";
  /**
   * What the administrator wants: ask as usual, ask always, ask not at all, or refuse what would have to be asked.
   */
  prompt: "ask" | "always" | "skip" | "forbid";
  /**
   * Whether a grant may be remembered.
   */
  remember: boolean;
  /**
   * UDP: whether groups may be joined.
   */
  multicast: boolean;
  cspRule: "refuse-unsafe-eval" | "require-eval-blocked";
  /**
   * True: only installed web apps may open sockets.
   */
  installedOnly: boolean;
  /**
   * Whether a page may know why the network failed.
   */
  errorDetail: "reason" | "none";
}
/**
 * An address of this computer, or every one.
 */
export interface LocalPlace {
  /**
   * What is to be bound.
   */
  address: string;
  /**
   * computer: programs on this computer. network: devices in the network of one interface. anybody: whoever can reach any interface.
   */
  reach: "computer" | "network" | "anybody";
  /**
   * The system's name of the interface; absent for every one.
   */
  interface?: string;
  /**
   * In which network it is: an id, or "unknown" when it cannot be told from others. Absent: it is the same everywhere, or no salt was given.
   */
  network?: string;
  /**
   * True: an address of the Internet.
   */
  public?: boolean;
}
export interface PolicyManagedParams {
  /**
   * The extension's managed storage as JSON text: the administrator's settings in the browser. It replaces what was sent before.
   */
  settings: string;
}
export interface PolicyManagedResult {
  /**
   * False: the settings do not fit their schema, and everything is refused until they do.
   */
  valid: boolean;
}
export interface ReopenEndParams {
  /**
   * Opaque key of the document, as in tcp.open.
   */
  document: string;
}
export interface ReopenEndResult {}
/**
 * In the order in which it happened: a socket is told to be open before it is told to be closed, here or by a later report.
 */
export interface ReopenReportParams {
  /**
   * Opaque key of the asking document.
   */
  document: string;
  /**
   * @maxItems 32
   */
  opened: Reopened[];
  /**
   * @maxItems 32
   */
  failed: ReopenFailed[];
  /**
   * @maxItems 32
   */
  closed: ReopenClosed[];
}
/**
 * A socket that is open.
 */
export interface Reopened {
  /**
   * Given by the host, and never used twice.
   */
  socketId: number;
  /**
   * The socket that was opened with reopen.
   */
  of: number;
  /**
   * The page's number for it, as its id on the lane says. A claim.
   */
  pageId: number;
}
/**
 * One that did not open. Its page has heard it on the lane.
 */
export interface ReopenFailed {
  of: number;
  pageId: number;
  /**
   * The true reason, for the log and the user; never for the page.
   */
  reason:
    | "aborted"
    | "address"
    | "cors"
    | "csp"
    | "dns"
    | "gone"
    | "in-use"
    | "limit"
    | "message-size"
    | "network"
    | "origin"
    | "plaintext"
    | "policy"
    | "policy-broken"
    | "port"
    | "protocol"
    | "rate"
    | "refused"
    | "reset"
    | "risk"
    | "timeout"
    | "tls"
    | "unreachable"
    | "version";
  /**
   * The administrator's setting that decided, for the log and the user.
   */
  by?: string;
}
/**
 * One that was open.
 */
export interface ReopenClosed {
  socketId: number;
  /**
   * The DOMException name that the page sees; absent after an orderly close.
   */
  name?: "NetworkError" | "AbortError" | "NotAllowedError";
  /**
   * The true reason, for the log and the user.
   */
  reason?: string;
  /**
   * What the page may know of the reason, after a NetworkError of a destination that somebody agreed to; absent where it may know nothing.
   */
  pageReason?: "refused" | "dns" | "timeout" | "unreachable" | "reset" | "tls";
  /**
   * The administrator's setting that decided, for the user.
   */
  by?: string;
  bytesIn: number;
  bytesOut: number;
  /**
   * UDP: datagrams that came and were dropped because the page did not read, as far as the system tells.
   */
  dropped?: number;
}
export interface ResolveBrowseParams {
  /**
   * Chosen by the extension, never used twice on a connection.
   */
  browseId: number;
  /**
   * The asking origin, serialised, as the browser attests it: only what it may reach is told.
   */
  origin: string;
  protocol: "tcp" | "udp";
  /**
   * The port that the page asked for: only services at this port are told.
   */
  port: number;
  /**
   * TLS from the first byte, verified by certificate authorities for the host itself: neither by the page's list of certificates nor for another name.
   */
  secure: boolean;
  /**
   * Where secure is false, how TLS from the first byte authenticates the other end all the same: by the page's list of certificates (pinned), or by certificate authorities for another name than the host (other-name). Absent: there is no such TLS.
   */
  tls?: "pinned" | "other-name";
  /**
   * Milliseconds to look for.
   */
  timeout: number;
}
export interface ResolveBrowseResult {
  /**
   * How many devices were told.
   */
  found: number;
}
/**
 * A device nearby. The same name, service and host are told once.
 */
export interface ResolveFoundParams {
  browseId: number;
  /**
   * What the device calls itself (RFC 6763, section 4.1.1): untrusted text, without control and formatting characters.
   */
  name: string;
  /**
   * Its service type, such as "_ipp._tcp" (RFC 6763, section 7).
   */
  service: string;
  /**
   * What to ask for when it is picked: its name in multicast DNS, or its address, canonical.
   */
  host: string;
  /**
   * An address of it, canonical, without zone.
   */
  address: string;
}
export interface ResolveStopParams {
  /**
   * Chosen by the extension, never used twice on a connection.
   */
  browseId: number;
}
export interface ResolveStopResult {}
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
   * The true reason, for the log and the user.
   */
  reason?: string;
  /**
   * What the page may know of the reason, after a NetworkError of a destination that somebody agreed to; absent where it may know nothing.
   */
  pageReason?: "refused" | "dns" | "timeout" | "unreachable" | "reset" | "tls";
  /**
   * The administrator's setting that decided, for the user.
   */
  by?: string;
  bytesIn: number;
  bytesOut: number;
  /**
   * UDP: datagrams that came and were dropped because the page did not read, as far as the system tells.
   */
  dropped?: number;
  /**
   * The same was said on the lane, behind the socket's last data.
   */
  onLane?: boolean;
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
export interface SocketInspectParams {
  /**
   * @minItems 1
   * @maxItems 32
   */
  socketIds: number[];
}
export interface SocketInspectResult {
  /**
   * Those of the sockets asked for that are open.
   *
   * @maxItems 32
   */
  sockets: SocketState[];
}
/**
 * An open socket as it is now.
 */
export interface SocketState {
  socketId: number;
  bytesIn: number;
  bytesOut: number;
  /**
   * The address that it is connected to; absent on a socket that is not connected.
   */
  remoteAddress?: string;
  /**
   * On a socket that listens: the connections that the page has taken so far.
   */
  accepted?: number;
  /**
   * On a socket that listens or is bound: connections or datagrams that came from where nobody may reach it, and, of a bound socket, those that were not sent.
   */
  turnedAway?: number;
  /**
   * On a bound UDP socket: the peers that it exchanges datagrams with.
   */
  peers?: number;
  /**
   * On a bound UDP socket: the multicast groups that it has joined.
   */
  groups?: number;
  /**
   * Absent on a plain connection.
   */
  tlsVersion?: "1.2" | "1.3";
  cipherSuite?: string;
  certificate?: PeerCertificate;
}
/**
 * The peer's own certificate, for the user to read. All texts are the peer's: printable, and cut where they are long.
 */
export interface PeerCertificate {
  /**
   * Its common name, or its organisation; empty when it has neither.
   */
  subject: string;
  /**
   * The same of whoever signed it.
   */
  issuer: string;
  /**
   * The first of the names and addresses that it is for.
   *
   * @maxItems 4
   */
  names: string[];
  /**
   * Milliseconds since 1970.
   */
  notBefore: number;
  /**
   * Milliseconds since 1970.
   */
  notAfter: number;
  /**
   * Of the certificate in DER, in lower-case hexadecimal.
   */
  sha256: string;
  /**
   * roots: the system's roots vouch for it; hash: the page named its hash.
   */
  trust: "roots" | "hash";
}
export interface SocketSetOptionParams {
  socketId: number;
  option: "noDelay" | "keepAlive";
  /**
   * 0: off. noDelay: anything else is on. keepAlive: milliseconds of silence before the first probe.
   */
  value: number;
}
export interface SocketSetOptionResult {
  socketId: number;
}
export interface SocketShutdownParams {
  socketId: number;
}
export interface SocketShutdownResult {
  socketId: number;
}
export interface SocketStartTLSParams {
  socketId: number;
  /**
   * Bytes that the page has read on this socket so far. If the host has received others, somebody has spoken out of turn and the upgrade fails closed.
   */
  received: number;
  /**
   * Bytes that the page has sent on this socket so far. The upgrade follows them, whichever carrier they take; anything beyond them is a fault.
   */
  sent: number;
  tls?: TLSOptions;
}
export interface SocketStartTLSResult {
  socketId: number;
  tls: TLSInfo;
}
/**
 * What was agreed with the peer.
 */
export interface TLSInfo {
  version: "1.2" | "1.3";
  /**
   * Its name in IANA's registry.
   */
  cipherSuite: string;
  /**
   * Absent: none was agreed.
   */
  alpnProtocol?: string;
  /**
   * The peer's chain as sent, leaf first, DER in base64; cut where it would pass 46 KiB.
   *
   * @maxItems 16
   */
  peerCertificates: string[];
  /**
   * How many of the chain are not here for want of room; absent: none.
   */
  omittedCertificates?: number;
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
export interface TCPAcceptParams {
  /**
   * The socket that listens.
   */
  listenerId: number;
  /**
   * What the connection is to be called: chosen by the extension, unique on this connection, never used twice.
   */
  socketId: number;
  /**
   * As in OpenRequest.
   */
  window: number;
}
export interface TCPAcceptResult {
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
  tls?: TLSInfo;
}
export interface TCPListenParams {
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
   * The address that the user agreed to. 0.0.0.0 or :: is every interface.
   */
  localAddress: string;
  /**
   * Absent: the system picks one.
   */
  localPort?: number;
  /**
   * From where others may reach it, as the user agreed to.
   */
  reach: "computer" | "network" | "anybody";
  announce?: Announcement;
  /**
   * Whose word an open stands on, for the audit log: the user was asked for it (asked), allowed the same to this document before (document) or had it remembered (remembered), or an administrator lets it pass without a question (policy). Absent: an extension of an earlier version does not say.
   */
  admitted?: "asked" | "document" | "remembered" | "policy";
  /**
   * How many connections the system keeps until the page takes them; absent: as many as is usual.
   */
  backlog?: number;
  /**
   * Only IPv6, with the address ::.
   */
  ipv6Only?: boolean;
  /**
   * True: TLS from the first byte, with a key and a certificate of its own.
   */
  secure?: boolean;
}
export interface TCPListenResult {
  localAddress: string;
  localPort: number;
  /**
   * Base64 of the SHA-256 of the certificate in DER that the socket shows to those who connect: 32 bytes. Only with TLS.
   */
  certificate?: string;
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
   * True when the user typed or picked this destination.
   */
  userEntered: boolean;
  /**
   * Name or address, without brackets.
   */
  host: string;
  port: number;
  /**
   * Bytes that the host may send before it waits for socket.credit. 0: nothing is received before the first credit, and the socket takes the carrier that brings it.
   */
  window: number;
  /**
   * The user said yes to a prompt that named the danger of this port (SECURITY, row 9).
   */
  riskAccepted?: boolean;
  /**
   * Whose word an open stands on, for the audit log: the user was asked for it (asked), allowed the same to this document before (document) or had it remembered (remembered), or an administrator lets it pass without a question (policy). Absent: an extension of an earlier version does not say.
   */
  admitted?: "asked" | "document" | "remembered" | "policy";
  /**
   * What the extension has decided by: what policy.judge said of the same destination before. Where it would say something else now nothing is opened (code 2). Absent: it has just been asked.
   */
  verdict?: string;
  /**
   * With verdict: what policy.judge was given.
   */
  networkSalt?: string;
  /**
   * Version 5, with verdict: the document may open the same again on its lane, by this socket's id, until reopen.end. Only where nobody was asked, and without TLS.
   */
  reopen?: boolean;
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
   * Connect by this family of addresses only.
   */
  dnsQueryType?: "ipv4" | "ipv6";
  /**
   * The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
   */
  ipTypeOfService?: number;
  /**
   * TCP_NODELAY.
   */
  noDelay?: boolean;
  /**
   * Milliseconds of silence before the first keep-alive probe; 0 or absent: no keep-alive.
   */
  keepAliveDelay?: number;
  /**
   * on: TLS from the first byte. starttls: plain until socket.startTLS. Absent: off.
   */
  secureTransport?: "off" | "on" | "starttls";
  tls?: TLSOptions;
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
  tls?: TLSInfo;
}
export interface TryoutStartParams {
  /**
   * BCP 47 tag of the texts.
   */
  lang: string;
  dir: "ltr" | "rtl";
  texts: TryoutTexts;
}
/**
 * What the page says, in the user's language.
 */
export interface TryoutTexts {
  /**
   * Title and heading.
   */
  title: string;
  /**
   * What will happen.
   */
  intro: string;
  /**
   * The button that opens the socket.
   */
  button: string;
  /**
   * While the user is asked.
   */
  asking: string;
  /**
   * It worked; followed by what the server said.
   */
  done: string;
  /**
   * The user, or a rule, did not allow it.
   */
  denied: string;
  /**
   * Something else went wrong.
   */
  failed: string;
  /**
   * The page has no such API.
   */
  missing: string;
}
export interface TryoutStartResult {
  /**
   * Of the page, on loopback.
   */
  url: string;
  /**
   * Where the server listens that the page connects to.
   */
  port: number;
}
export interface TryoutStopParams {}
export interface TryoutStopResult {}
export interface UDPBindParams {
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
   * The address that the user agreed to. 0.0.0.0 or :: is every interface.
   */
  localAddress: string;
  /**
   * Absent: the system picks one.
   */
  localPort?: number;
  /**
   * From where others may reach it, as the user agreed to.
   */
  reach: "computer" | "network" | "anybody";
  announce?: Announcement;
  /**
   * Whose word an open stands on, for the audit log: the user was asked for it (asked), allowed the same to this document before (document) or had it remembered (remembered), or an administrator lets it pass without a question (policy). Absent: an extension of an earlier version does not say.
   */
  admitted?: "asked" | "document" | "remembered" | "policy";
  /**
   * Only IPv6, with the address ::.
   */
  ipv6Only?: boolean;
  /**
   * SO_SNDBUF, in bytes.
   */
  sendBufferSize?: number;
  /**
   * SO_RCVBUF, in bytes.
   */
  receiveBufferSize?: number;
  /**
   * The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
   */
  ipTypeOfService?: number;
  /**
   * TTL or hop limit of multicast datagrams; absent: 1.
   */
  multicastTimeToLive?: number;
  /**
   * Whether this computer hears what it sends to groups; absent: it does.
   */
  multicastLoopback?: boolean;
  /**
   * Whether other sockets may use the same address and port for multicast.
   */
  multicastAllowAddressSharing?: boolean;
  /**
   * As in OpenRequest.
   */
  window: number;
  /**
   * Whom a bound UDP socket may send to. named: the hosts that the user named. network: any device in the user's own network. internet: any server on the Internet. Each goes through the rules about addresses.
   */
  peers: "named" | "network" | "internet";
  /**
   * With peers "named": the names and addresses that the user entered, without brackets; one with a port takes that port only.
   *
   * @maxItems 16
   */
  hosts?: NamedPeer[];
  /**
   * True: the socket may join groups and send to those that it has joined.
   */
  multicast?: boolean;
}
export interface NamedPeer {
  host: string;
  port?: number;
}
export interface UDPBindResult {
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
   * True when the user typed or picked this destination.
   */
  userEntered: boolean;
  /**
   * Name or address, without brackets.
   */
  host: string;
  port: number;
  /**
   * Bytes that the host may send before it waits for socket.credit. 0: nothing is received before the first credit, and the socket takes the carrier that brings it.
   */
  window: number;
  /**
   * The user said yes to a prompt that named the danger of this port (SECURITY, row 9).
   */
  riskAccepted?: boolean;
  /**
   * Whose word an open stands on, for the audit log: the user was asked for it (asked), allowed the same to this document before (document) or had it remembered (remembered), or an administrator lets it pass without a question (policy). Absent: an extension of an earlier version does not say.
   */
  admitted?: "asked" | "document" | "remembered" | "policy";
  /**
   * What the extension has decided by: what policy.judge said of the same destination before. Where it would say something else now nothing is opened (code 2). Absent: it has just been asked.
   */
  verdict?: string;
  /**
   * With verdict: what policy.judge was given.
   */
  networkSalt?: string;
  /**
   * Version 5, with verdict: the document may open the same again on its lane, by this socket's id, until reopen.end. Only where nobody was asked, and without TLS.
   */
  reopen?: boolean;
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
   * Connect by this family of addresses only.
   */
  dnsQueryType?: "ipv4" | "ipv6";
  /**
   * The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
   */
  ipTypeOfService?: number;
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
/**
 * Options that TCP and UDP sockets have.
 */
export interface SharedOptions {
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
   * Connect by this family of addresses only.
   */
  dnsQueryType?: "ipv4" | "ipv6";
  /**
   * The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
   */
  ipTypeOfService?: number;
}
/**
 * Options that only TCP sockets have.
 */
export interface TCPOptions {
  /**
   * TCP_NODELAY.
   */
  noDelay?: boolean;
  /**
   * Milliseconds of silence before the first keep-alive probe; 0 or absent: no keep-alive.
   */
  keepAliveDelay?: number;
  /**
   * on: TLS from the first byte. starttls: plain until socket.startTLS. Absent: off.
   */
  secureTransport?: "off" | "on" | "starttls";
  tls?: TLSOptions;
}
/** Parameters of each method. */
export interface MethodParams {
  hello: HelloParams;
  "policy.managed": PolicyManagedParams;
  "policy.judge": PolicyJudgeParams;
  "policy.get": PolicyGetParams;
  "resolve.browse": ResolveBrowseParams;
  "resolve.stop": ResolveStopParams;
  "tcp.open": TCPOpenParams;
  "udp.open": UDPOpenParams;
  "policy.judgeLocal": PolicyJudgeLocalParams;
  "tcp.listen": TCPListenParams;
  "tcp.accept": TCPAcceptParams;
  "udp.bind": UDPBindParams;
  "multicast.join": MulticastJoinParams;
  "multicast.leave": MulticastLeaveParams;
  "socket.write": SocketWriteParams;
  "socket.shutdown": SocketShutdownParams;
  "socket.startTLS": SocketStartTLSParams;
  "socket.setOption": SocketSetOptionParams;
  "socket.close": SocketCloseParams;
  "socket.inspect": SocketInspectParams;
  "lane.open": LaneOpenParams;
  "reopen.end": ReopenEndParams;
  "tryout.start": TryoutStartParams;
  "tryout.stop": TryoutStopParams;
  "audit.refused": AuditRefusedParams;
  "socket.data": SocketDataParams;
  "resolve.found": ResolveFoundParams;
  "socket.credit": SocketCreditParams;
  "socket.end": SocketEndParams;
  "socket.closed": SocketClosedParams;
  "reopen.report": ReopenReportParams;
}

/** Result of each request. */
export interface MethodResult {
  hello: HelloResult;
  "policy.managed": PolicyManagedResult;
  "policy.judge": PolicyJudgeResult;
  "policy.get": PolicyGetResult;
  "resolve.browse": ResolveBrowseResult;
  "resolve.stop": ResolveStopResult;
  "tcp.open": TCPOpenResult;
  "udp.open": UDPOpenResult;
  "policy.judgeLocal": PolicyJudgeLocalResult;
  "tcp.listen": TCPListenResult;
  "tcp.accept": TCPAcceptResult;
  "udp.bind": UDPBindResult;
  "multicast.join": MulticastJoinResult;
  "multicast.leave": MulticastLeaveResult;
  "socket.shutdown": SocketShutdownResult;
  "socket.startTLS": SocketStartTLSResult;
  "socket.setOption": SocketSetOptionResult;
  "socket.close": SocketCloseResult;
  "socket.inspect": SocketInspectResult;
  "lane.open": LaneOpenResult;
  "reopen.end": ReopenEndResult;
  "tryout.start": TryoutStartResult;
  "tryout.stop": TryoutStopResult;
}
