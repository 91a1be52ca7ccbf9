// Code generated from protocol/schema by `make generate`. DO NOT EDIT.

package protocol

// LaneProtocol: The WebSocket subprotocol of the lane (RFC 6455, section 1.9).
const LaneProtocol = "portside.lane.2"

// FirstLaneProtocol: The subprotocol of who knows neither datagrams nor sent: the kinds of frames up to bulk.
const FirstLaneProtocol = "portside.lane.1"

// LaneTicketPrefix: What stands before the ticket among the subprotocols that are offered.
const LaneTicketPrefix = "portside.ticket."

// laneHeaderBytes: Length of what stands before each body: the kind, three zeros, and the socket's id as a little-endian u32.
const laneHeaderBytes = 8

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
	// Several datagrams of one socket in one frame. Both ways: data and datagram are the same for one.
	LaneDatagrams LaneKind = 11
	// Answers datagrams whose numbers follow each other: the system has taken them. To the page only.
	LaneSent LaneKind = 12
	// Opens again what the broker has opened before, by that socket's id. The new one's id is the page's number for it, and firstReopenedId. To the host only.
	LaneOpen LaneKind = 13
	// Answers open: the socket is there. To the page only, as is declined.
	LaneOpened LaneKind = 14
	// Answers open: nothing was opened, and the broker is to be asked.
	LaneDeclined LaneKind = 15
)

// laneKinds is how many there are, numbered from 1.
const laneKinds = 15

// laneNames: The DOMException names of closed, by their number on the wire; the first is an orderly end. The number of a reason is its place in PageReason, from 1; 0 is none.
func laneNames() []string {
	return []string{"", "NetworkError", "AbortError", "NotAllowedError"}
}

// laneReasons are what closed can tell of the reason, by their number on the wire.
func laneReasons() []string {
	return []string{"", "refused", "dns", "timeout", "unreachable", "reset", "tls"}
}
