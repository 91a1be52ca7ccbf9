// Code generated from protocol/schema by `npm run generate`. DO NOT EDIT.

package protocol

// Limits and versions that both sides share.
const (
	// Version of the wire contract. Both sides say theirs in hello; they must be equal.
	ProtocolVersion = 1
	// Largest frame body either side may send, in bytes. It is the browsers' own limit towards an extension.
	MaxFrameBytes = 1048576
	// Largest control message (anything but a data frame), in bytes.
	MaxControlBytes = 65536
	// Most payload bytes that one data frame may carry, before base64.
	MaxPayloadBytes = 262144
	// Payload bytes that senders put into one data frame of a bulk transfer: larger ones are no faster, and hold up other sockets longer.
	ChunkBytes = 65536
	// Initial credit of a socket in each direction, in bytes.
	WindowBytes = 1048576
	// A socket's credit may never exceed this many bytes.
	MaxWindowBytes = 16777216
	// Credit that a received datagram costs besides its length, in bytes, so that empty ones are not free.
	DatagramOverhead = 64
	// Largest UDP payload over IPv4, in bytes (RFC 768, RFC 791).
	MaxDatagramBytes = 65507
)

// Methods.
const (
	// First exchange on every connection: versions and capabilities.
	MethodHello = "hello"
	// Connects a TCP socket.
	MethodTCPOpen = "tcp.open"
	// Opens a UDP socket connected to one remote address and port.
	MethodUDPOpen = "udp.open"
	// Bytes for a TCP socket, or one datagram. With an id it is answered once the system has taken the bytes.
	MethodSocketWrite = "socket.write"
	// Half-close: sends FIN after everything written before. Answered once the FIN is with the system.
	MethodSocketShutdown = "socket.shutdown"
	// Closes a socket, or gives up one that is still opening. Bytes written before are still delivered, unless reset is set.
	MethodSocketClose = "socket.close"
	// The extension refused an open; the host writes the audit line.
	MethodAuditRefused = "audit.refused"
	// Bytes received, or one datagram.
	MethodSocketData = "socket.data"
	// The sender of this has consumed bytes: the other side may send as many more.
	MethodSocketCredit = "socket.credit"
	// The peer has sent FIN: no more data will come.
	MethodSocketEnd = "socket.end"
	// The socket is gone. Nothing more will be said about it.
	MethodSocketClosed = "socket.closed"
)

// AuditRefusedParams is defined by protocol/schema.
type AuditRefusedParams struct {
	Origin   string `json:"origin"`
	Protocol string `json:"protocol"`
	// Absent when the person was to name the destination and did not.
	Host    string `json:"host,omitempty"`
	Port    int64  `json:"port,omitempty"`
	Private bool   `json:"private"`
	// Which rule refused.
	Rule string `json:"rule"`
}

// ErrorData: What the extension needs to answer the page and to inform the person.
type ErrorData struct {
	// The DOMException name that the page sees.
	Name string `json:"name"`
	// The true reason, for the log and the person; never for the page.
	Reason string `json:"reason"`
	// One sentence for the person, in English.
	Detail string `json:"detail,omitempty"`
}

// RPCError: The error member of a response (JSON-RPC 2.0, section 5.1).
type RPCError struct {
	Code    int64  `json:"code"`
	Message string `json:"message"`
	// What the extension needs to answer the page and to inform the person.
	Data *ErrorData `json:"data,omitempty"`
}

// HelloParams is defined by protocol/schema.
type HelloParams struct {
	ProtocolVersion  int64  `json:"protocolVersion"`
	ExtensionVersion string `json:"extensionVersion"`
	// The browser's name and version, for the log.
	Browser string `json:"browser,omitempty"`
}

// HelloResult is defined by protocol/schema.
type HelloResult struct {
	ProtocolVersion int64  `json:"protocolVersion"`
	HostVersion     string `json:"hostVersion"`
	// What this host can do, such as "tcp", "udp", "tls".
	Capabilities []string `json:"capabilities"`
}

// SocketCloseParams is defined by protocol/schema.
type SocketCloseParams struct {
	SocketID int64 `json:"socketId"`
	// Send RST instead of FIN and drop what is still unsent.
	Reset bool `json:"reset,omitempty"`
}

// SocketCloseResult is defined by protocol/schema.
type SocketCloseResult struct {
	SocketID int64 `json:"socketId"`
}

// SocketClosedParams is defined by protocol/schema.
type SocketClosedParams struct {
	SocketID int64 `json:"socketId"`
	// The DOMException name that the page sees; absent after an orderly close.
	Name string `json:"name,omitempty"`
	// The true reason, for the log and the person.
	Reason   string `json:"reason,omitempty"`
	BytesIn  int64  `json:"bytesIn"`
	BytesOut int64  `json:"bytesOut"`
	// UDP: datagrams received and dropped because the page did not read.
	Dropped int64 `json:"dropped,omitempty"`
}

// SocketCreditParams is defined by protocol/schema.
type SocketCreditParams struct {
	SocketID int64 `json:"socketId"`
	Bytes    int64 `json:"bytes"`
}

// SocketDataParams is defined by protocol/schema.
type SocketDataParams struct {
	SocketID int64 `json:"socketId"`
	// Base64 (RFC 4648, section 4), padded; at most maxPayloadBytes when decoded.
	Data string `json:"data"`
}

// SocketEndParams is defined by protocol/schema.
type SocketEndParams struct {
	SocketID int64 `json:"socketId"`
}

// SocketShutdownParams is defined by protocol/schema.
type SocketShutdownParams struct {
	SocketID int64 `json:"socketId"`
}

// SocketShutdownResult is defined by protocol/schema.
type SocketShutdownResult struct {
	SocketID int64 `json:"socketId"`
}

// SocketWriteParams is defined by protocol/schema.
type SocketWriteParams struct {
	SocketID int64 `json:"socketId"`
	// Base64 (RFC 4648, section 4), padded; at most maxPayloadBytes when decoded.
	Data string `json:"data"`
}

// SocketWriteResult is defined by protocol/schema.
type SocketWriteResult struct {
	SocketID int64 `json:"socketId"`
}

// TCPOpenParams is defined by protocol/schema.
type TCPOpenParams struct {
	// Chosen by the extension, unique on this connection, never used twice.
	SocketID int64 `json:"socketId"`
	// The asking origin, serialised, as the browser attests it.
	Origin string `json:"origin"`
	// Opaque key of the asking document.
	Document string `json:"document"`
	// True in a private window: the destination is kept out of the audit log.
	Private bool `json:"private"`
	// True when the person at the browser typed or picked this destination.
	UserEntered bool `json:"userEntered"`
	// Name or address, without brackets.
	Host string `json:"host"`
	Port int64  `json:"port"`
	// Bytes that the host may send before it waits for socket.credit.
	Window int64 `json:"window"`
	// Milliseconds for opening; 0 or absent leaves it to the host.
	Timeout int64 `json:"timeout,omitempty"`
	// SO_SNDBUF, in bytes.
	SendBufferSize int64 `json:"sendBufferSize,omitempty"`
	// SO_RCVBUF, in bytes.
	ReceiveBufferSize int64 `json:"receiveBufferSize,omitempty"`
	// TCP_NODELAY.
	NoDelay bool `json:"noDelay,omitempty"`
	// Milliseconds of silence before the first keep-alive probe; 0 or absent: no keep-alive.
	KeepAliveDelay int64 `json:"keepAliveDelay,omitempty"`
	// on: TLS from the first byte, verified against the system's roots.
	SecureTransport string `json:"secureTransport,omitempty"`
}

// TCPOpenResult is defined by protocol/schema.
type TCPOpenResult struct {
	// The address that was connected to, in its canonical form, without brackets.
	RemoteAddress string `json:"remoteAddress"`
	RemotePort    int64  `json:"remotePort"`
	LocalAddress  string `json:"localAddress"`
	LocalPort     int64  `json:"localPort"`
	// Bytes that the extension may send before it waits for socket.credit.
	Window int64 `json:"window"`
}

// UDPOpenParams is defined by protocol/schema.
type UDPOpenParams struct {
	// Chosen by the extension, unique on this connection, never used twice.
	SocketID int64 `json:"socketId"`
	// The asking origin, serialised, as the browser attests it.
	Origin string `json:"origin"`
	// Opaque key of the asking document.
	Document string `json:"document"`
	// True in a private window: the destination is kept out of the audit log.
	Private bool `json:"private"`
	// True when the person at the browser typed or picked this destination.
	UserEntered bool `json:"userEntered"`
	// Name or address, without brackets.
	Host string `json:"host"`
	Port int64  `json:"port"`
	// Bytes that the host may send before it waits for socket.credit.
	Window int64 `json:"window"`
	// Milliseconds for opening; 0 or absent leaves it to the host.
	Timeout int64 `json:"timeout,omitempty"`
	// SO_SNDBUF, in bytes.
	SendBufferSize int64 `json:"sendBufferSize,omitempty"`
	// SO_RCVBUF, in bytes.
	ReceiveBufferSize int64 `json:"receiveBufferSize,omitempty"`
}

// UDPOpenResult is defined by protocol/schema.
type UDPOpenResult struct {
	// The address that was connected to, in its canonical form, without brackets.
	RemoteAddress string `json:"remoteAddress"`
	RemotePort    int64  `json:"remotePort"`
	LocalAddress  string `json:"localAddress"`
	LocalPort     int64  `json:"localPort"`
	// Bytes that the extension may send before it waits for socket.credit.
	Window int64 `json:"window"`
}
