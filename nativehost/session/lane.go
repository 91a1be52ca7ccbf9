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
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// maxLanes may be open at a time, of private windows and of others each. A document has one, unless it makes another when the
// first breaks.
const maxLanes = 512

// openLane is a document's lane.
type openLane struct {
	sockets.Lane
	// private: the document is in a private window.
	private bool
	conn    *lane.Conn
}

// LaneOpen serves lane.open.
func (s calls) LaneOpen(ctx context.Context, id int64, params protocol.LaneOpenParams) *protocol.RPCError {
	p := s.Policy.Current()
	settings := &p.Settings
	origin := s.laneOrigin(params)
	s.mu.Lock()
	full := s.lanesLocked(params.Private) >= maxLanes
	s.mu.Unlock()
	var err error
	var result protocol.LaneOpenResult
	switch {
	case origin == "":
		err = fault.ErrNotApplicable
	case !settings.Enabled.Value:
		err = rules.Forbidden(p, settings.Enabled.By)
		//rule:admin-may-forbid-lanes
	case !settings.DataLane.Value:
		err = rules.Forbidden(p, settings.DataLane.By)
	case full:
		err = fault.ErrLimitOverall
	default:
		var port uint16
		listener := s.listener
		//rule:pending-lanes-apart-for-private
		if params.Private {
			listener = s.privateListener
		}
		port, result.Ticket, err = listener.Ticket(ctx, lane.Visitor{Document: params.Document, Origin: origin, MessageBytes: params.MessageBytes})
		result.Port = int64(port)
	}
	if err != nil {
		s.requests.Failure(id, fault.Classify(err))
		return nil
	}
	s.requests.Result(id, result)
	return nil
}

// laneOrigin returns the origin of the scripts that may show the ticket, "" if there is
// none to go by.
func (s calls) laneOrigin(params protocol.LaneOpenParams) string {
	//rule:told-lane-origin-only-where-unknown
	if s.LaneOriginTold {
		return params.Origin
	}
	return s.LaneOrigin
}

func allowsLanes(p *policy.Policy) bool {
	return p.Settings.Enabled.Value &&
		//rule:forbidden-lanes-end
		p.Settings.DataLane.Value
}

// lanesLocked counts the lanes of one kind of windows. The caller holds the mutex.
func (s *Session) lanesLocked(private bool) int {
	n := 0
	for l := range s.lanes {
		//rule:open-lanes-apart-for-private
		if l.private == private {
			n++
		}
	}
	return n
}

// newListener returns what lanes of one kind of windows come in by.
func (s *Session) newListener(ctx context.Context, private bool) *lane.Listener {
	return lane.New(s.Log, func(v lane.Visitor, conn *lane.Conn) {
		out := carrier.NewLane(conn, carrier.LaneLimits{Batches: conn.Batches(), MessageBytes: int(v.MessageBytes)})
		s.serveLane(ctx, &openLane{Lane: sockets.Lane{Document: v.Document, Out: out}, private: private, conn: conn})
	})
}

// serveLane serves a lane from its first frame to its end, and ends the sockets that have
// taken it.
func (s *Session) serveLane(ctx context.Context, l *openLane) {
	conn := l.conn
	s.mu.Lock()
	if s.lanesClosed || s.lanesLocked(l.private) >= maxLanes {
		s.mu.Unlock()
		return
	}
	s.lanes[l] = struct{}{}
	s.mu.Unlock()
	//rule:forbidden-lane-cannot-open
	if !allowsLanes(s.Policy.Current()) {
		// The policy has changed since there was a ticket. One that comes from now on finds
		// the lane (enforce).
		conn.Close()
	}

	written := make(chan struct{})
	go func() {
		defer close(written)
		// Where it cannot be written to, it is not worth reading from.
		_ = l.Out.Run()
		conn.Close()
	}()
	if err := s.readLane(ctx, l); errors.Is(err, protocol.ErrLane) {
		s.Log.Warn().Err(err).Msg("a lane was ended")
	}
	conn.Close()
	l.Out.Finish()
	<-written

	s.mu.Lock()
	delete(s.lanes, l)
	s.mu.Unlock()
	s.sockets.LaneEnded(&l.Lane)
}

// endLanes closes what is open once every socket has ended, and lets no more in.
func (s *Session) endLanes() {
	s.mu.Lock()
	s.lanesClosed = true
	for l := range s.lanes {
		l.conn.Close()
	}
	s.mu.Unlock()
	s.listener.Close()
	s.privateListener.Close()
}

// readLane takes one frame after the other until the lane ends. protocol.ErrLane is the
// fault of who sent it.
func (s *Session) readLane(ctx context.Context, l *openLane) error {
	message := make([]byte, protocol.LaneFrameBytes)
	for {
		if err := l.Out.Room(ctx); err != nil {
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
		switch frame.Kind {
		case protocol.LaneBulk:
			err = s.bulk(l, frame)
		case protocol.LaneOpen:
			err = s.sockets.LaneOpen(ctx, &l.Lane, frame)
		default:
			err = s.sockets.LaneFrame(&l.Lane, frame)
		}
		if err != nil {
			return err
		}
	}
}

// bulk serves a frame whose payload is the next message.
func (s *Session) bulk(l *openLane, f protocol.LaneFrame) error {
	payload := s.buffers.Get(int(f.Number))
	n, err := l.conn.Read(payload.Bytes[:f.Number])
	payload.Bytes = payload.Bytes[:n]
	if err == nil && /*rule:lane-bulk-length-matches*/ int64(n) != f.Number {
		err = fmt.Errorf("%w: %d bytes in place of %d", protocol.ErrLane, n, f.Number)
	}
	if err != nil {
		payload.Release()
		return err
	}
	return s.sockets.LaneBulk(&l.Lane, f, payload)
}
