package stream

import (
	"context"
	"fmt"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// maxWaiting is how many writes of a socket may wait for their answers. Empty and
// one-byte writes cost next to no credit, so credit does not bound them.
const maxWaiting = protocol.WindowBytes / protocol.DatagramOverhead

// creditBytes are worth a frame of credit, as is a quarter of the window. Whoever sends
// may keep less under way than the window allows, but not less than this and the silly-window threshold.
const creditBytes = 2 * protocol.ChunkBytes

// Write queues payload for the network and becomes its owner. A write with an id
// is answered once the system has taken all of it, unless Write returns an error.
// An error that is fault.ErrProtocol, or a write after Shutdown, ends the socket.
func (s *Socket) Write(payload *buffer.Buffer, id *int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(len(payload.Bytes))
	if err := s.admit(size); err != nil {
		payload.Release()
		return err
	}
	s.sendCredit -= size
	s.accepted += size
	if id != nil {
		s.waiting = append(s.waiting, waiting{upTo: s.accepted, id: *id})
	}
	s.enqueue(payload)
	signal(s.mayWrite)
	return nil
}

// admit reports why a write of size bytes cannot be taken. The caller holds the
// mutex.
func (s *Socket) admit(size int64) error {
	switch {
	case s.closing || s.failure != nil:
		return fault.ErrGone
	case s.writeErr != nil:
		return s.writeErr
	case s.upgrade != nil && (s.accepted == s.upgrade.Sent || size > s.upgrade.Sent-s.accepted):
		s.failLocked(fault.ErrProtocol)
		return fault.ErrProtocol
	case s.finAsked:
		s.failLocked(fault.ErrProtocol)
		return fault.ErrHalfClosed
	case /*rule:excess-data-ends-socket*/ size > s.sendCredit, len(s.waiting) >= maxWaiting:
		s.failLocked(fault.ErrProtocol)
		return fault.ErrProtocol
	default:
		return nil
	}
}

// enqueue appends payload, to the last buffer when it fits there: many small
// writes must not hold more memory than one large one. The caller holds the mutex.
func (s *Socket) enqueue(payload *buffer.Buffer) {
	if n := len(s.queue); n > 0 && s.queue[n-1].Room() >= len(payload.Bytes) {
		last := s.queue[n-1]
		last.Bytes = append(last.Bytes, payload.Bytes...)
		payload.Release()
		return
	}
	s.queue = append(s.queue, payload)
}

// Shutdown sends FIN after everything written before, and then answers id.
func (s *Socket) Shutdown(id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing || s.failure != nil:
		return fault.ErrGone
	case s.writeErr != nil:
		return s.writeErr
	case s.upgrade != nil:
		s.failLocked(fault.ErrProtocol)
		return fault.ErrProtocol
	case s.finSent:
		// Asking twice is no fault; the answer is the same.
		s.Answer(id, nil)
		return nil
	case len(s.finWaiting) >= maxWaiting:
		s.failLocked(fault.ErrProtocol)
		return fault.ErrProtocol
	}
	s.finAsked = true
	s.finWaiting = append(s.finWaiting, id)
	signal(s.mayWrite)
	return nil
}

// write moves bytes from the queue to the network until FIN is sent or the socket
// is over, which is no error of writing, or until writing fails.
func (s *Socket) write(ctx context.Context) error {
	for {
		payload, step := s.next()
		switch step {
		case over:
			return nil
		case send:
			s.order.Enter()
			n, err := s.conn.Write(s.order, payload.Bytes)
			payload.Release()
			s.wrote(int64(n))
			s.order.Leave()
			if err != nil {
				return err
			}
		case upgrade:
			s.secure(ctx)
		case fin:
			s.order.Enter()
			err := s.conn.CloseWrite(s.order)
			if err == nil {
				s.finished()
			}
			s.order.Leave()
			if err != nil {
				return fmt.Errorf("send FIN: %w", err)
			}
			return nil
		case wait:
			<-s.mayWrite
		}
	}
}

// step is what the writer does next.
type step int

const (
	wait step = iota
	send
	upgrade
	fin
	over
)

// next takes the next thing to do for the network out of the queue.
func (s *Socket) next() (payload *buffer.Buffer, next step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failure != nil || s.resetting:
		return nil, over
	case len(s.queue) > 0:
		payload, s.queue[0] = s.queue[0], nil
		s.queue = s.queue[1:]
		return payload, send
	}
	s.queue = nil
	switch {
	// An empty write has nothing to send, but it waits its turn like any other.
	case s.finAsked || s.closing && !s.cutting:
		return nil, fin
	case s.closing:
		return nil, over
	case s.upgrade != nil && /*rule:upgrade-follows-accepted-writes*/ s.accepted == s.upgrade.Sent:
		return nil, upgrade
	default:
		return nil, wait
	}
}

// wrote gives credit back for bytes that the system took, some at a time, and answers the writes that are through.
func (s *Socket) wrote(bytes int64) {
	s.mu.Lock()
	s.written += bytes
	s.owed += bytes
	var credit int64
	if s.owed >= creditBytes || 4*s.owed >= s.SendWindow {
		credit, s.owed = s.owed, 0
		s.sendCredit += credit
	}
	n := 0
	for n < len(s.waiting) && s.waiting[n].upTo <= s.written {
		n++
	}
	done := s.waiting[:n:n]
	s.waiting = s.waiting[n:]
	if len(s.waiting) == 0 {
		s.waiting = nil
	}
	s.mu.Unlock()
	if credit > 0 {
		s.Path.Credit(credit)
	}
	for _, w := range done {
		s.Answer(w.id, nil)
	}
}

// finished answers those who wait for FIN.
func (s *Socket) finished() {
	s.mu.Lock()
	s.finSent = true
	done := s.finWaiting
	s.finWaiting = nil
	s.mu.Unlock()
	for _, id := range done {
		s.Answer(id, nil)
	}
}
