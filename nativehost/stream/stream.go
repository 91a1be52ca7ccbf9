// Package stream joins a TCP connection to its path to the browser. It promises that
//
//   - no byte is read from the network without credit from the page, so that a
//     page that does not read closes the peer's window instead of filling memory;
//   - the bytes that wait for the network never exceed the window, and whoever
//     oversteps it loses this socket and no other;
//   - between a request to upgrade to TLS and its answer no byte but the handshake's
//     is written or delivered, and a byte too many in plain text ends the socket;
//   - each direction ends on its own, and what was received before an end or an
//     error is delivered before it is told;
//   - what was written reaches the peer's system before the end is told, or the end
//     is an error;
//   - none of its methods but Run waits for the network.
//
// It does not know who asked for the connection or whether they may have it.
package stream

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/gate"
)

const (
	// patience is how long a peer that acknowledges nothing more is waited for once
	// all is written, or the socket closed; one that goes on, however slowly, is
	// waited for patienceInAll times as long.
	patience      = 2 * time.Minute
	patienceInAll = 5
	// flushTime is how long FIN alone may take, which nobody would miss; and where the
	// system does not tell what the peer has, all that was written.
	flushTime = time.Second
	// sessionEndTime is how long bytes written before may take when the browser has gone:
	// the host must be gone within a second too.
	sessionEndTime = 400 * time.Millisecond
	// drainTime is how long received bytes are still delivered after writing has
	// failed. A peer that closed with RST has often sent the reason before.
	drainTime = 2 * time.Second
)

// Conn is what a Socket needs of a connection; *dial.Conn is one. Deadlines may be
// set while Read and Write wait.
type Conn interface {
	io.Reader
	// Write and CloseWrite are called by the writer of a gate that it has entered,
	// and yield it while they wait for the peer.
	Write(g *gate.Gate, p []byte) (int, error)
	CloseWrite(g *gate.Gate) error
	Close() error
	Reset() error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	// Sending tells what the peer has of what was written, if the system knows.
	Sending() (dial.Sending, bool)
	// Discard reads what nobody wants any more.
	Discard(p []byte) (int, error)
}

// Config is what a Socket is made of.
type Config struct {
	Path    carrier.Path
	Buffers *buffer.Pool
	// Answer answers a request that had to wait: nil means that it was done. It
	// must not block.
	Answer func(id int64, err error)
	// SendWindow is the credit of the browser's side at the start, and the most
	// that it can have; ReceiveWindow is the host's at the start. In bytes.
	SendWindow, ReceiveWindow int64
	// Patience is how long to wait for a peer that acknowledges nothing more; 0 is
	// two minutes.
	Patience time.Duration
}

// End tells how a socket ended.
type End struct {
	// In and Out are the payload bytes that reached the browser's side, and that
	// the system took for the peer.
	In, Out int64
	// Err is nil after an orderly end, and fault.ErrAborted after a reset that the
	// browser's side asked for.
	Err error
}

// Socket is one open TCP socket.
type Socket struct {
	conn Conn
	Config

	// mayWrite and mayRead hold a token when there may be something to do for the
	// goroutine that writes to the network, or more credit for the one that reads.
	mayWrite, mayRead chan struct{}
	// paused holds a token once the reader leaves the connection to an upgrade, or
	// is over.
	paused chan struct{}

	// order keeps received bytes behind the answers to the writes that provoked
	// them.
	order *gate.Gate

	mu sync.Mutex // guards what follows

	// Towards the network.
	queue      []*buffer.Buffer
	accepted   int64 // bytes that were ever put into the queue
	written    int64 // bytes that the system took
	sendCredit int64
	owed       int64 // bytes taken by the system whose credit was not given back yet
	waiting    []waiting
	finAsked   bool
	finSent    bool
	finWaiting []int64

	// Towards the browser.
	receiveCredit int64
	receiveWindow int64 // the most that receiveCredit was
	received      int64 // bytes read from the network in plain text, or under TLS
	endReceived   bool  // the peer's FIN was read
	delivered     int64
	// Between the two.
	upgrade *Upgrade // waits for its answer
	secured bool     // an upgrade has succeeded
	// giveUp, unless it is nil, ends what comes before a handshake.
	giveUp func()

	// The end.
	closing   bool // by socket.close, by the end of its lane, or by the session's
	cutting   bool // more was to come: it ends with RST
	resetting bool
	cutFor    error // why it was cut, unless it was ending already
	// flushBy is when it is over at any rate, if the session has ended.
	flushBy time.Time
	// watch looks whether the peer goes on while bytes wait that were written before
	// the close.
	watch *time.Timer
	// waited is nil until the peer is waited for. What is written before the close and
	// what the system has then wait for one term together. It is watchPeer's first, and
	// from then on linger's.
	waited      *waited
	stopReading bool
	failure     error // ends both directions
	writeErr    error // ends writing; reading may go on for drainTime
}

// waiting is a request that is answered once the system has taken upTo bytes.
type waiting struct{ upTo, id int64 }

// New returns the Socket of an open connection. Run must follow.
func New(conn Conn, config Config) *Socket {
	if config.Patience == 0 {
		config.Patience = patience
	}
	return &Socket{
		conn:          conn,
		Config:        config,
		mayWrite:      make(chan struct{}, 1),
		mayRead:       make(chan struct{}, 1),
		paused:        make(chan struct{}, 1),
		order:         gate.New(),
		sendCredit:    config.SendWindow,
		receiveCredit: config.ReceiveWindow,
		receiveWindow: config.ReceiveWindow,
	}
}

// Run moves bytes until the socket has ended, closes the connection, and answers
// every request that is still waiting. When ctx is done it closes the socket as
// Close does, within sessionEndTime.
func (s *Socket) Run(ctx context.Context) End {
	unhook := context.AfterFunc(ctx, s.endWithSession)
	defer unhook()
	readerDone := make(chan struct{})
	go func() {
		defer close(readerDone)
		s.endReading(s.read(ctx))
		signal(s.paused)
	}()
	err := s.write(ctx)
	s.stopWatching()
	if err != nil {
		// From here on the reader has the last word, but not for ever.
		s.failWriting(err)
		timer := time.AfterFunc(drainTime, func() { s.fail(err) })
		defer timer.Stop()
	}
	<-readerDone
	return s.finish()
}

// Traffic returns what End would tell if the socket ended now.
func (s *Socket) Traffic() (in, out int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delivered, s.written
}

// signal leaves a token in a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
