package carrier

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/portside/portside/protocol"
)

const (
	// controlBound is how many bytes of control messages may wait for the browser
	// before Room makes the reader of requests wait. Answers are small, so this is
	// thousands of them.
	controlBound = 1 << 20
	// controlOverhead is what each of them costs besides its length.
	controlOverhead = 64
)

// encoding is how frames look on one kind of carrier.
type encoding interface {
	// most is how many bytes one data frame of a bulk transfer carries.
	most() int
	// data appends a data frame to dst. What begins at rest is a message of its own;
	// most frames are one.
	data(dst []byte, id int64, payload []byte) (frame []byte, rest int, err error)
	credit(id, bytes int64) ([]byte, error)
	end(id int64) ([]byte, error)
	closed(last protocol.SocketClosedParams) ([]byte, error)
}

// pump is what carriers have in common. Run is the only writer: control messages
// first, then one data frame of one socket, in turns. Each Write is one message.
type pump struct {
	out io.Writer
	encoding
	// wake holds a token when there may be something to write, room one when the
	// control messages may have become few.
	wake, room chan struct{}
	// done is closed when Run is over.
	done chan struct{}

	mu           sync.Mutex // guards what follows, and the paths
	control      [][]byte
	controlBytes int
	turns        []*path
	finishing    bool
	err          error
}

func newPump(out io.Writer, as encoding) *pump {
	return &pump{
		out:      out,
		encoding: as,
		wake:     make(chan struct{}, 1),
		room:     make(chan struct{}, 1),
		done:     make(chan struct{}),
	}
}

// Run writes until Finish was called and every control message is out, or until
// writing fails.
func (p *pump) Run() error {
	defer close(p.done)
	var frame []byte
	for {
		control, turn, payload, finished := p.next()
		switch {
		case finished:
			return p.fail(ErrClosed)
		case control != nil:
			if _, err := p.out.Write(control); err != nil {
				return p.fail(fmt.Errorf("write to the browser: %w", err))
			}
		case turn != nil:
			var rest int
			var err error
			frame, rest, err = p.data(frame[:0], turn.id, payload)
			// The frame is a copy, so the socket may fill its buffer again
			// while this one is on its way.
			turn.taken <- err
			if err != nil {
				continue
			}
			if err := p.write(frame[:rest], frame[rest:]); err != nil {
				return p.fail(fmt.Errorf("write to the browser: %w", err))
			}
		default:
			<-p.wake
		}
	}
}

// several is a writer that can write messages that follow each other at once.
type several interface {
	WriteMessages(messages ...[]byte) error
}

// write writes a frame, and what follows it as a message of its own, if anything does.
func (p *pump) write(frame, rest []byte) error {
	if out, ok := p.out.(several); ok && len(rest) > 0 {
		return out.WriteMessages(frame, rest)
	}
	for _, message := range [][]byte{frame, rest} {
		if len(message) == 0 {
			continue
		}
		if _, err := p.out.Write(message); err != nil {
			return err
		}
	}
	return nil
}

// next takes the next thing to write out of the queues.
func (p *pump) next() (control []byte, turn *path, payload []byte, finished bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.control) > 0 {
		control, p.control[0] = p.control[0], nil
		p.control = p.control[1:]
		p.controlBytes -= len(control) + controlOverhead
		if p.controlBytes < controlBound {
			signal(p.room)
		}
		return control, nil, nil, false
	}
	p.control = nil
	if p.finishing || p.err != nil {
		return nil, nil, nil, true
	}
	if len(p.turns) > 0 {
		turn, p.turns[0] = p.turns[0], nil
		p.turns = p.turns[1:]
		return nil, turn, turn.leave(), false
	}
	p.turns = nil
	return nil, nil, nil, false
}

// fail ends the carrier: whoever waits for a turn is told so.
func (p *pump) fail(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	for _, waiting := range p.turns {
		waiting.leave()
		waiting.taken <- ErrClosed
	}
	p.turns, p.control, p.controlBytes = nil, nil, 0
	signal(p.room)
	signal(p.wake)
	if p.finishing {
		return nil
	}
	return p.err
}

// Finish lets Run end once the control messages that are waiting are written.
func (p *pump) Finish() {
	p.mu.Lock()
	p.finishing = true
	p.mu.Unlock()
	signal(p.wake)
}

// Room waits while too many control messages wait for the browser, so that one
// that asks and asks but never reads fills no memory.
func (p *pump) Room(ctx context.Context) error {
	for {
		p.mu.Lock()
		full, err := p.controlBytes >= controlBound, p.err
		p.mu.Unlock()
		if err != nil || !full {
			return err
		}
		select {
		case <-p.room:
		case <-p.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Path returns the way to the browser for a socket.
func (p *pump) Path(id int64) Path {
	return &path{pump: p, id: id, taken: make(chan error, 1)}
}

// send queues a control frame.
func (p *pump) send(frame []byte, err error) {
	p.mu.Lock()
	if err != nil && p.err == nil {
		// A message of ours that cannot be encoded is a defect. Leaving it out
		// would leave somebody waiting, so the connection ends.
		p.err = err
	}
	if p.err == nil {
		p.control = append(p.control, frame)
		p.controlBytes += len(frame) + controlOverhead
	}
	p.mu.Unlock()
	signal(p.wake)
}

// path is a Path. The pump's mutex guards it.
type path struct {
	pump *pump
	id   int64
	// payload is the sender's, who waits for taken to have a token.
	payload []byte
	queued  bool
	stopped bool
	taken   chan error
}

// Chunk implements Path.
func (w *path) Chunk() int { return w.pump.most() }

func (w *path) Data(ctx context.Context, payload []byte) error {
	p := w.pump
	p.mu.Lock()
	if p.err != nil || p.finishing || w.stopped {
		p.mu.Unlock()
		return ErrClosed
	}
	w.payload, w.queued = payload, true
	p.turns = append(p.turns, w)
	p.mu.Unlock()
	signal(p.wake)
	select {
	case err := <-w.taken:
		return err
	case <-ctx.Done():
		p.mu.Lock()
		p.withdraw(w, ctx.Err())
		p.mu.Unlock()
		return <-w.taken
	}
}

// withdraw takes a waiting frame out of the turns. The caller holds the mutex.
func (p *pump) withdraw(w *path, err error) {
	if !w.queued {
		return
	}
	for i, other := range p.turns {
		if other == w {
			p.turns = append(p.turns[:i], p.turns[i+1:]...)
			break
		}
	}
	w.leave()
	w.taken <- err
}

// leave forgets the payload, which the path must not keep alive: it is the sender's
// again once taken has its token. The caller holds the mutex.
func (w *path) leave() []byte {
	payload := w.payload
	w.payload, w.queued = nil, false
	return payload
}

func (w *path) End() {
	w.pump.mu.Lock()
	stopped := w.stopped
	w.pump.mu.Unlock()
	if !stopped {
		w.pump.send(w.pump.end(w.id))
	}
}

func (w *path) Credit(bytes int64) { w.pump.send(w.pump.credit(w.id, bytes)) }

func (w *path) StopData() {
	w.pump.mu.Lock()
	w.stopped = true
	w.pump.withdraw(w, ErrClosed)
	w.pump.mu.Unlock()
}

func (w *path) Closed(last protocol.SocketClosedParams) { w.pump.send(w.pump.closed(last)) }

// signal leaves a token in a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
