// Package session is one browser connection: requests in, answers and events out. It
// wires the others together: it reads messages and frames of lanes, hands what they ask to
// whoever serves it, and says when each of these has to end.
//
// It promises that no message of the browser's side can stop it, that its reading of
// requests never waits for a socket, and that nothing that it has begun outlives it:
// no socket, no lane, no search for devices, no self-test page.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/lane"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

const (
	// finalFlush is how long the last messages may take to leave once every socket
	// is closed. Nobody may be there to read them.
	finalFlush = 100 * time.Millisecond
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
	// LaneOrigin is the origin of the scripts that may bring lanes.
	LaneOrigin string
	// LaneOriginTold says that the extension tells it in place of that, at lane.open. Without
	// either nobody may bring lanes.
	LaneOriginTold bool
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
	// listener is where lanes come in; privateListener where those of private windows do.
	listener, privateListener *lane.Listener
	buffers                   buffer.Pool
	// requests are those that wait for their answers, sockets those that are not closed.
	requests *requests.Table
	sockets  *sockets.Registry
	// owners counts the goroutines that own a search for devices, or the self-test page.
	owners sync.WaitGroup
	// helloDone, and the version of the protocol that is spoken from then on, belong to the
	// goroutine that reads.
	helloDone bool
	version   int64

	// mu guards what follows. It may be held while that of requests is taken.
	mu        sync.Mutex
	browsings map[int64]*browsing
	// lanes are those that are open; lanesClosed says that no more may come.
	lanes       map[*openLane]struct{}
	lanesClosed bool
	// selfTest is nil unless there is a self-test page.
	selfTest *selfTest
}

// New returns a Session. Run must follow.
func New(config Config) *Session {
	if config.Browse == nil {
		config.Browse = (*discover.Browser).Browse
	}
	s := &Session{
		Config:    config,
		out:       carrier.NewStdio(config.Out),
		browsings: map[int64]*browsing{},
		lanes:     map[*openLane]struct{}{},
	}
	s.requests = requests.New(s.out, config.Policy, config.Log)
	s.sockets = sockets.New(sockets.Config{
		Requests: s.requests, Stdio: s.out, Buffers: &s.buffers,
		Dialer: config.Dialer, Policy: config.Policy, Near: config.Near, Caps: config.Caps,
		Audit: config.Audit, Log: config.Log, Window: config.Window, Patience: config.Patience,
	})
	return s
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

	s.listener = s.newListener(ctx, false)
	s.privateListener = s.newListener(ctx, true)
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
	s.sockets.Wait()
	s.endLanes()

	s.out.Finish()
	timer := time.AfterFunc(finalFlush, func() { _ = s.Out.Close() })
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
	if /*rule:hello-comes-first.2*/ s.helloDone && s.scanned(frame) {
		return
	}
	message, fault := s.Validator.Decode(frame)
	if fault != nil {
		if !s.helloDone && message.Method != protocol.MethodHello && fault.Code != protocol.CodeParse {
			fault = protocol.NewError(protocol.CodeInvalidRequest)
		}
		s.requests.Reject(message, fault)
		return
	}
	if message.ID != nil && !s.requests.Begin(*message.ID) {
		s.requests.Reject(protocol.Message{ID: message.ID, Method: message.Method},
			protocol.NewError(protocol.CodeInvalidRequest))
		return
	}
	if fault := s.dispatch(ctx, message); fault != nil {
		s.requests.Reject(message, fault)
	}
}
