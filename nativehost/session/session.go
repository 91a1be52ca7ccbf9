// Package session is one browser connection: requests in, answers and events out.
// It owns every socket of the connection and waits for each before it ends.
//
// It promises that every request is answered exactly once, that no message of the
// browser's side can stop it or harm a socket that the message does not name, that
// its reading of requests never waits for a socket, and that no socket outlives it.
//
// It is the only package that knows all the others: the rules, which know no
// sockets, and the sockets, which know no rules.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/lane"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

const (
	// lastWords is how long the last messages may take to leave once every socket
	// is closed. Nobody may be there to read them.
	lastWords = 100 * time.Millisecond
	// maxRequests is how many requests may wait for their answers.
	maxRequests = 1 << 17
)

// ErrBrowserGone says that the browser's side takes no more messages.
var ErrBrowserGone = errors.New("the browser has closed the connection")

// Config is what a Session is made of. All but Window and Browse must be set.
type Config struct {
	// In and Out are the browser's side. Run closes both.
	In  io.ReadCloser
	Out io.WriteCloser

	Validator *protocol.Validator
	// Dialer must put every address before Rules.
	Dialer *dial.Dialer
	Policy *policy.Store
	// Near is what the Dialer's Rules go by as well.
	Near rules.Near
	// Browse looks for devices nearby; nil is what package discover does.
	Browse func(*discover.Browser, context.Context, discover.Query, func(discover.Device)) error
	// PolicyChanged, which may be nil, is called with each new policy.
	PolicyChanged func(*policy.Policy)
	// Caps hold where the policy sets no limits.
	Caps  limits.Caps
	Audit *audit.Log
	// Log is for faults of the protocol. It learns no destination of a private
	// window.
	Log zerolog.Logger
	// LaneOrigin is the origin of the scripts that may bring lanes; without it nobody
	// may.
	LaneOrigin string
	// Window is the credit of the browser's side for each socket, in bytes; 0 is
	// protocol.WindowBytes.
	Window int64
	// Patience is how long a peer is waited for that acknowledges nothing more; 0 is
	// what package stream says.
	Patience time.Duration
}

// Session is one browser connection.
type Session struct {
	Config
	out *carrier.Stdio
	// door is where lanes come in; privateDoor where those of private windows do.
	door, privateDoor *lane.Door
	buffers           buffer.Pool
	limits            *limits.Counter
	// owners counts the goroutines that own a socket, a search for devices, or the
	// page to try it with.
	owners sync.WaitGroup
	// greeted belongs to the goroutine that reads.
	greeted bool

	// mu guards what follows. It may be held while the carrier's is taken, never
	// while a socket's is: sockets answer requests while they hold theirs.
	mu        sync.Mutex
	sockets   map[int64]*entry
	requests  map[int64]struct{}
	browsings map[int64]*browsing
	// lanes are those that are open; parted says that no more may come.
	lanes  map[*laneOf]struct{}
	parted bool
	// trying is nil unless there is a page to try it with.
	trying *trying
	// waits and backlogs have locks of their own.
	waits    waits
	backlogs *datagram.Room
	// hushed counts the refusals that wait for their moment, privateHushed those of
	// private windows.
	hushed, privateHushed hushed
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
	// stateFailed: it will not open, for a reason that is known. That may have to wait for
	// its moment.
	stateFailed
)

// entry is a socket from the request to open it until socket.closed.
type entry struct {
	state state
	// cancel gives up opening.
	cancel context.CancelFunc
	// socket is there once it is open.
	socket socket
	// startTLS is nil for a socket that was not opened to be upgraded.
	startTLS upgrader
	// setOption is nil for a UDP socket.
	setOption func(option string, value int64) error
	// closers are the ids of socket.close that came before it was open.
	closers []int64
	// request and remote are what a new policy is asked about. request is nil, and remote
	// the zero Addr, until they are known; the policy of then is asked after that.
	request *rules.Request
	remote  netip.Addr
	// security is nil on a plain connection.
	security *security
	// document is whose socket it is. late is nil unless the carrier was left open;
	// lane is nil unless the socket has taken one.
	document string
	late     *carrier.Late
	lane     *laneOf
	// cut: it is on a lane, and the broker closes it.
	cut bool
	// datagrams: it is a UDP socket.
	datagrams bool
	// ended is why a new policy has ended the socket, or nil. It has no say once the
	// socket has failed.
	ended error
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

// New returns a Session. Run must follow.
func New(config Config) *Session {
	if config.Window == 0 {
		config.Window = protocol.WindowBytes
	}
	if config.Browse == nil {
		config.Browse = (*discover.Browser).Browse
	}
	return &Session{
		Config:    config,
		out:       carrier.NewStdio(config.Out),
		limits:    limits.New(config.Caps),
		sockets:   map[int64]*entry{},
		requests:  map[int64]struct{}{},
		browsings: map[int64]*browsing{},
		lanes:     map[*laneOf]struct{}{},
		backlogs:  datagram.NewRoom(backlogRoom),
	}
}

// Run serves the connection until its input ends, until the browser's side takes
// no more messages, or until ctx is done, and then closes every socket. It returns
// nil after an orderly end, protocol.ErrFraming when the input cannot be read as
// frames, and ErrBrowserGone when the output failed.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	unhook := context.AfterFunc(ctx, func() { _ = s.In.Close() })
	defer unhook()

	s.door = s.newDoor(ctx, false)
	s.privateDoor = s.newDoor(ctx, true)
	written := make(chan error, 1)
	go func() {
		defer cancel()
		written <- s.out.Run()
	}()

	watch := s.Policy.Watch(s.policyChanged) // before anything can change it
	s.owners.Go(func() { watch(ctx) })
	err := s.read(ctx)
	stopped := ctx.Err() != nil
	cancel()
	s.owners.Wait()
	s.endLanes()

	s.out.Finish()
	timer := time.AfterFunc(lastWords, func() { _ = s.Out.Close() })
	writeErr := <-written
	timer.Stop()
	_ = s.Out.Close()

	switch {
	case errors.Is(err, protocol.ErrFraming):
		return err
	case errors.Is(err, io.EOF):
		return nil
	case writeErr != nil:
		return fmt.Errorf("%w: %w", ErrBrowserGone, writeErr)
	case stopped:
		return nil
	default:
		return err
	}
}

// read takes one frame after the other until the input ends.
func (s *Session) read(ctx context.Context) error {
	frames := protocol.NewFrameReader(s.In)
	for {
		if err := s.out.Room(ctx); err != nil {
			return err
		}
		frame, err := frames.Next()
		if err != nil {
			return err
		}
		s.handle(ctx, frame)
	}
}

// handle serves one frame, which is only valid during the call.
func (s *Session) handle(ctx context.Context, frame []byte) {
	if s.greeted && s.scanned(frame) {
		return
	}
	message, fault := s.Validator.Decode(frame)
	if fault != nil {
		if !s.greeted && message.Method != protocol.MethodHello && fault.Code != protocol.CodeParse {
			fault = protocol.NewError(protocol.CodeInvalidRequest)
		}
		s.reject(message, fault)
		return
	}
	if message.ID != nil && !s.begin(*message.ID) {
		s.reject(protocol.Message{ID: message.ID, Method: message.Method},
			protocol.NewError(protocol.CodeInvalidRequest))
		return
	}
	if fault := s.dispatch(ctx, message); fault != nil {
		s.reject(message, fault)
	}
}

// begin notes that a request waits for its answer. It reports false when the id is
// taken, or when too many are.
func (s *Session) begin(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.requests[id]; taken || len(s.requests) >= maxRequests {
		return false
	}
	s.requests[id] = struct{}{}
	return true
}

// reject logs a message that cannot be served and answers it, or says so without
// an id when it has none or one that another request holds.
func (s *Session) reject(message protocol.Message, fault *protocol.RPCError) {
	s.Log.Warn().Str("method", message.Method).Int64("code", fault.Code).Msg("message refused")
	s.mu.Lock()
	defer s.mu.Unlock()
	if message.ID == nil {
		s.out.Error(nil, fault)
		return
	}
	if message.Params == nil {
		// The message was refused before its id was noted. An id that is taken
		// belongs to the request that is still open, which is to be answered once.
		id := message.ID
		if _, taken := s.requests[*id]; taken {
			id = nil
		}
		s.out.Error(id, fault)
		return
	}
	delete(s.requests, *message.ID)
	s.out.Error(message.ID, fault)
}
