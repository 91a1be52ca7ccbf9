package datagram

import (
	"slices"
	"sync/atomic"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/protocol"
)

// backlogBytes is the memory for datagrams that have been read from the system and not
// yet delivered, of one socket. A burst comes faster than any page takes it, and most
// systems keep a tenth of a megabyte for a socket.
const backlogBytes = 4 << 20

// Room is memory that the backlogs of several sockets share. When it is used up,
// datagrams stay in the system.
type Room struct{ left atomic.Int64 }

// NewRoom returns room for so many bytes.
func NewRoom(bytes int64) *Room {
	r := &Room{}
	r.left.Store(bytes)
	return r
}

// take takes room, if there is as much.
func (r *Room) take(bytes int64) bool {
	if /*rule:datagram-backlog-overall*/ r.left.Add(-bytes) >= 0 {
		return true
	}
	r.left.Add(bytes)
	return false
}

// weight is the memory that a datagram takes, more or less.
func weight(payload *buffer.Buffer) int64 {
	return int64(cap(payload.Bytes)) + protocol.DatagramOverhead
}

// backlog is the datagrams of a socket that wait to be delivered, the oldest first. The
// one that is being delivered is not among them.
type backlog struct {
	waiting []*buffer.Buffer
	bytes   int64
}

// keep puts a datagram, of which it becomes the owner, behind the others, with the header
// of its peer, if it has one. It waits until there is room, and returns false once nothing
// is delivered any more.
func (s *Socket) keep(header []byte, received *buffer.Buffer) bool {
	// The system's datagram came into a buffer for the largest.
	payload := s.Buffers.Get(len(header) + len(received.Bytes))
	payload.Bytes = append(append(payload.Bytes, header...), received.Bytes...)
	received.Release()
	for {
		s.mu.Lock()
		kept, over := !s.closing && !s.deliveryOver && s.fits(weight(payload)), s.closing || s.deliveryOver
		if kept {
			s.backlog.waiting = append(s.backlog.waiting, payload)
		}
		s.mu.Unlock()
		switch {
		case kept:
			signal(s.came)
			return true
		case over:
			payload.Release()
			// Several may wait, where several of the system's sockets receive.
			signal(s.left)
			return false
		}
		<-s.left
	}
}

// fits takes the room for a datagram, if there is any. Each socket has room for one. The
// caller holds the mutex.
func (s *Socket) fits(bytes int64) bool {
	if len(s.backlog.waiting) > 0 && (s.KeepBuffer ||
		//rule:datagram-backlog-per-socket
		s.backlog.bytes+bytes > backlogBytes) {
		return false
	}
	if s.Room != nil && !s.Room.take(bytes) {
		if len(s.backlog.waiting) > 0 {
			return false
		}
		s.Room.left.Add(-bytes)
	}
	s.backlog.bytes += bytes
	return true
}

// oldest takes the oldest datagram out of the backlog, and waits for one. It returns nil
// once nothing is delivered any more.
func (s *Socket) oldest() *buffer.Buffer {
	for {
		s.mu.Lock()
		over := s.closing || s.deliveryOver
		var payload *buffer.Buffer
		if !over && len(s.backlog.waiting) > 0 {
			payload = s.backlog.waiting[0]
			s.backlog.waiting[0] = nil
			if s.backlog.waiting = s.backlog.waiting[1:]; len(s.backlog.waiting) == 0 {
				s.backlog.waiting = nil // as large as the largest burst was
			}
			s.forget(weight(payload))
		}
		s.mu.Unlock()
		switch {
		case payload != nil:
			signal(s.left)
			return payload
		case over:
			return nil
		}
		<-s.came
	}
}

// forget gives room back. The caller holds the mutex.
func (s *Socket) forget(bytes int64) {
	s.backlog.bytes -= bytes
	if s.Room != nil {
		s.Room.left.Add(bytes)
	}
}

// dropBacklog ends the backlog of a socket that delivers nothing any more.
func (s *Socket) dropBacklog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for payload := range slices.Values(s.backlog.waiting) {
		s.forget(weight(payload))
		payload.Release()
	}
	s.backlog.waiting = nil
}
