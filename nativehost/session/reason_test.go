package session

import (
	"net"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// What a page may know of a failed open, and that it may know nothing where an
// administrator says so.
func TestPageReasonOfAnOpen(t *testing.T) {
	closed, plain, hole := closedPort(t), serve(t, func(c *net.TCPConn) { _, _ = c.Write([]byte("hello, this is no TLS\r\n")) }), blackHole(t)
	for _, c := range []struct {
		reason string
		change func(*protocol.TCPOpenParams)
	}{
		{"refused", func(p *protocol.TCPOpenParams) { p.Port = int64(closed) }},
		{"dns", func(p *protocol.TCPOpenParams) { p.Host = "nobody.invalid" }},
		{"timeout", func(p *protocol.TCPOpenParams) { p.Port, p.Timeout = int64(hole), 100 }},
		{"tls", func(p *protocol.TCPOpenParams) { p.Port, p.SecureTransport = int64(plain), "on" }},
		{"", func(p *protocol.TCPOpenParams) { p.Host, p.UserEntered = "127.0.0.1", false }},
	} {
		for policy, want := range map[string]string{"": c.reason, `{"errorDetail":"reason"}`: c.reason, `{"errorDetail":"none"}`: ""} {
			b := start(t, options{policy: policy, dialer: &dial.Dialer{Resolver: literals{}}})
			p := b.tcp(9)
			c.change(&p)
			m := b.answer(b.ask(protocol.MethodTCPOpen, p))
			if m.Error == nil || m.Error.Data == nil || m.Error.Data.PageReason != want || m.Error.Data.Reason == "" {
				t.Errorf("%s with %s: %+v", c.reason, policy, m.Error)
			}
			if (m.Error.Data.Name == "NetworkError") != (c.reason != "") {
				t.Errorf("%s: %s", c.reason, m.Error.Data.Name)
			}
		}
	}
}

// The same of a socket that was open, by either carrier.
func TestPageReasonOfAnEnd(t *testing.T) {
	for policy, want := range map[string]string{"": "reset", `{"errorDetail":"none"}`: ""} {
		for _, byLane := range []bool{false, true} {
			b := start(t, options{policy: policy, lanes: true})
			reset := make(chan struct{})
			port := serve(t, func(c *net.TCPConn) {
				<-reset
				_ = c.SetLinger(0)
			})
			if !byLane {
				r, _ := b.open(port, nil)
				close(reset)
				b.waitClosed(r)
				if r.closed.Name != "NetworkError" || r.closed.PageReason != want {
					t.Errorf("with %q: %+v", policy, r.closed)
				}
				continue
			}
			p := b.lane(t, "document")
			r := b.openOn(p, port)
			close(reset)
			p.wait("the last word", r.id, func(s *onLane) bool { return s.closed != nil })
			if last := p.of(r.id); *last.closed != "NetworkError" || last.reason != want {
				t.Errorf("on the lane, with %q: %q, %q", policy, *last.closed, last.reason)
			}
		}
	}
}

// An origin's own rate is its own affair: it is told at once, and as that. What all
// origins use up together looks like any refusal.
func TestRates(t *testing.T) {
	caps := limits.Standard()
	caps.AttemptBurst, caps.AttemptsPerMinuteOverall = 2, 25 // five at once
	b := start(t, options{caps: &caps})
	port := serve(t, echo)
	ask := func(origin string) int64 {
		p := b.tcp(port)
		p.Origin = origin
		return b.ask(protocol.MethodTCPOpen, p)
	}
	for range 2 {
		b.wantResult(protocol.MethodTCPOpen, b.answer(ask("https://a.example")), nil)
	}
	began := time.Now()
	wantFailure(t, b.answer(ask("https://a.example")), "QuotaExceededError", "rate")
	if took := time.Since(began); took >= refusalDelay {
		t.Errorf("it took %v", took)
	}
	for _, origin := range []string{"https://b.example", "https://c.example", "https://d.example"} {
		b.wantResult(protocol.MethodTCPOpen, b.answer(ask(origin)), nil)
	}
	began = time.Now()
	wantFailure(t, b.answer(ask("https://e.example")), "NotAllowedError", "rate")
	if took := time.Since(began); took < refusalDelay {
		t.Errorf("it took %v", took)
	}
}
