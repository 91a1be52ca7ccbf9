package stream

import (
	"errors"
	"os"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

// endReading notes how reading ended. The end of a half says nothing about the
// other half; an error ends both.
func (s *Socket) endReading(err error) {
	switch {
	case errors.Is(err, errStopped):
	case err != nil:
		s.fail(err)
	default:
		s.order.Pass()
		s.mu.Lock()
		tell := s.writeErr == nil
		s.mu.Unlock()
		// After an error in the other direction the end may well be a cut, so it
		// is told as the error only.
		if tell {
			s.Path.End()
		}
	}
}

// finish closes the connection once both directions are over and the peer has what
// was written.
func (s *Socket) finish() End {
	failure := s.why()
	if failure == nil {
		if err := s.linger(); err != nil {
			s.fail(err)
		}
		failure = s.why()
	}
	s.mu.Lock()
	cutting := s.cutting
	s.mu.Unlock()
	switch {
	case failure != nil || cutting:
		// The peer should not take a cut for an end.
		s.shut(s.conn.Reset)
	default:
		s.shut(s.conn.Close)
	}
	s.abandon(failure)
	s.mu.Lock()
	defer s.mu.Unlock()
	if failure == nil {
		failure = s.cutFor
	}
	return End{In: s.delivered, Out: s.written, Err: failure}
}

// why is cause for whoever does not hold the mutex.
func (s *Socket) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause()
}

// cause returns why the socket ends out of order, if it does. The caller holds the
// mutex.
func (s *Socket) cause() error {
	switch {
	case s.resetting:
		return fault.ErrAborted
	case s.failure != nil:
		return s.failure
	default:
		return s.writeErr
	}
}

// shut closes the connection by one of its methods. The socket is over either
// way, so there is nobody whom an error would help.
func (s *Socket) shut(by func() error) { _ = by() }

// abandon drops what waits for the network and answers whoever waits for it.
func (s *Socket) abandon(err error) {
	if err == nil {
		err = fault.ErrAborted
	}
	s.mu.Lock()
	queue, waiting, fins, upgrade := s.queue, s.waiting, s.finWaiting, s.upgrade
	s.queue, s.waiting, s.finWaiting, s.upgrade = nil, nil, nil, nil
	s.mu.Unlock()
	if upgrade != nil {
		upgrade.Answer(err)
	}
	for _, b := range queue {
		b.Release()
	}
	for _, w := range waiting {
		s.Answer(w.id, err)
	}
	for _, id := range fins {
		s.Answer(id, err)
	}
}

// Close begins to close the socket: nothing more is delivered from now on. Bytes
// written before are sent for as long as the peer takes them, or dropped when reset
// is set.
func (s *Socket) Close(reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reset {
		s.closing, s.resetting = true, true
		s.stop(time.Unix(1, 0))
		return
	}
	s.closeLocked()
}

// Cut is Close, but for the end: where the browser's side had more to say, the peer
// gets what came before, and then RST. The error is how the socket ends, unless
// something else has ended it before or goes wrong.
func (s *Socket) Cut(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if /*rule:lane-end-spares-closing-sockets*/ !s.closing {
		s.cutting, s.cutFor = !s.finAsked, why
		s.closeLocked()
	}
}

// closeLocked begins to close, and watches the peer from now on. The caller holds the
// mutex.
func (s *Socket) closeLocked() {
	if s.closing {
		return
	}
	s.closing = true
	s.stop(time.Time{})
	if s.waited == nil {
		s.waited = s.wait()
		s.watchPeer()
	}
}

// endWithSession closes the socket because the session ends.
func (s *Socket) endWithSession() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing, s.flushBy = true, time.Now().Add(sessionEndTime)
	s.stop(s.flushBy)
}

// fail ends the socket for a reason.
func (s *Socket) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(err)
}

func (s *Socket) failLocked(err error) {
	if s.failure == nil {
		s.failure = fault.Classify(err)
	}
	s.stop(time.Unix(1, 0))
}

// failWriting ends one direction for a reason, and answers all who wait for it.
func (s *Socket) failWriting(err error) {
	s.mu.Lock()
	if s.closing && errors.Is(err, os.ErrDeadlineExceeded) {
		// The peer did not take in time what was written before the close.
		s.failLocked(err)
	}
	if s.upgrade != nil {
		// What the reader would still deliver came too late to be plain text.
		s.failLocked(err)
	}
	s.writeErr = fault.Classify(err)
	// Writing is also ended by whatever ends the socket.
	cause := s.cause()
	s.mu.Unlock()
	s.abandon(cause)
}

// stop ends reading at once and writing at a point in time. The caller holds the
// mutex, so that the reader cannot move its deadline afterwards.
func (s *Socket) stop(writing time.Time) {
	s.stopReading = true
	s.Path.StopData()
	//rule:close-gives-up-upgrade
	if s.giveUp != nil {
		s.giveUp()
	}
	// Setting a deadline fails on a closed connection only, where nobody waits.
	_ = s.conn.SetReadDeadline(time.Unix(1, 0))
	_ = s.conn.SetWriteDeadline(writing)
	signal(s.mayRead)
	signal(s.mayWrite)
}
