// Code generated from protocol/schema by `make generate`. DO NOT EDIT.

package protocol

// LaneProtocol: The WebSocket subprotocol of the lane (RFC 6455, section 1.9).
const LaneProtocol = "portside.lane.1"

// LaneTicketPrefix: What stands before the ticket among the subprotocols that are offered.
const LaneTicketPrefix = "portside.ticket."

// laneHeaderBytes: Length of what stands before each body: the kind, three zeros, and the socket's id as a little-endian u32.
const laneHeaderBytes = 8

// LaneStreamProtocol: The subprotocol of a lane whose messages to the page can move to a streaming response (docs/PROTOCOL.md, "The stream of a lane").
const LaneStreamProtocol = "portside.lane.2"

// LaneStreamHeader: The header field that has a stream's ticket.
const LaneStreamHeader = "Portside-Ticket"

// LaneStreamAfterBytes: How many bytes a lane has sent to the page before it offers a stream.
const LaneStreamAfterBytes = 1048576

// LaneStreamOffer: The text that offers a stream begins so; port and ticket follow, behind a space each. To the page.
const LaneStreamOffer = "stream at"

// LaneStreamReady: The text that says that a stream works. To the host.
const LaneStreamReady = "stream ready"

// LaneStreamBegins: The text that is the last message of the WebSocket to the page: what follows comes by the stream.
const LaneStreamBegins = "stream begins"

// A LaneKind says what a frame of the lane is about.
type LaneKind byte

// The kinds of frames. Each stands for what a message of the same name says over
// stdio; docs/PROTOCOL.md has their bodies.
const (
	// Bytes of a TCP socket, or a received datagram.
	LaneData LaneKind = 1
	// A datagram to send, behind the number by which wrote answers it. To the host only.
	LaneDatagram LaneKind = 2
	// Lets the other side send so many bytes more. A socket's first one puts it on the lane.
	LaneCredit LaneKind = 3
	// Asks for a FIN after what was written. To the host only.
	LaneShutdown LaneKind = 4
	// Closes the socket after what was written. To the host only.
	LaneClose LaneKind = 5
	// Answers a datagram. To the page only, as are shut, end and closed.
	LaneWrote LaneKind = 6
	// Answers shutdown.
	LaneShut LaneKind = 7
	// The peer will send nothing more.
	LaneEnd LaneKind = 8
	// The last word about a socket.
	LaneClosed LaneKind = 9
	// Like data, but the payload is the next message, without a header: nobody in the browser has to copy it to take the header off. Both ways.
	LaneBulk LaneKind = 10
)

// laneKinds is how many there are, numbered from 1.
const laneKinds = 10

// laneNames: The DOMException names of closed, by their number on the wire; the first is an orderly end. The number of a reason is its place in PageReason, from 1; 0 is none.
func laneNames() []string {
	return []string{"", "NetworkError", "AbortError", "NotAllowedError"}
}

// laneReasons are what closed can tell of the reason, by their number on the wire.
func laneReasons() []string {
	return []string{"", "refused", "dns", "timeout", "unreachable", "reset", "tls"}
}
