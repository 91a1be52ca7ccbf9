package sockets_test

import (
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// The time of a refusal must not tell which rule refused.
func TestRefusalsAreDelayed(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Policy: `{"blockedDestinations": [{"host": "blocked.example"}]}`})
	for _, change := range []func(*protocol.TCPOpenParams){
		func(p *protocol.TCPOpenParams) { p.UserEntered = false },
		func(p *protocol.TCPOpenParams) { p.Host = "blocked.example" },
		func(p *protocol.TCPOpenParams) { p.Host, p.Port = "sip.example.org", 5060 },
		func(p *protocol.TCPOpenParams) { p.Origin = "http://page.example" },
	} {
		p := b.TCP(9)
		change(&p)
		asked := time.Now()
		answer := b.Answer(b.Ask(protocol.MethodTCPOpen, p))
		took := time.Since(asked)
		if answer.Error == nil || took < sockets.RefusalDelay || took >= 2*sockets.RefusalDelay {
			t.Errorf("%s:%d from %s: %+v after %v", p.Host, p.Port, p.Origin, answer.Error, took)
		}
	}
}

// A page cannot keep refusals waiting without end, and one that is closed meanwhile is
// answered at once.
func TestClosingEndsTheWait(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	p := b.TCP(9)
	p.UserEntered = false
	asked := time.Now()
	open := b.Ask(protocol.MethodTCPOpen, p)
	closing := b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID})
	hosttest.WantFailure(t, b.Answer(open), "NotAllowedError", "address")
	b.WantResult(protocol.MethodSocketClose, b.Answer(closing), nil)
	if took := time.Since(asked); took >= sockets.RefusalDelay {
		t.Errorf("answered after %v", took)
	}
}

// An origin's own rate is its own affair: it is told at once, and as that. What all
// origins use up together looks like any refusal.
func TestRates(t *testing.T) {
	caps := limits.Standard()
	caps.AttemptBurst, caps.AttemptsPerMinuteOverall = 2, 25 // five at once
	b := hosttest.Start(t, hosttest.Options{Caps: &caps})
	port := hosttest.Serve(t, hosttest.Echo)
	ask := func(origin string) int64 {
		p := b.TCP(port)
		p.Origin = origin
		return b.Ask(protocol.MethodTCPOpen, p)
	}
	for range 2 {
		b.WantResult(protocol.MethodTCPOpen, b.Answer(ask("https://a.example")), nil)
	}
	began := time.Now()
	hosttest.WantFailure(t, b.Answer(ask("https://a.example")), "QuotaExceededError", "rate")
	if took := time.Since(began); took >= sockets.RefusalDelay {
		t.Errorf("it took %v", took)
	}
	for _, origin := range []string{"https://b.example", "https://c.example", "https://d.example"} {
		b.WantResult(protocol.MethodTCPOpen, b.Answer(ask(origin)), nil)
	}
	began = time.Now()
	hosttest.WantFailure(t, b.Answer(ask("https://e.example")), "NotAllowedError", "rate")
	if took := time.Since(began); took < sockets.RefusalDelay {
		t.Errorf("it took %v", took)
	}
}
