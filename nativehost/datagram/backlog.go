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

const (
	// receiveBatch is how many datagrams are read at a time at most.
	receiveBatch = 16
	// mostWeight is the weight of the largest, in a buffer of twice its size.
	mostWeight = 2*receiveBytes + protocol.DatagramOverhead
)

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

// backlog is the datagrams of a socket that wait to be delivered, the oldest first. Those
// that are being delivered, one or a frame full, are not among them.
type backlog struct {
	waiting []*buffer.Buffer
	bytes   int64
}

// compact puts a datagram of the system's, which came into a buffer for the largest, into
// one of its size, with the header of its peer, if it has one.
func (s *Socket) compact(header []byte, received *buffer.Buffer) *buffer.Buffer {
	payload := s.Buffers.Get(len(header) + len(received.Bytes))
	payload.Bytes = append(append(payload.Bytes, header...), received.Bytes...)
	received.Release()
	return payload
}

// reserve takes room for so many of the largest datagrams, if there is as much, and returns
// how many may be read at a time.
func (s *Socket) reserve(most int) (count int, reserved int64) {
	weight := int64(most) * mostWeight
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.KeepBuffer:
		return 1, 0
		//rule:datagram-batch-within-backlog
	case s.backlog.bytes+weight > backlogBytes:
		return 1, 0
		//rule:datagram-batch-within-room
	case s.Room != nil && !s.Room.take(weight):
		return 1, 0
	}
	s.backlog.bytes += weight
	return most, weight
}

// keepAll puts datagrams, of which it becomes the owner, behind the others, and gives back
// what was reserved for them. Without a reservation it waits until there is room. It
// returns false once nothing is delivered any more.
func (s *Socket) keepAll(batch []*buffer.Buffer, reserved int64) bool {
	if reserved == 0 {
		for _, payload := range batch {
			if !s.keep(payload) {
				return false
			}
		}
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	over := s.closing || s.deliveryOver
	for _, payload := range batch {
		if over {
			payload.Release()
			continue
		}
		reserved -= weight(payload)
		s.backlog.waiting = append(s.backlog.waiting, payload)
	}
	s.forget(reserved)
	if over {
		signal(s.left)
		return false
	}
	signal(s.came)
	return true
}

// keep puts a datagram, of which it becomes the owner, behind the others. It waits until
// there is room, and returns false once nothing is delivered any more.
func (s *Socket) keep(payload *buffer.Buffer) bool {
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

// take takes the oldest datagram out of the backlog. The caller holds the mutex.
func (s *Socket) take() *buffer.Buffer {
	payload := s.backlog.waiting[0]
	s.backlog.waiting[0] = nil
	if s.backlog.waiting = s.backlog.waiting[1:]; len(s.backlog.waiting) == 0 {
		s.backlog.waiting = nil // as large as the largest burst was
	}
	s.forget(weight(payload))
	return payload
}

// oldest takes the oldest datagram out of the backlog, and waits for one. It returns nil
// once nothing is delivered any more.
func (s *Socket) oldest() *buffer.Buffer {
	for {
		s.mu.Lock()
		over := s.closing || s.deliveryOver
		var payload *buffer.Buffer
		if !over && len(s.backlog.waiting) > 0 {
			payload = s.take()
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
