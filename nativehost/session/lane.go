package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/lane"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// maxLanes may be open at a time, of private windows and of others each. A document has one, unless it makes another when the
// first breaks.
const maxLanes = 512

// errLane says that a socket's lane has ended before it.
var errLane = fmt.Errorf("%w: its lane has ended", fault.ErrNetwork)

// laneOf is a document's lane.
type laneOf struct {
	document string
	// private: the document is in a private window.
	private bool
	conn    *lane.Conn
	out     *carrier.Lane
}

// LaneOpen serves lane.open.
func (s calls) LaneOpen(ctx context.Context, id int64, params protocol.LaneOpenParams) *protocol.RPCError {
	p := s.Policy.Current()
	settings := &p.Settings
	s.mu.Lock()
	full := s.lanesLocked(params.Private) >= maxLanes
	s.mu.Unlock()
	var err error
	var result protocol.LaneOpenResult
	switch {
	case s.LaneOrigin == "":
		err = fault.ErrNotApplicable
	case !settings.Enabled.Value:
		err = rules.Forbidden(p, settings.Enabled.By)
	case !settings.DataLane.Value:
		err = rules.Forbidden(p, settings.DataLane.By)
	case full:
		err = fault.ErrLimitOverall
	default:
		var port uint16
		door := s.door
		if params.Private {
			door = s.privateDoor
		}
		port, result.Ticket, err = door.Ticket(ctx, params.Document)
		result.Port = int64(port)
	}
	if err != nil {
		s.failure(id, fault.Classify(err))
		return nil
	}
	s.result(id, result)
	return nil
}

func allowsLanes(p *policy.Policy) bool { return p.Settings.Enabled.Value && p.Settings.DataLane.Value }

// lanesLocked counts the lanes of one kind of windows. The caller holds the mutex.
func (s *Session) lanesLocked(private bool) int {
	n := 0
	for l := range s.lanes {
		if l.private == private {
			n++
		}
	}
	return n
}

// newDoor returns the door for lanes of one kind of windows.
func (s *Session) newDoor(ctx context.Context, private bool) *lane.Door {
	return lane.New(s.LaneOrigin, s.Log, func(document string, conn *lane.Conn) {
		s.enter(ctx, &laneOf{document: document, private: private, conn: conn, out: carrier.NewLane(conn)})
	})
}

// enter serves a lane from its first frame to its end, and ends the sockets that have
// taken it.
func (s *Session) enter(ctx context.Context, l *laneOf) {
	conn := l.conn
	s.mu.Lock()
	if s.parted || s.lanesLocked(l.private) >= maxLanes {
		s.mu.Unlock()
		return
	}
	s.lanes[l] = struct{}{}
	s.mu.Unlock()
	if !allowsLanes(s.Policy.Current()) {
		// The policy has changed since there was a ticket. One that comes from now on finds
		// the lane (enforce).
		conn.Close()
	}

	written := make(chan struct{})
	go func() {
		defer close(written)
		// Where it cannot be written to, it is not worth reading from.
		_ = l.out.Run()
		conn.Close()
	}()
	if err := s.readLane(ctx, l); errors.Is(err, protocol.ErrLane) {
		s.Log.Warn().Err(err).Msg("a lane was ended")
	}
	conn.Close()
	l.out.Finish()
	<-written

	s.mu.Lock()
	delete(s.lanes, l)
	var orphans []socket
	for _, e := range s.sockets {
		if e.lane == l {
			orphans = append(orphans, e.socket)
		}
	}
	s.mu.Unlock()
	for _, orphan := range orphans {
		orphan.Cut(errLane) // bytes may have been lost with the lane
	}
}

// endLanes closes what is open once every socket has ended, and lets no more in.
func (s *Session) endLanes() {
	s.mu.Lock()
	s.parted = true
	for l := range s.lanes {
		l.conn.Close()
	}
	s.mu.Unlock()
	s.door.Close()
	s.privateDoor.Close()
}

// readLane takes one frame after the other until the lane ends. protocol.ErrLane is the
// fault of who sent it.
func (s *Session) readLane(ctx context.Context, l *laneOf) error {
	message := make([]byte, protocol.LaneFrameBytes)
	for {
		if err := l.out.Room(ctx); err != nil {
			return err
		}
		n, err := l.conn.Read(message)
		if err != nil {
			return err
		}
		frame, err := protocol.ReadLaneFrame(message[:n])
		if err != nil {
			return err
		}
		if frame.Kind == protocol.LaneBulk {
			err = s.bulk(l, frame)
		} else {
			err = s.laneFrame(l, frame)
		}
		if err != nil {
			return err
		}
	}
}

// bulk serves a frame whose payload is the next message.
func (s *Session) bulk(l *laneOf, f protocol.LaneFrame) error {
	payload := s.buffers.Get(int(f.Number))
	n, err := l.conn.Read(payload.Bytes[:f.Number])
	payload.Bytes = payload.Bytes[:n]
	if err == nil && int64(n) != f.Number {
		err = fmt.Errorf("%w: %d bytes in place of %d", protocol.ErrLane, n, f.Number)
	}
	var target socket
	if err == nil {
		target, err = s.onLane(l, f)
	}
	if target == nil {
		payload.Release()
		return err
	}
	// What is wrong with it ends the socket, not its lane.
	_ = target.Write(payload, nil)
	return nil
}

// laneFrame serves one frame, which is only valid during the call. One about a socket
// that is not there has crossed with its end.
func (s *Session) laneFrame(l *laneOf, f protocol.LaneFrame) error {
	target, err := s.onLane(l, f)
	if target == nil {
		return err
	}
	switch f.Kind {
	case protocol.LaneCredit:
		target.Credit(f.Number)
	case protocol.LaneData:
		// What is wrong with it ends the socket, not its lane.
		_ = s.writeFromLane(target, f, nil)
	case protocol.LaneDatagram:
		if s.writeFromLane(target, f, &f.Number) != nil {
			l.out.Wrote(f.SocketID, f.Number, true)
		}
	case protocol.LaneShutdown:
		if target.Shutdown(0) != nil {
			l.out.Shut(f.SocketID, true)
		}
	case protocol.LaneClose:
		target.Close(false)
	default:
		return fmt.Errorf("%w: kind %d is the host's", protocol.ErrLane, f.Kind)
	}
	return nil
}

// onLane returns the socket of a frame that may come by this lane. Its first credit puts
// it there.
func (s *Session) onLane(l *laneOf, f protocol.LaneFrame) (socket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sockets[f.SocketID]
	switch {
	case e == nil:
		return nil, nil
	case e.document != l.document:
		return nil, fmt.Errorf("%w: a socket of another document", protocol.ErrLane)
	case (f.Kind == protocol.LaneData || f.Kind == protocol.LaneBulk) && e.datagrams, f.Kind == protocol.LaneDatagram && !e.datagrams:
		return nil, fmt.Errorf("%w: kind %d is not of this socket", protocol.ErrLane, f.Kind)
	case e.lane == l:
	case e.lane == nil && e.late != nil && f.Kind == protocol.LaneCredit && e.late.Bind(l.out.Path(f.SocketID)):
		e.lane = l
	case e.late != nil && e.late.Over():
		// It has ended before it took a way, and is about to be told: the page, which
		// does not know it yet, has taken this one.
		return nil, nil
	default:
		return nil, fmt.Errorf("%w: a socket on another carrier", protocol.ErrLane)
	}
	return e.socket, nil
}

// writeFromLane hands a frame's payload to a socket.
func (s *Session) writeFromLane(target socket, f protocol.LaneFrame, id *int64) error {
	payload := s.buffers.Get(len(f.Payload))
	payload.Bytes = append(payload.Bytes, f.Payload...)
	return target.Write(payload, id)
}
