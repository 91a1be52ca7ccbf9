package datagram

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

type outgoing struct {
	payload *buffer.Buffer
	id      int64
	// looked: a bound socket has looked for the peer, which is at to, or err says why not.
	looked bool
	to     netip.AddrPort
	err    error
}

// Write queues one datagram and becomes the owner of payload. It is answered once
// the system has taken it, unless Write returns an error. Credit comes back with
// the answer, so a write without an id is a fault.
func (s *Socket) Write(payload *buffer.Buffer, id *int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.admit(payload, id)
	if err != nil {
		payload.Release()
		return err
	}
	s.sendCredit -= cost(payload)
	s.queue = append(s.queue, outgoing{payload: payload, id: *id})
	signal(s.mayWrite)
	return nil
}

// admit reports why a datagram cannot be taken. The caller holds the mutex.
func (s *Socket) admit(payload *buffer.Buffer, id *int64) error {
	switch {
	case s.closing:
		return fault.ErrGone
	case id == nil:
		return fault.ErrNotApplicable
	case cost(payload) > s.sendCredit:
		s.fail(fault.ErrProtocol)
		return fault.ErrProtocol
	case s.Peers != nil:
		return checkMessage(payload.Bytes)
	case len(payload.Bytes) > protocol.MaxDatagramBytes:
		return fault.ErrMessageSize
	default:
		return nil
	}
}

// cost is what a datagram costs in credit.
func cost(payload *buffer.Buffer) int64 {
	return int64(len(payload.Bytes)) + protocol.DatagramOverhead
}

// sendAll sends what is queued until the socket is closed and the queue empty.
func (s *Socket) sendAll() {
	for {
		next, wait, over := s.next()
		switch {
		case over:
			return
		case wait:
			<-s.mayWrite
		default:
			s.order.Enter()
			var err error
			if s.Peers == nil {
				err = s.send(next.payload.Bytes)
			} else if err = s.sendTo(next); errors.Is(err, ErrAsk) {
				// It is answered later.
				s.order.Leave()
				continue
			}
			s.mu.Lock()
			s.sendCredit += cost(next.payload)
			if err == nil {
				s.out += int64(len(s.data(next.payload)))
			}
			s.mu.Unlock()
			next.payload.Release()
			s.Answer(next.id, err)
			s.order.Leave()
		}
	}
}

func (s *Socket) next() (next outgoing, wait, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failure != nil || s.resetting:
		return next, false, true
	case len(s.found) > 0:
		next, s.found[0] = s.found[0], outgoing{}
		s.found = s.found[1:]
		return next, false, false
	}
	s.found = nil
	for len(s.queue) > 0 {
		next, s.queue[0] = s.queue[0], outgoing{}
		s.queue = s.queue[1:]
		if s.Peers == nil || !s.waits(&next) {
			return next, false, false
		}
	}
	s.queue = nil
	return next, true, s.closing && len(s.sought) == 0
}

// send hands one datagram to the system. What became of earlier ones (an ICMP message)
// is reported by the next call, whatever that sends, so the datagram itself is still to
// be sent then.
func (s *Socket) send(payload []byte) error {
	for pending := 0; ; pending++ {
		_, err := s.conn.Write(payload)
		if err == nil || pending == maxPending || !isNews(err) {
			return fault.Classify(err)
		}
	}
}

// isNews reports whether the system itself has refused something.
func isNews(err error) bool {
	return !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed)
}
