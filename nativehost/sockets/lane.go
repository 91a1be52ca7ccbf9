package sockets

import (
	"fmt"

	"golang.org/x/time/rate"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// errLane says that a socket's lane has ended before it.
var errLane = fmt.Errorf("%w: its lane has ended", fault.ErrNetwork)

// Lane is a document's own connection for the bytes of its sockets. LaneEnded must be
// called when it has ended.
type Lane struct {
	// Document is whose sockets may take it.
	Document string
	Out      *carrier.Lane

	// What follows is the Registry's, whose mutex guards it: the lane's number, 0 before it
	// opens anything; the last id that it has used; how many of its sockets are opening,
	// and how many more it may open.
	number, last int64
	opening      int
	opens        *rate.Limiter
}

// LaneFrame serves one frame, which is only valid during the call. One about a socket
// that is not there has crossed with its end. protocol.ErrLane is the fault of who sent
// it, and the end of the lane.
func (r *Registry) LaneFrame(l *Lane, f protocol.LaneFrame) error {
	target, err := r.onLane(l, f)
	if target == nil {
		return err
	}
	switch f.Kind {
	case protocol.LaneCredit:
		target.Credit(f.Number)
	case protocol.LaneData:
		// What is wrong with it ends the socket, not its lane.
		_ = r.writeFromLane(target, f, nil)
	case protocol.LaneDatagram:
		if r.writeFromLane(target, f, &f.Number) != nil {
			l.Out.Wrote(f.SocketID, f.Number, true)
		}
	case protocol.LaneDatagrams:
		for number, payload := range f.Batch() {
			one := protocol.LaneFrame{SocketID: f.SocketID, Payload: payload}
			if r.writeFromLane(target, one, &number) != nil {
				l.Out.Wrote(f.SocketID, number, true)
			}
		}
	case protocol.LaneShutdown:
		if target.Shutdown(0) != nil {
			l.Out.Shut(f.SocketID, true)
		}
	case protocol.LaneClose:
		target.Close(false)
	default:
		return fmt.Errorf("%w: kind %d is the host's", protocol.ErrLane, f.Kind)
	}
	return nil
}

// LaneBulk is LaneFrame for a frame whose payload came in a message of its own. It becomes
// the owner of payload.
func (r *Registry) LaneBulk(l *Lane, f protocol.LaneFrame, payload *buffer.Buffer) error {
	target, err := r.onLane(l, f)
	if target == nil {
		payload.Release()
		return err
	}
	// What is wrong with it ends the socket, not its lane.
	_ = target.Write(payload, nil)
	return nil
}

// LaneEnded ends the sockets that have taken a lane: bytes may have been lost with it.
func (r *Registry) LaneEnded(l *Lane) {
	var affected []socket
	r.mu.Lock()
	//rule:reopening-ends-with-its-lane
	delete(r.reopenable, l.Document)
	for _, e := range r.sockets {
		switch {
		case e.lane != l:
		case e.state == stateOpen:
			affected = append(affected, e.conn.socket)
		default:
			e.giveUpLocked()
		}
	}
	r.mu.Unlock()
	for _, one := range affected {
		//rule:lane-end-ends-its-sockets
		one.Cut(errLane)
	}
}

// onLane returns the socket of a frame that may come by this lane. Its first credit
// attaches it.
func (r *Registry) onLane(l *Lane, f protocol.LaneFrame) (socket, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.sockets[l.key(f.SocketID)]
	switch {
	case e == nil:
		return nil, nil
		//rule:lane-reaches-own-document
	case e.document != l.Document:
		return nil, fmt.Errorf("%w: a socket of another document", protocol.ErrLane)
	case /*rule:lane-bulk-for-streams-only*/ (f.Kind == protocol.LaneData || f.Kind == protocol.LaneBulk) && e.datagrams, (f.Kind == protocol.LaneDatagram || f.Kind == protocol.LaneDatagrams) && !e.datagrams:
		return nil, fmt.Errorf("%w: kind %d is not of this socket", protocol.ErrLane, f.Kind)
	case e.lane == l && e.state != stateOpen:
		// It is opening here. The page has nothing else to say to it yet.
		if f.Kind != protocol.LaneClose {
			return nil, fmt.Errorf("%w: a socket that is not open", protocol.ErrLane)
		}
		e.giveUpLocked()
		return nil, nil
	case e.lane == l:
	case e.lane == nil &&
		//rule:lane-takes-detached-sockets-only
		e.path != nil && f.Kind == protocol.LaneCredit &&
		//rule:lane-takes-detached-sockets-only.2
		e.path.Attach(l.Out.Path(f.SocketID)):
		e.lane = l
		//rule:frame-crossing-end-is-no-fault
	case e.path != nil && e.path.Over():
		// It has ended before it took a way, and is about to be told: the page, which
		// does not know it yet, has taken this one.
		return nil, nil
	default:
		return nil, fmt.Errorf("%w: a socket on another carrier", protocol.ErrLane)
	}
	return e.conn.socket, nil
}

// writeFromLane hands a frame's payload to a socket.
func (r *Registry) writeFromLane(target socket, f protocol.LaneFrame, id *int64) error {
	payload := r.config.Buffers.Get(len(f.Payload))
	payload.Bytes = append(payload.Bytes, f.Payload...)
	return target.Write(payload, id)
}
