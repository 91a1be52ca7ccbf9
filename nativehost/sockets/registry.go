// Package sockets has the sockets of one browser connection, from the request to open one
// until the last word about it.
//
// It promises that every request about a socket is answered exactly once, in an order that
// fits what became of the socket; that no request, and no byte of one socket, can harm
// another or make another wait; that the rules are asked before a socket is opened, again
// when it is, and again with each new policy; and that no socket outlives the context of
// the request that opened it.
//
// It stands between the rules, which know no sockets, and the sockets, which know no
// rules, and knows nothing of how messages are read: package session reads them, and calls
// the methods that are named after the protocol's.
package sockets

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// Config is what a Registry is made of. All but Window and Patience must be set.
type Config struct {
	// Requests has the requests that are open; the Registry answers those that it is
	// called with.
	Requests *requests.Table
	// Stdio carries what is said about sockets, and the bytes of those without a lane.
	Stdio   *carrier.Stdio
	Buffers *buffer.Pool
	// Dialer must put every address before Rules.
	Dialer *dial.Dialer
	Policy *policy.Store
	// Near is what the Dialer's Rules go by as well.
	Near rules.Near
	// Caps hold where the policy sets no limits.
	Caps  limits.Caps
	Audit *audit.Log
	// Log learns no destination of a private window.
	Log zerolog.Logger
	// Window is the credit of the browser's side for each socket, in bytes; 0 is
	// protocol.WindowBytes.
	Window int64
	// Patience is how long a peer is waited for that acknowledges nothing more; 0 is
	// what package stream says.
	Patience time.Duration
}

// Registry is the sockets of one connection. Use New.
type Registry struct {
	config Config
	limits *limits.Counter
	// owners counts the goroutines that own a socket each.
	owners sync.WaitGroup
	// refusals, backlogs, accepts and memberships have locks of their own.
	refusals    refusals
	backlogs    backlogs
	accepts     accepts
	memberships memberships

	// mu guards sockets and its entries. It may be held while that of Requests is taken,
	// never while a socket's is: sockets answer requests while they hold theirs.
	mu      sync.Mutex
	sockets map[int64]*entry
	// reopenable is what documents may open again on their lanes, reports what the broker
	// has not been told of that, and lanes how many lanes have done so.
	reopenable map[string][]*reopenable
	reports    map[string]*report
	lanes      int64
	// over: nothing is opened any more.
	over bool
}

// state is how far a socket has come.
type state int

const (
	// stateOpening: the rules are asked, its name is resolved, it connects.
	stateOpening state = iota
	// stateGivenUp: a socket.close came while it was opening.
	stateGivenUp
	// stateOpen: it is connected, and the request to open it is answered.
	stateOpen
	// stateFailed: it will not open, for a reason that is known. The answer may have to
	// wait for the refusal delay.
	stateFailed
)

// entry is a socket from the request to open it until socket.closed.
type entry struct {
	state state
	// cancel gives up opening, and ends a socket that is open.
	cancel context.CancelFunc
	// closers are the ids of socket.close that came before it was open.
	closers []int64
	// document is whose socket it is; datagrams: it is a UDP socket.
	document  string
	datagrams bool
	// request, or local of a socket that others can send to, and remote are what a new
	// policy is asked about. They are nil, and remote is zero, until they are known; the
	// policy of then is asked after that.
	request *rules.Request
	local   *rules.LocalRequest
	remote  netip.AddrPort
	// ended is why a new policy has ended the socket, or nil. It has no say once the
	// socket has failed.
	ended error

	// conn is nil until it is open. security is nil on a plain connection.
	conn     *connection
	security *security
	// path is nil unless its carrier was not known when it was opened; lane is nil unless
	// it has taken one, or was opened there.
	path *carrier.Attachable
	lane *Lane
	// cut: it is on a lane, and the broker closes it.
	cut bool
}

// socket is what stream.Socket and datagram.Socket have in common. No method
// waits for the network.
type socket interface {
	Write(payload *buffer.Buffer, id *int64) error
	Credit(bytes int64)
	Shutdown(id int64) error
	Close(reset bool)
	// Cut closes it where more was to come. The error is how it ends, unless it was
	// ending already.
	Cut(why error)
	// Traffic returns the payload bytes so far, as the end will tell them.
	Traffic() (in, out int64)
}

// New returns a Registry without sockets. Wait must follow.
func New(config Config) *Registry {
	if config.Window == 0 {
		config.Window = protocol.WindowBytes
	}
	return &Registry{
		config:   config,
		limits:   limits.New(config.Caps),
		backlogs: backlogs{room: datagram.NewRoom(backlogRoom)},
		sockets:  map[int64]*entry{},

		reopenable: map[string][]*reopenable{},
		reports:    map[string]*report{},
	}
}

// Wait waits until every socket has ended. No request to open one may come any more; lanes
// are told that they may not.
func (r *Registry) Wait() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.owners.Wait()
}

// giveUpLocked ends the attempt to open a socket. The caller holds the mutex.
func (e *entry) giveUpLocked() {
	if e.state == stateOpening {
		e.state = stateGivenUp
	}
	e.cancel()
}

// find returns the connection of a socket that is open, or nil.
func (r *Registry) find(socketID int64) *connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.sockets[socketID]; e != nil && e.state == stateOpen {
		return e.conn
	}
	return nil
}

// onStdio returns an open socket whose bytes take stdio, or nil. One whose carrier was
// not known takes it from now on.
func (r *Registry) onStdio(socketID int64) socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.sockets[socketID]
	if e == nil || e.state != stateOpen || /*rule:stdio-reaches-no-lane-socket*/ e.lane != nil {
		return nil
	}
	if e.path != nil {
		e.path.Attach(r.config.Stdio.Path(socketID))
	}
	return e.conn.socket
}
