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

// startTrying serves tryout.start. What was started before is gone before the answer.
func (s *Session) startTrying(ctx context.Context, message protocol.Message) *protocol.RPCError {
	var params protocol.TryoutStartParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	if p := s.Policy.Current(); !p.Settings.Enabled.Value {
		// Nothing listens for a page that could not open a socket.
		s.failure(*message.ID, rules.Forbidden(p, p.Settings.Enabled.By))
		return nil
	}
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
		s.try(ctx, *message.ID, params)
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

// stopTrying serves tryout.stop: nothing listens any more once it is answered.
func (s *Session) stopTrying(message protocol.Message) *protocol.RPCError {
	var params protocol.TryoutStopParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	s.mu.Lock()
	last := s.trying
	s.trying = nil
	s.mu.Unlock()
	s.owners.Go(func() {
		if last != nil {
			last.cancel()
			<-last.ended
		}
		s.result(*message.ID, protocol.TryoutStopResult{})
	})
	return nil
}
