package stream

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

const (
	// idleBytes is the buffer that a socket waits with. Thousands may wait.
	idleBytes = 4 << 10
	// sillyWindow is the silly-window threshold, in bytes: less is not worth a frame of its
	// own while a quarter of the window or more is with the page, which owes credit for it
	// (RFC 1122, section 4.2.3.3, has the same for TCP).
	sillyWindow = protocol.ChunkBytes / 2
	// bulkPatience is how long a socket keeps the large buffer without bytes.
	bulkPatience = 20 * time.Millisecond
)

// errStopped says that somebody else ended reading.
var errStopped = errors.New("reading was stopped")

// Credit lets the host send more. Too much of it ends the socket.
func (s *Socket) Credit(bytes int64) {
	s.mu.Lock()
	if s.receiveCredit+bytes > /*rule:excess-credit-ends-socket*/ protocol.MaxWindowBytes {
		s.failLocked(fault.ErrProtocol)
	} else {
		s.receiveCredit += bytes
		s.receiveWindow = max(s.receiveWindow, s.receiveCredit)
	}
	s.mu.Unlock()
	signal(s.mayRead)
}

// read moves bytes from the network to the browser. It returns nil at the peer's FIN
// and errStopped when the socket is being closed.
//
// A socket waits with a small buffer. One that fills it has more to say, so it
// borrows a large one for as long as bytes keep coming, and gives it back when
// they stop, or while the page does.
func (s *Socket) read(ctx context.Context) error {
	small := s.Buffers.Get(idleBytes)
	defer small.Release()
	var large *buffer.Buffer
	bulk := false // bytes keep coming
	giveBack := func() {
		if large != nil {
			large.Release()
			large = nil
		}
	}
	defer giveBack()
	for {
		credit, state := s.credit()
		switch {
		case state == stopped:
			return errStopped
		case state == pausing:
			giveBack()
			signal(s.paused)
			<-s.mayRead
			continue
		case credit == 0:
			giveBack()
			<-s.mayRead
			continue
		}
		into := small.Bytes[:cap(small.Bytes)]
		if bulk {
			if large == nil {
				large = s.Buffers.Get(s.Path.Chunk())
			}
			into = large.Bytes[:min(cap(large.Bytes), s.Path.Chunk())]
		}
		s.readWithin(bulk)
		n, err := s.conn.Read(into[:min(credit, int64(len(into)))])
		if n > 0 {
			if s.deliver(ctx, into[:n]) != nil {
				return errStopped
			}
		}
		switch {
		case err == nil && !bulk:
			bulk = n == len(into)
		case err == nil && n > idleBytes:
		case err == nil || errors.Is(err, os.ErrDeadlineExceeded):
			bulk = false
			giveBack()
		case errors.Is(err, io.EOF):
			return s.receiveEnd()
		default:
			return fault.Classify(err)
		}
	}
}

// reading says what the reader is to do.
type reading int

const (
	going   reading = iota
	pausing         // TLS is about to be put on the connection
	stopped
)

// credit returns how many bytes are to be delivered now. The reader spends it only
// when it has read them, so that what a waiting socket might read counts as left.
func (s *Socket) credit() (int64, reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopReading:
		return 0, stopped
	case s.upgrade != nil:
		return 0, pausing
	case s.receiveCredit < sillyWindow && s.receiveWindow >= 4*sillyWindow && (s.receiveWindow-s.receiveCredit)*4 >= s.receiveWindow:
		// More is sure to come, as soon as the page has read what it was sent.
		return 0, going
	default:
		return s.receiveCredit, going
	}
}

// readWithin lets the next Read wait for bulkPatience, or for ever.
func (s *Socket) readWithin(bulk bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopReading || s.upgrade != nil {
		return
	}
	var deadline time.Time
	if bulk {
		deadline = time.Now().Add(bulkPatience)
	}
	_ = s.conn.SetReadDeadline(deadline)
}

// deliver spends credit and takes its turn.
func (s *Socket) deliver(ctx context.Context, payload []byte) error {
	if !s.hear(int64(len(payload))) {
		return errStopped
	}
	s.order.Pass()
	if err := s.Path.Data(ctx, payload); err != nil {
		return err
	}
	s.mu.Lock()
	s.delivered += int64(len(payload))
	s.mu.Unlock()
	return nil
}
