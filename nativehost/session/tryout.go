package session

import (
	"context"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/tryout"
	"github.com/portside/portside/protocol"
)

// trying is a page to try it with, from the request to start it until both of its
// listeners are closed.
type trying struct {
	cancel context.CancelFunc
	// ended is closed when nothing of it is left.
	ended chan struct{}
}

// TryoutStart serves tryout.start. What was started before is gone before the answer.
func (s calls) TryoutStart(ctx context.Context, id int64, params protocol.TryoutStartParams) *protocol.RPCError {
	ctx, cancel := context.WithCancel(ctx)
	next := &trying{cancel: cancel, ended: make(chan struct{})}
	s.mu.Lock()
	last := s.trying
	s.trying = next
	s.mu.Unlock()
	s.owners.Go(func() {
		defer close(next.ended)
		defer cancel()
		if last != nil {
			last.cancel()
			<-last.ended
		}
		// A policy that comes from now on finds it (enforce).
		if p := s.Policy.Current(); !p.Settings.Enabled.Value {
			// Nothing listens for a page that could not open a socket.
			s.failure(id, rules.Forbidden(p, p.Settings.Enabled.By))
			return
		}
		s.try(ctx, id, params)
	})
	return nil
}

// try starts the page, answers, and serves it to its end.
func (s *Session) try(ctx context.Context, request int64, params protocol.TryoutStartParams) {
	t, err := tryout.Start(ctx, params)
	if err != nil {
		s.Log.Warn().Err(err).Msg("the page to try it with cannot be served")
		s.failure(request, fault.Classify(err))
		return
	}
	s.Log.Info().Uint16("port", t.Port()).Msg("serving a page to try it with, on loopback")
	s.result(request, protocol.TryoutStartResult{URL: t.URL(), Port: int64(t.Port())})
	t.Run(ctx)
	s.Log.Info().Msg("the page to try it with is gone")
}

// TryoutStop serves tryout.stop: nothing listens any more once it is answered.
func (s calls) TryoutStop(_ context.Context, id int64, params protocol.TryoutStopParams) *protocol.RPCError {
	s.mu.Lock()
	last := s.trying
	s.trying = nil
	s.mu.Unlock()
	s.owners.Go(func() {
		if last != nil {
			last.cancel()
			<-last.ended
		}
		s.result(id, protocol.TryoutStopResult{})
	})
	return nil
}
