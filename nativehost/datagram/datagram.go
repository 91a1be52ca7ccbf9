// Package datagram joins a UDP socket to its path to the browser. It promises that each
// datagram arrives whole or not at all, that those for which the page has no credit
// left wait in a backlog, and behind it in the system, if they may, which drops and counts
// what it has no room for, and that a page cannot queue more than its window.
//
// What becomes of one datagram ends no socket, and is told of no other.
//
// On a connected socket only the peer's datagrams come: the system's connect(2) filters by
// address and port. A bound one has many peers, whom Config.Peers decides about, and each
// of its payloads begins with the header of one (bound.go).
package datagram

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/gate"
	"github.com/portside/portside/nativehost/sockopt"
)

const (
	// flushTime is how long datagrams sent before a close may still take.
	flushTime = time.Second
	// sessionEndTime is the same when the browser has gone.
	sessionEndTime = 400 * time.Millisecond
	// receiveBytes holds the largest datagram of either IP version.
	receiveBytes = 64 << 10
	// systemBytes is what the system is asked to keep for a socket: what comes faster
	// than the page takes it, and has no credit yet, waits there. Systems give as much as
	// their administrators let them (net.core.rmem_max on Linux).
	systemBytes = 4 << 20
	// maxNews is how many errors in a row a receiving socket forgives without ever
	// having to wait for the next. Each stands for one ICMP message, and they do not
	// come as fast as that: such a socket is broken.
	maxNews = 1000
	// maxPending is how often a datagram is sent again because of an error. The news of
	// earlier ones are taken by the first time, or the second; what the system has
	// against this one it says every time.
	maxPending = 16
)

// Config is what a Socket is made of.
type Config struct {
	Path    carrier.Path
	Buffers *buffer.Pool
	// Answer answers a write; nil means that the system took it. It must not
	// block.
	Answer func(id int64, err error)
	// Sent answers several writes whose ids follow each other, the first of which is id:
	// the system took them. It must not block. Nil: Answer does.
	Sent func(id, count int64)
	// KeepBuffer: the system's buffer is as large as the page wants it, and holds what has
	// to wait. Else it is made large with the first credit, and there is a backlog.
	KeepBuffer bool
	// Room is what the backlogs of all sockets have. Nil: each has its own only.
	Room *Room
	// Peers is whom a bound socket may exchange datagrams with; nil: the socket is connected.
	Peers Peers
	// MayWait is asked when there is no credit for a datagram: whether it, and those
	// behind it, may wait. over is called when they do no longer. Nil: they may.
	MayWait func() (over func(), ok bool)
	// SendWindow and ReceiveWindow are the credits at the start, in bytes.
	SendWindow, ReceiveWindow int64
}

// End tells how a socket ended.
type End struct {
	// In and Out are the payload bytes that reached the browser's side and that
	// the system took; Dropped counts datagrams that came and found no room, as far as
	// the system tells.
	In, Out, Dropped int64
	// Err is nil after an orderly end.
	Err error
}

// Socket is one open UDP socket.
type Socket struct {
	conn *net.UDPConn
	Config

	// mayWrite holds a token when there may be something to send.
	mayWrite chan struct{}
	// wanted is closed once there was any credit, or the socket is being closed:
	// before, datagrams wait in the system, since nobody knows which way they go.
	wanted chan struct{}
	want   sync.Once

	// credited holds a token when receiveCredit may have grown, or the socket is being
	// closed.
	credited chan struct{}

	// came holds a token when the backlog may have grown, left when it may have become
	// shorter; both when nothing is delivered any more.
	came, left chan struct{}

	// incoming counts the goroutines that receive and deliver.
	incoming sync.WaitGroup

	// searching counts those that look for peers, until stopSearching.
	searching     sync.WaitGroup
	searches      context.Context
	stopSearching context.CancelFunc

	// order keeps received datagrams behind the answers to those that provoked
	// them. Sending waits for the local queue only, so the gate is never yielded.
	order *gate.Gate

	mu            sync.Mutex // guards what follows
	queue         []outgoing
	backlog       backlog
	deliveryOver  bool // what comes is not delivered any more
	sendCredit    int64
	receiveCredit int64
	// mostCredit is the most that receiveCredit ever was.
	mostCredit int64
	in, out    int64
	dropped    int64
	closing    bool
	resetting  bool
	cutFor     error // why it was cut, unless it was ending already
	flushBy    time.Time
	failure    error
	// What follows is a bound socket's: datagrams whose peer has been found, or not; those
	// that wait for it, by its header; and the further sockets that receive for this one.
	found   []outgoing
	sought  map[string][]outgoing
	joined  map[*net.UDPConn]struct{}
	refused int64 // datagrams that were not sent, or not let in
}

// New returns the Socket of a connected UDP socket. Run must follow.
func New(conn *net.UDPConn, config Config) *Socket {
	s := &Socket{
		conn:          conn,
		Config:        config,
		mayWrite:      make(chan struct{}, 1),
		wanted:        make(chan struct{}),
		credited:      make(chan struct{}, 1),
		came:          make(chan struct{}, 1),
		left:          make(chan struct{}, 1),
		order:         gate.New(),
		sendCredit:    config.SendWindow,
		receiveCredit: config.ReceiveWindow,
		mostCredit:    config.ReceiveWindow,
	}
	if config.Peers != nil {
		s.searches, s.stopSearching = context.WithCancel(context.Background())
		s.sought, s.joined = map[string][]outgoing{}, map[*net.UDPConn]struct{}{}
	}
	if config.ReceiveWindow > 0 {
		s.begin()
	}
	return s
}

// begin lets datagrams in.
func (s *Socket) begin() {
	s.want.Do(func() {
		if !s.KeepBuffer {
			sockopt.GrowReceiveBuffer(s.conn, systemBytes)
		}
		close(s.wanted)
	})
}

// Run moves datagrams until the socket is closed, and answers every write that is
// still waiting. When ctx is done it closes the socket as Close does.
func (s *Socket) Run(ctx context.Context) End {
	unhook := context.AfterFunc(ctx, func() { s.closeWithin(sessionEndTime) })
	defer unhook()
	s.incoming.Go(func() { s.receiveAll(s.conn) })
	s.incoming.Go(func() { s.deliverAll(ctx) })
	s.sendAll()
	if s.Peers != nil {
		s.stopSearching()
		s.searching.Wait()
	}
	s.incoming.Wait()
	s.dropBacklog()
	lost := sockopt.Dropped(s.conn)
	// Closing loses nothing: what the system took is on its way.
	_ = s.conn.Close()

	s.mu.Lock()
	queue, end := append(s.found, s.queue...), End{In: s.in, Out: s.out, Dropped: s.dropped + lost, Err: s.failure}
	s.found, s.queue = nil, nil
	if s.resetting {
		end.Err = fault.ErrAborted
	}
	if s.cutFor != nil {
		end.Err = s.cutFor
	}
	s.mu.Unlock()
	cause := end.Err
	if cause == nil {
		cause = fault.ErrAborted
	}
	for _, o := range queue {
		o.payload.Release()
		s.Answer(o.id, cause)
	}
	return end
}

// Traffic returns the bytes that End would tell if the socket ended now.
func (s *Socket) Traffic() (in, out int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in, s.out
}

// Close begins to close the socket: nothing more is delivered from now on.
// Datagrams sent before go out, within a second, unless reset is set.
func (s *Socket) Close(reset bool) {
	if !reset {
		s.closeWithin(flushTime)
		return
	}
	s.mu.Lock()
	s.closing, s.resetting = true, true
	s.stop(time.Unix(1, 0))
	s.mu.Unlock()
}

// Cut closes the socket at once: datagrams promise nothing. The error is how it ends,
// unless it was ending already.
func (s *Socket) Cut(why error) {
	s.mu.Lock()
	if !s.closing && s.failure == nil {
		s.cutFor = why
	}
	s.mu.Unlock()
	s.Close(true)
}

func (s *Socket) closeWithin(limit time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := time.Now().Add(limit)
	if s.closing && !by.Before(s.flushBy) {
		return
	}
	s.closing, s.flushBy = true, by
	s.stop(by)
	if s.Peers != nil {
		time.AfterFunc(limit, s.stopSearching)
	}
}

// fail ends the socket for a reason. The caller holds the mutex.
func (s *Socket) fail(err error) {
	if s.failure == nil {
		s.failure = fault.Classify(err)
	}
	s.closing = true
	s.stop(time.Unix(1, 0))
}

// stop ends receiving at once and sending at a point in time. The caller holds the
// mutex.
func (s *Socket) stop(sending time.Time) {
	s.Path.StopData()
	s.begin()
	_ = s.conn.SetReadDeadline(time.Unix(1, 0))
	_ = s.conn.SetWriteDeadline(sending)
	for conn := range s.joined {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	}
	if s.Peers != nil && sending.Before(time.Now()) {
		s.stopSearching()
	}
	signal(s.mayWrite)
	signal(s.credited)
	signal(s.came)
	signal(s.left)
}

// signal leaves a token in a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Shutdown is nothing that UDP has.
func (s *Socket) Shutdown(int64) error { return fault.ErrNotApplicable }
