package stream

import (
	"errors"
	"os"
	"time"

	"github.com/portside/portside/protocol"
)

// linger waits until the peer has what was sent, reading and dropping what it
// still sends: closing a socket with unread bytes, or one that receives more of
// them, sends RST and throws away what is not acknowledged yet (RFC 1122, 4.2.2.13).
func (s *Socket) linger() {
	scratch := s.Buffers.Get(16 << 10)
	defer scratch.Release()
	discarded := 0
	for patience := time.Millisecond; ; {
		s.mu.Lock()
		by, resetting := s.flushBy, s.resetting
		s.mu.Unlock()
		now := time.Now()
		if resetting || !now.Before(by) {
			return
		}
		next := now.Add(patience)
		if by.Before(next) {
			next = by
		}
		if err := s.conn.SetReadDeadline(next); err != nil {
			return
		}
		n, err := s.conn.Read(scratch.Bytes[:cap(scratch.Bytes)])
		discarded += n
		if err == nil && discarded < protocol.WindowBytes {
			continue
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if left, known := s.conn.Unacknowledged(); known && left == 0 {
			return
		}
		patience = min(2*patience, 50*time.Millisecond)
	}
}
