// The API that pages see, both generations, with Portside's additions in partial dictionaries. Readers of dictionaries
// (dictionaries.ts) and the types in sdk/ are generated from this by `make generate`.
//
// A comment right above a member is its documentation in sdk/. A member of options without one is documented in
// protocol/schema/definitions.json.

// ---- The first generation: the explainer of 2020 to 2022 ----

// Options of navigator.openTCPSocket() and navigator.openUDPSocket().
dictionary PortsideSocketOptions {
  DOMString remoteAddress;
  // 1 to 65535. A TypeError without it.
  [EnforceRange] unsigned short remotePort;
  // Accepted and ignored.
  DOMString localAddress;
  // Accepted and ignored.
  [EnforceRange] unsigned short localPort;
  [EnforceRange] unsigned long sendBufferSize;
  [EnforceRange] unsigned long receiveBufferSize;
  SocketDnsQueryType dnsQueryType;
  // true, or the delay in seconds. `true` alone means 45 s. TCP only.
  (boolean or unsigned long) keepAlive;
  [EnforceRange] unsigned long keepAliveDelay;
  boolean noDelay = false;
  // The older name of `secureTransport: "on"`. TCP only.
  boolean useSecureTransport = false;
  [EnforceRange] octet ipTypeOfService;
  PortsideSecureTransport secureTransport;
  DOMString serverName;
  sequence<DOMString> alpnProtocols;
  sequence<PortsideCertificateHash> serverCertificateHashes;
  [EnforceRange] unsigned long timeout;
  // Withdraws the question, or the connection attempt.
  AbortSignal signal;
  // Called as the open goes on: "asking" when the question is on the screen, if there is one; "connecting" when somebody
  // has agreed and the connection is about to be made. Not called for an open that is refused before.
  PortsideStateCallback onstate;
};

// Options of receive(), of the sockets that navigator.openUDPSocket() gives.
dictionary PortsideReceiveOptions {
  // Withdraws the wish: the promise rejects with its reason, and the next datagram is for the next who asks.
  AbortSignal signal;
};

// ---- The second generation: the draft of the WICG, of February 2026 ----

enum SocketDnsQueryType { "ipv4", "ipv6" };

// A TCP connection. Code that was written for isolated web apps runs as it is.
[Exposed=Window, SecureContext]
interface TCPSocket {
  // An empty `remoteAddress` has the user name the destination. TypeError, at once, for options that cannot be.
  constructor(DOMString remoteAddress, unsigned short remotePort, optional TCPSocketOptions options = {});
  // Rejects with NotAllowedError when access was refused, else with NetworkError.
  readonly attribute Promise<TCPSocketOpenInfo> opened;
  // Settles when both directions are over: rejects with the first error of either.
  readonly attribute Promise<undefined> closed;
  // Ends both directions at once. InvalidStateError while a stream is locked, or before it is open.
  Promise<undefined> close();
  // Portside: puts TLS on a socket that was made with `secureTransport: "starttls"`. The socket that it returns, with
  // promises of its own, replaces this one.
  TCPSocket startTls(optional PortsideTLSOptions options = {});
  // Portside: TCP_NODELAY; default on.
  Promise<undefined> setNoDelay(optional boolean on = true);
  // Portside: keep-alive; default off. `delay` in milliseconds, at least 1000; without it, or with 0, 45 s.
  Promise<undefined> setKeepAlive(optional boolean on = false, optional [EnforceRange] unsigned long delay);
};

// Options of new TCPSocket().
dictionary TCPSocketOptions {
  [EnforceRange] unsigned long sendBufferSize;
  [EnforceRange] unsigned long receiveBufferSize;
  boolean noDelay = false;
  [EnforceRange] unsigned long keepAliveDelay;
  SocketDnsQueryType dnsQueryType;
};

// What `opened` of a TCPSocket resolves with.
dictionary TCPSocketOpenInfo {
  ReadableStream readable;
  WritableStream writable;
  DOMString remoteAddress;
  unsigned short remotePort;
  DOMString localAddress;
  unsigned short localPort;
};

// A UDP socket: connected, with `remoteAddress` and `remotePort`, or bound, with `localAddress`.
[Exposed=Window, SecureContext]
interface UDPSocket {
  constructor(optional UDPSocketOptions options = {});
  readonly attribute Promise<UDPSocketOpenInfo> opened;
  readonly attribute Promise<undefined> closed;
  // InvalidStateError while a stream is locked, or before it is open.
  Promise<undefined> close();
};

// Options of new UDPSocket().
dictionary UDPSocketOptions {
  // Connected: name or address of the other side. Empty: the user is asked.
  DOMString remoteAddress;
  // Connected: with `remoteAddress`.
  [EnforceRange] unsigned short remotePort;
  // Bound: an IP address; "0.0.0.0" or "::" for all interfaces. The user says where the socket may be open.
  DOMString localAddress;
  // Bound: not 0. Default: the system picks one.
  [EnforceRange] unsigned short localPort;
  [EnforceRange] unsigned long sendBufferSize;
  [EnforceRange] unsigned long receiveBufferSize;
  // Connected only: addresses of this family only.
  SocketDnsQueryType dnsQueryType;
  // Bound to "::" only.
  boolean ipv6Only;
  // TTL or hop limit of multicast datagrams; default 1.
  [EnforceRange] octet multicastTimeToLive;
  // Whether this computer hears what it sends to groups; default true.
  boolean multicastLoopback;
  // Whether other sockets may use the same address and port for multicast.
  boolean multicastAllowAddressSharing;
};

// What `opened` of a UDPSocket resolves with: `remote…` when it is connected, `multicastController` when it is bound and
// may join groups.
dictionary UDPSocketOpenInfo {
  ReadableStream readable;
  WritableStream writable;
  DOMString remoteAddress;
  unsigned short remotePort;
  DOMString localAddress;
  unsigned short localPort;
  MulticastController multicastController;
};

// A datagram. The remote is there when the socket is bound, and only then.
dictionary UDPMessage {
  // A Uint8Array where it is received. Not empty where it is sent, and at most 65,507 bytes.
  BufferSource data;
  // Where it came from, or where it goes to: a name or an address.
  DOMString remoteAddress;
  unsigned short remotePort;
  // For what is sent by a bound socket to a name.
  SocketDnsQueryType dnsQueryType;
};

// A TCP socket that others can connect to.
[Exposed=Window, SecureContext]
interface TCPServerSocket {
  // An IP address; "0.0.0.0" or "::" for all interfaces. The user says where the socket may be open.
  constructor(DOMString localAddress, optional TCPServerSocketOptions options = {});
  readonly attribute Promise<TCPServerSocketOpenInfo> opened;
  readonly attribute Promise<undefined> closed;
  // The connections that were accepted stay. InvalidStateError while the stream is locked, or before it is open.
  Promise<undefined> close();
};

// Options of new TCPServerSocket().
dictionary TCPServerSocketOptions {
  // Not 0. Default: the system picks one.
  [EnforceRange] unsigned short localPort;
  // How many connections the system keeps until they are read; not 0.
  [EnforceRange] unsigned long backlog;
  // With "::" only.
  boolean ipv6Only;
};

// What `opened` of a TCPServerSocket resolves with.
dictionary TCPServerSocketOpenInfo {
  // Each read accepts a connection: a TCPSocket that is open already.
  ReadableStream readable;
  DOMString localAddress;
  unsigned short localPort;
};

// The multicast groups of a bound UDP socket.
[Exposed=Window, SecureContext]
interface MulticastController {
  // TypeError for what is no multicast address, InvalidStateError for what is joined already.
  Promise<undefined> joinGroup(DOMString ipAddress, optional MulticastGroupOptions options = {});
  // InvalidStateError for what is not joined.
  Promise<undefined> leaveGroup(DOMString ipAddress, optional MulticastGroupOptions options = {});
  // Earliest first. Those of one source only are objects.
  readonly attribute FrozenArray<(DOMString or MulticastMembership)> joinedGroups;
};

// Options of joinGroup() and leaveGroup().
dictionary MulticastGroupOptions {
  // Only what this address sends.
  DOMString sourceAddress;
};

// A group of which only one source is heard.
dictionary MulticastMembership {
  DOMString groupAddress;
  DOMString sourceAddress;
};

// ---- Portside's additions ----

enum PortsideSecureTransport { "off", "on", "starttls" };
enum PortsideServerTransport { "off", "on" };
// How far an open is.
enum PortsideOpenState { "asking", "connecting" };
callback PortsideStateCallback = any (PortsideOpenState state);

// How TLS is to be spoken.
dictionary PortsideTLSOptions {
  DOMString serverName;
  sequence<DOMString> alpnProtocols;
  sequence<PortsideCertificateHash> serverCertificateHashes;
};

// The hash of a certificate, as in WebTransport.
dictionary PortsideCertificateHash {
  required DOMString algorithm;
  required BufferSource value;
};

// What is told of a socket on the local network (DNS-SD), if the user agrees.
dictionary PortsideAnnouncement {
  // Service type and protocol: "_http._tcp".
  required DOMString type;
  // The name that others see: at most 63 bytes of UTF-8.
  required DOMString name;
  // Strings of the TXT record: at most 16, of 255 bytes each.
  sequence<DOMString> txt;
};

partial dictionary TCPSocketOptions {
  [EnforceRange] octet ipTypeOfService;
  PortsideSecureTransport secureTransport;
  DOMString serverName;
  sequence<DOMString> alpnProtocols;
  sequence<PortsideCertificateHash> serverCertificateHashes;
  [EnforceRange] unsigned long timeout;
  // Withdraws the question, or the connection attempt.
  AbortSignal signal;
  // Called as the open goes on, as in PortsideSocketOptions.
  PortsideStateCallback onstate;
};

partial dictionary TCPSocketOpenInfo {
  // Absent without TLS.
  object tls;
};

partial dictionary UDPSocketOptions {
  [EnforceRange] octet ipTypeOfService;
  // Milliseconds for connecting, counted from consent. Connected only.
  [EnforceRange] unsigned long timeout;
  // Withdraws the question.
  AbortSignal signal;
  // Called as the open goes on, as in PortsideSocketOptions.
  PortsideStateCallback onstate;
  // Bound only.
  PortsideAnnouncement announce;
  // There is no TLS for datagrams: anything but "off" is a TypeError.
  PortsideServerTransport secureTransport;
};

partial dictionary TCPServerSocketOptions {
  // "on": TLS with a certificate of its own, whose hash `opened` tells.
  PortsideServerTransport secureTransport;
  PortsideAnnouncement announce;
  // Withdraws the question.
  AbortSignal signal;
  // Called as the open goes on, as in PortsideSocketOptions.
  PortsideStateCallback onstate;
};

partial dictionary TCPServerSocketOpenInfo {
  // With TLS: what those who connect give as `serverCertificateHashes`.
  object serverCertificateHash;
};
