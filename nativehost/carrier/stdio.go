package carrier

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/portside/portside/protocol"
)

// controlBound is how many bytes of control messages may wait for the browser
// before Room makes the reader of requests wait. Answers are small, so this is
// thousands of them.
const controlBound = 1 << 20

// Stdio carries frames over one stream, the host's stdout. Run is its only writer:
// control messages first, then one data frame of one socket, in turns.
type Stdio struct {
	out io.Writer
	// wake holds a token when there may be something to write, room one when the
	// control messages may have become few.
	wake, room chan struct{}
	// done is closed when Run is over.
	done chan struct{}

	mu           sync.Mutex // guards what follows, and the lanes
	control      [][]byte
	controlBytes int
	turns        []*stdioLane
	finishing    bool
	err          error
}

// NewStdio returns a carrier that writes to out once Run runs.
func NewStdio(out io.Writer) *Stdio {
	return &Stdio{
		out:  out,
		wake: make(chan struct{}, 1),
		room: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
}

// Run writes until Finish was called and every control message is out, or until
// writing fails.
func (s *Stdio) Run() error {
	defer close(s.done)
	var frame []byte
	for {
		control, lane, payload, finished := s.next()
		switch {
		case finished:
			return s.fail(ErrClosed)
		case control != nil:
			if _, err := s.out.Write(control); err != nil {
				return s.fail(fmt.Errorf("write to the browser: %w", err))
			}
		case lane != nil:
			var err error
			frame, err = protocol.AppendData(frame[:0], lane.id, payload)
			// The frame is a copy, so the socket may fill its buffer again
			// while this one is on its way.
			lane.taken <- err
			if err != nil {
				continue
			}
			if _, err := s.out.Write(frame); err != nil {
				return s.fail(fmt.Errorf("write to the browser: %w", err))
			}
		default:
			<-s.wake
		}
	}
}

// next takes the next thing to write out of the queues.
func (s *Stdio) next() (control []byte, lane *stdioLane, payload []byte, finished bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.control) > 0 {
		control, s.control[0] = s.control[0], nil
		s.control = s.control[1:]
		s.controlBytes -= len(control)
		if s.controlBytes < controlBound {
			signal(s.room)
		}
		return control, nil, nil, false
	}
	s.control = nil
	if s.finishing || s.err != nil {
		return nil, nil, nil, true
	}
	if len(s.turns) > 0 {
		lane, s.turns[0] = s.turns[0], nil
		s.turns = s.turns[1:]
		return nil, lane, lane.leave(), false
	}
	s.turns = nil
	return nil, nil, nil, false
}

// fail ends the carrier: whoever waits for a turn is told so.
func (s *Stdio) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	for _, lane := range s.turns {
		lane.leave()
		lane.taken <- ErrClosed
	}
	s.turns, s.control, s.controlBytes = nil, nil, 0
	signal(s.room)
	signal(s.wake)
	if s.finishing {
		return nil
	}
	return s.err
}

// Finish lets Run end once the control messages that are waiting are written.
func (s *Stdio) Finish() {
	s.mu.Lock()
	s.finishing = true
	s.mu.Unlock()
	signal(s.wake)
}

// Room waits while too many control messages wait for the browser, so that one
// that asks and asks but never reads fills no memory.
func (s *Stdio) Room(ctx context.Context) error {
	for {
		s.mu.Lock()
		full, err := s.controlBytes >= controlBound, s.err
		s.mu.Unlock()
		if err != nil || !full {
			return err
		}
		select {
		case <-s.room:
		case <-s.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Result answers the request id.
func (s *Stdio) Result(id int64, result any) {
	s.send(protocol.AppendResult(nil, id, result))
}

// Error answers the request id, or what could not be read when id is nil.
func (s *Stdio) Error(id *int64, fault *protocol.RPCError) {
	s.send(protocol.AppendError(nil, id, fault))
}

// Notify says something that is about no socket.
func (s *Stdio) Notify(method string, params any) {
	s.send(protocol.AppendNotification(nil, method, params))
}

// Lane returns the way to the browser for a new socket.
func (s *Stdio) Lane(id int64) Lane {
	return &stdioLane{carrier: s, id: id, taken: make(chan error, 1)}
}

// send queues a control frame.
func (s *Stdio) send(frame []byte, err error) {
	s.mu.Lock()
	if err != nil && s.err == nil {
		// A message of ours that cannot be encoded is a defect. Leaving it out
		// would leave somebody waiting, so the connection ends.
		s.err = err
	}
	if s.err == nil {
		s.control = append(s.control, frame)
		s.controlBytes += len(frame)
	}
	s.mu.Unlock()
	signal(s.wake)
}

// stdioLane is a Lane of Stdio. The carrier's mutex guards it.
type stdioLane struct {
	carrier *Stdio
	id      int64
	// payload is the sender's, who waits for taken to have a token.
	payload []byte
	queued  bool
	muted   bool
	taken   chan error
}

func (l *stdioLane) Data(ctx context.Context, payload []byte) error {
	s := l.carrier
	s.mu.Lock()
	if s.err != nil || s.finishing || l.muted {
		s.mu.Unlock()
		return ErrClosed
	}
	l.payload, l.queued = payload, true
	s.turns = append(s.turns, l)
	s.mu.Unlock()
	signal(s.wake)
	select {
	case err := <-l.taken:
		return err
	case <-ctx.Done():
		s.mu.Lock()
		s.withdraw(l, ctx.Err())
		s.mu.Unlock()
		return <-l.taken
	}
}

// withdraw takes a waiting frame out of the turns. The caller holds the mutex.
func (s *Stdio) withdraw(l *stdioLane, err error) {
	if !l.queued {
		return
	}
	for i, other := range s.turns {
		if other == l {
			s.turns = append(s.turns[:i], s.turns[i+1:]...)
			break
		}
	}
	l.leave()
	l.taken <- err
}

// leave forgets the payload, which the lane must not keep alive: it is the sender's
// again once taken has its token. The caller holds the mutex.
func (l *stdioLane) leave() []byte {
	payload := l.payload
	l.payload, l.queued = nil, false
	return payload
}

func (l *stdioLane) End() {
	l.carrier.mu.Lock()
	muted := l.muted
	l.carrier.mu.Unlock()
	if !muted {
		l.carrier.send(protocol.AppendNotification(nil, protocol.MethodSocketEnd,
			protocol.SocketEndParams{SocketID: l.id}))
	}
}

func (l *stdioLane) Credit(bytes int64) {
	l.carrier.send(protocol.AppendNotification(nil, protocol.MethodSocketCredit,
		protocol.SocketCreditParams{SocketID: l.id, Bytes: bytes}))
}

func (l *stdioLane) Mute() {
	l.carrier.mu.Lock()
	l.muted = true
	l.carrier.withdraw(l, ErrClosed)
	l.carrier.mu.Unlock()
}

func (l *stdioLane) Closed(end protocol.SocketClosedParams) {
	l.carrier.send(protocol.AppendNotification(nil, protocol.MethodSocketClosed, end))
}

// signal leaves a token in a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
