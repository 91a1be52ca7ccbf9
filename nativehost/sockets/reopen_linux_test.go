package sockets_test

import (
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// A page may give up what is opening. About a socket that is not open it may say nothing else.
func TestReopeningIsGivenUp(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true, Judged: true})
	p := b.Lane(t, "document")
	of := b.OpenReopenable(hosttest.TakesOne(t), nil).ID
	id := p.Reopen(of, 1)
	p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: id})
	p.Wait("the end", id, func(s *hosttest.OnLane) bool { return s.Closed != nil && *s.Closed == "AbortError" })
	b.MustCall(protocol.MethodReopenEnd, protocol.ReopenEndParams{Document: "document"}, nil)
	b.Mu.Lock()
	if len(b.Reports) > 0 {
		t.Errorf("reported: %+v", b.Reports)
	}
	b.Mu.Unlock()
	of = b.OpenReopenable(hosttest.TakesOne(t), nil).ID
	id = p.Reopen(of, 2)
	p.Credit(id, 1)
	p.WaitGone("credit for a socket that is not open")
}

// A lane opens so many at a time.
func TestReopeningAtOnceIsBounded(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true, Judged: true, Caps: &limits.Caps{
		Overall: 1024, PerOrigin: 1024, PendingPerOrigin: 1024, TypeOfService: 47,
	}})
	p := b.Lane(t, "document")
	of := b.OpenReopenable(hosttest.TakesOne(t), nil).ID
	for n := range int64(protocol.ReopensAtOnce) {
		p.Reopen(of, n+1)
	}
	wantDeclined(p, "one too many", p.Reopen(of, protocol.ReopensAtOnce+1))
	p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: protocol.FirstReopenedID + 1})
	p.Wait("the end", protocol.FirstReopenedID+1, func(s *hosttest.OnLane) bool { return s.Closed != nil })
	id := p.Reopen(of, protocol.ReopensAtOnce+2)
	p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: id})
	p.Wait("the end", id, func(s *hosttest.OnLane) bool { return s.Closed != nil && !s.Declined })
}
