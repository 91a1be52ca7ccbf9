package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

// Upgrade is a request to put TLS on the connection.
type Upgrade struct {
	// Received is how many bytes the page has read.
	Received int64
	// Sent is how many bytes the page has sent. They may come by another way than the
	// request, so those that are missing are waited for.
	Sent int64
	// Handshake puts TLS on the connection. It may take its time before: until it has
	// called begin, the context is done when the socket is to end. An error of begin
	// says that this is so. Once begin has returned nil, Handshake is alone with the
	// connection until it returns, but for deadlines, which are how a handshake is
	// given up.
	Handshake func(ctx context.Context, begin func() error) error
	// Answer is called once, unless StartTLS returns an error: nil means that the
	// connection is secure now. It must not block.
	Answer func(error)
}

// arrival is how long what was sent before a request to upgrade may still take.
const arrival = 10 * time.Second

// StartTLS puts TLS on the connection after everything sent before. Reading stops
// at once; nothing is delivered between now and the answer. A write or a shutdown
// before the answer is a fault of the sender and ends the socket, and so does
// whatever goes wrong with the upgrade.
//
// What was read from the network in plain text must have reached the page when it
// asks: anything more was said out of turn, and would otherwise be taken for
// something that came under TLS.
func (s *Socket) StartTLS(u Upgrade) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing || s.failure != nil:
		return fault.ErrGone
	case s.writeErr != nil:
		return s.writeErr
	case s.finAsked:
		return fault.ErrHalfClosed
	case s.upgrade != nil || /*rule:upgrade-only-once*/ s.secured:
		return fault.ErrNotApplicable
		//rule:upgrade-fails-on-unread-bytes
	case s.received != u.Received:
		s.failLocked(fault.ErrPlaintext)
		return fault.ErrPlaintext
		//rule:upgrade-precedes-later-writes
	case s.accepted > u.Sent:
		s.failLocked(fault.ErrProtocol)
		return fault.ErrProtocol
	case s.endReceived:
		// The page did not know when it asked.
		s.failLocked(errEndBeforeTLS)
		return errEndBeforeTLS
	}
	s.upgrade = &u
	if s.accepted < u.Sent {
		time.AfterFunc(min(arrival, s.Patience), func() { s.expect(&u) })
	}
	_ = s.conn.SetReadDeadline(time.Unix(1, 0))
	signal(s.mayRead)
	signal(s.mayWrite)
	return nil
}

// expect ends the socket when bytes that the page says it has sent do not come.
func (s *Socket) expect(u *Upgrade) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upgrade == u && s.accepted < u.Sent {
		s.failLocked(fault.ErrProtocol)
	}
}

// errEndBeforeTLS says that the peer ended the connection instead of upgrading it.
var errEndBeforeTLS = fmt.Errorf("%w: the peer has ended the connection", fault.ErrTLS)

// secure serves the request to upgrade, for the writer, once everything written
// before is with the system.
func (s *Socket) secure(ctx context.Context) {
	// The reader has put the connection down, or is over.
	<-s.paused
	before, cancel := context.WithCancel(ctx)
	defer cancel()
	u := s.takeConnection(cancel)
	if u == nil {
		return
	}
	err := u.Handshake(before, func() error { return s.begin(ctx) })
	if ctx.Err() != nil {
		s.endWithSession() // it may not have been told yet
	}
	// The reader may be woken by credit, but what it reads waits for the answer.
	s.order.Enter()
	defer s.order.Leave()
	if s.giveConnection(err) {
		u.Answer(nil)
		signal(s.mayRead)
	}
}

// takeConnection returns the request, or nil when the socket is ending: whoever ends
// it answers. Until begin is called, giveUp is how the end of the socket is told.
func (s *Socket) takeConnection(giveUp func()) *Upgrade {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopReading {
		return nil
	}
	s.giveUp = giveUp
	_ = s.conn.SetReadDeadline(time.Time{})
	return s.upgrade
}

// begin is called before the first byte of a handshake. From then on deadlines give it
// up: crypto/tls would close the connection, also where what was written before has
// not arrived yet.
func (s *Socket) begin(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopReading || ctx.Err() != nil {
		return fault.ErrAborted
	}
	s.giveUp = nil
	return nil
}

// giveConnection lets the reader go on after a handshake, and reports whether it
// may.
func (s *Socket) giveConnection(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveUp = nil
	switch {
	case s.stopReading:
		// The handshake was given up, or came too late; its error is no news.
		return false
	case err != nil:
		s.failLocked(err)
		return false
	}
	s.upgrade, s.secured = nil, true
	return true
}

// hear notes that bytes were read, and spends credit on them. It reports false when
// they may not be delivered.
func (s *Socket) hear(bytes int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	//rule:upgrade-fails-on-late-bytes
	if s.upgrade != nil {
		s.failLocked(fault.ErrPlaintext)
		return false
	}
	s.received += bytes
	s.receiveCredit -= bytes
	return true
}

// receiveEnd notes the peer's FIN.
func (s *Socket) receiveEnd() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upgrade != nil {
		return errEndBeforeTLS
	}
	s.endReceived = true
	return nil
}
