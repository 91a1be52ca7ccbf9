package stream

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

// How often to look whether the peer goes on.
const (
	shortLook = time.Millisecond
	longLook  = 50 * time.Millisecond
)

// errNotTaken says that a peer has stopped to acknowledge.
var errNotTaken = fmt.Errorf("%w: the peer does not take what was written", fault.ErrTimeout)

// waited watches how long a peer has acknowledged nothing.
type waited struct {
	patience     time.Duration
	began, moved time.Time
	has          int64
}

func (s *Socket) wait() *waited {
	now := time.Now()
	return &waited{patience: s.Patience, began: now, moved: now, has: -1}
}

// enough reports whether it has been too long, now that the peer has so many bytes.
func (w *waited) enough(has int64) bool {
	now := time.Now()
	if has != w.has {
		w.has, w.moved = has, now
	}
	return now.Sub(w.moved) >= w.patience || now.Sub(w.began) >= patienceInAll*w.patience
}

// watchPeer ends the socket when the peer does not go on while bytes wait to be written.
// The caller holds the mutex.
func (s *Socket) watchPeer() {
	w := s.waited
	every := min(w.patience/4, time.Second)
	look := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.watch == nil {
			return
		}
		has := s.written
		if sending, known := s.conn.Sending(); known {
			has = sending.Acknowledged
		}
		if w.enough(has) {
			s.failLocked(errNotTaken)
			return
		}
		s.watch.Reset(every)
	}
	s.watch = time.AfterFunc(every, look)
}

// stopWatching is called once nothing waits to be written.
func (s *Socket) stopWatching() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch != nil {
		s.watch.Stop()
		s.watch = nil
	}
}

// linger waits until the peer has what was sent, reading and dropping what it
// still sends: closing a socket with unread bytes, or one that receives more of
// them, sends RST and throws away what is not acknowledged yet (RFC 1122, 4.2.2.13).
// It returns an error when the peer does not take it. When the session ends, the system
// is left alone with what it has.
func (s *Socket) linger() error {
	scratch := s.Buffers.Get(16 << 10)
	defer scratch.Release()
	s.mu.Lock()
	if s.waited == nil {
		s.waited = s.wait()
	}
	peer, began := s.waited, time.Now()
	s.mu.Unlock()
	open := true // the peer may say more
	for look := shortLook; ; look = min(2*look, longLook) {
		sending, known := s.conn.Sending()
		lost := known && sending.Payload > 0
		now := time.Now()
		s.mu.Lock()
		by, resetting := s.flushBy, s.resetting
		s.mu.Unlock()
		switch {
		case resetting, !by.IsZero() && !now.Before(by):
			return nil
		case known && sending.Unacknowledged == 0:
			return nil
		case sending.Over && lost:
			return fault.ErrReset
		case sending.Over:
			return nil
		case lost && peer.enough(sending.Acknowledged):
			return errNotTaken
		case !lost && now.Sub(began) >= flushTime:
			return nil
		}
		if !open {
			time.Sleep(look)
			continue
		}
		if err := s.discard(scratch.Bytes[:cap(scratch.Bytes)], now.Add(look)); err != nil {
			if !known {
				return nil
			}
			open = false
		}
	}
}

// discard reads and drops what comes until then. An error says that nothing more will.
func (s *Socket) discard(scratch []byte, until time.Time) error {
	if err := s.conn.SetReadDeadline(until); err != nil {
		return err
	}
	for range 64 {
		_, err := s.conn.Discard(scratch)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}
