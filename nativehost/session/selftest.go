package session

import (
	"context"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/selftest"
	"github.com/portside/portside/protocol"
)

// selfTest is a self-test page, from the request to start it until both of its listeners
// are closed.
type selfTest struct {
	cancel context.CancelFunc
	// ended is closed when nothing of it is left.
	ended chan struct{}
}

// TryoutStart serves tryout.start. What was started before is gone before the answer.
func (s calls) TryoutStart(ctx context.Context, id int64, params protocol.TryoutStartParams) *protocol.RPCError {
	ctx, cancel := context.WithCancel(ctx)
	next := &selfTest{cancel: cancel, ended: make(chan struct{})}
	s.mu.Lock()
	last := s.selfTest
	s.selfTest = next
	s.mu.Unlock()
	s.owners.Go(func() {
		defer close(next.ended)
		defer cancel()
		//rule:selftest-restart-closes-first
		if last != nil {
			last.cancel()
			<-last.ended
		}
		// A policy that comes from now on finds it (enforce).
		//rule:selftest-needs-enabled-policy
		if p := s.Policy.Current(); !p.Settings.Enabled.Value {
			// Nothing listens for a page that could not open a socket.
			s.requests.Failure(id, rules.Forbidden(p, p.Settings.Enabled.By))
			return
		}
		s.serveSelfTest(ctx, id, params)
	})
	return nil
}

// serveSelfTest starts the page, answers, and serves it to its end.
func (s *Session) serveSelfTest(ctx context.Context, request int64, params protocol.TryoutStartParams) {
	t, err := selftest.Start(ctx, params)
	if err != nil {
		s.Log.Warn().Err(err).Msg("the self-test page cannot be served")
		s.requests.Failure(request, fault.Classify(err))
		return
	}
	s.Log.Info().Uint16("port", t.Port()).Msg("serving a self-test page, on loopback")
	s.requests.Result(request, protocol.TryoutStartResult{URL: t.URL(), Port: int64(t.Port())})
	t.Run(ctx)
	s.Log.Info().Msg("the self-test page is gone")
}

// endSelfTest begins to end the page, if there is one.
func (s *Session) endSelfTest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.selfTest != nil {
		s.selfTest.cancel()
	}
}

// TryoutStop serves tryout.stop: nothing listens any more once it is answered.
func (s calls) TryoutStop(_ context.Context, id int64, params protocol.TryoutStopParams) *protocol.RPCError {
	s.mu.Lock()
	last := s.selfTest
	s.selfTest = nil
	s.mu.Unlock()
	s.owners.Go(func() {
		//rule:selftest-stop-closes-listeners
		if last != nil {
			last.cancel()
			<-last.ended
		}
		s.requests.Result(id, protocol.TryoutStopResult{})
	})
	return nil
}
