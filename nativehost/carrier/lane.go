package carrier

import (
	"io"
	"net/netip"

	"github.com/portside/portside/protocol"
)

// Lane carries the frames of one document's sockets over a connection of its own, in
// binary. Decisions never take it.
type Lane struct{ *pump }

// LaneLimits is what the other end of a lane can do.
type LaneLimits struct {
	// Batches: it knows frames with several datagrams.
	Batches bool
	// MessageBytes is the most that one message to it should have, or 0. Only a datagram
	// that is larger by itself may be.
	MessageBytes int
}

// NewLane returns a carrier that writes to out, each message with one Write, once Run
// runs.
func NewLane(out io.Writer, limits LaneLimits) *Lane {
	return &Lane{newPump(out, binaryFrames{limits})}
}

// Wrote answers the datagram of socket id that had this number.
func (l *Lane) Wrote(id, number int64, failed bool) {
	l.send(frame(protocol.LaneFrame{Kind: protocol.LaneWrote, SocketID: id, Number: number, Failed: failed}))
}

// Sent answers count datagrams of socket id, the first of which had this number and the
// others those behind it: the system has taken them.
func (l *Lane) Sent(id, number, count int64) {
	if count == 1 || l.mostBatch() == 0 {
		for i := range count {
			l.Wrote(id, int64(uint32(number+i)), false)
		}
		return
	}
	for ; count > 0; number, count = int64(uint32(number+protocol.BatchDatagrams)), count-protocol.BatchDatagrams {
		l.send(frame(protocol.LaneFrame{Kind: protocol.LaneSent, SocketID: id, Number: number, Count: min(count, protocol.BatchDatagrams)}))
	}
}

// Opened answers that socket id is open, between remote and local, and may be sent so many
// bytes.
func (l *Lane) Opened(id, window int64, remote, local netip.AddrPort) {
	l.send(frame(protocol.LaneFrame{Kind: protocol.LaneOpened, SocketID: id, Number: window, Remote: end(remote), Local: end(local)}))
}

// end is one end of a socket, as frames have it.
func end(of netip.AddrPort) protocol.Peer {
	return protocol.Peer{Address: of.Addr().String(), Port: of.Port()}
}

// Declined says that socket id was not opened, and that the broker is to be asked.
func (l *Lane) Declined(id int64) {
	l.send(frame(protocol.LaneFrame{Kind: protocol.LaneDeclined, SocketID: id}))
}

// Shut says that the FIN of socket id is with the system, or that it failed.
func (l *Lane) Shut(id int64, failed bool) {
	l.send(frame(protocol.LaneFrame{Kind: protocol.LaneShut, SocketID: id, Failed: failed}))
}

// binaryFrames is the encoding of the lane.
type binaryFrames struct{ LaneLimits }

func frame(f protocol.LaneFrame) ([]byte, error) { return protocol.AppendLaneFrame(nil, f) }

func (b binaryFrames) most() int {
	if b.MessageBytes > 0 {
		return b.MessageBytes - protocol.LaneHeaderBytes
	}
	return protocol.LaneChunkBytes
}

func (b binaryFrames) data(dst []byte, id int64, payload []byte) (frame []byte, rest int, err error) {
	if len(payload) < protocol.BulkBytes || len(payload)+protocol.LaneHeaderBytes <= b.MessageBytes {
		frame, err = protocol.AppendLaneFrame(dst, protocol.LaneFrame{Kind: protocol.LaneData, SocketID: id, Payload: payload})
		return frame, len(frame), err
	}
	head, err := protocol.AppendLaneFrame(dst, protocol.LaneFrame{Kind: protocol.LaneBulk, SocketID: id, Number: int64(len(payload))})
	return append(head, payload...), len(head), err
}

func (b binaryFrames) mostBatch() int {
	switch {
	case !b.Batches:
		return 0
	case b.MessageBytes > 0:
		return protocol.BatchRoom - protocol.BatchBytes + b.MessageBytes
	default:
		return protocol.BatchRoom
	}
}

func (binaryFrames) batch(dst []byte, id int64, body []byte) ([]byte, error) {
	return protocol.AppendLaneFrame(dst, protocol.LaneFrame{Kind: protocol.LaneDatagrams, SocketID: id, Payload: body})
}

func (binaryFrames) credit(id, bytes int64) ([]byte, error) {
	return frame(protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: id, Number: bytes})
}

func (binaryFrames) end(id int64) ([]byte, error) {
	return frame(protocol.LaneFrame{Kind: protocol.LaneEnd, SocketID: id})
}

// closed leaves out what only the broker may know.
func (binaryFrames) closed(last protocol.SocketClosedParams) ([]byte, error) {
	return frame(protocol.LaneFrame{Kind: protocol.LaneClosed, SocketID: last.SocketID, Name: last.Name, Reason: last.PageReason})
}
