package sockets_test

import (
	"net"
	"testing"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// What a page may know of a failed open, and that it may know nothing where an
// administrator says so.
func TestPageReasonOfAnOpen(t *testing.T) {
	closed, plain, hole := closedPort(t), hosttest.Serve(t, func(c *net.TCPConn) { _, _ = c.Write([]byte("hello, this is no TLS\r\n")) }), hosttest.BlackHole(t)
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
			b := hosttest.Start(t, hosttest.Options{Policy: policy, Dialer: &dial.Dialer{Resolver: hosttest.Literals{}}})
			p := b.TCP(9)
			c.change(&p)
			m := b.Answer(b.Ask(protocol.MethodTCPOpen, p))
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
			b := hosttest.Start(t, hosttest.Options{Policy: policy, Lanes: true})
			reset := make(chan struct{})
			port := hosttest.Serve(t, func(c *net.TCPConn) {
				<-reset
				_ = c.SetLinger(0)
			})
			if !byLane {
				r, _ := b.Open(port, nil)
				close(reset)
				b.WaitClosed(r)
				if r.Closed.Name != "NetworkError" || r.Closed.PageReason != want {
					t.Errorf("with %q: %+v", policy, r.Closed)
				}
				continue
			}
			p := b.Lane(t, "document")
			r := b.OpenOn(p, port)
			close(reset)
			p.Wait("the last word", r.ID, func(s *hosttest.OnLane) bool { return s.Closed != nil })
			if last := p.Of(r.ID); *last.Closed != "NetworkError" || last.Reason != want {
				t.Errorf("on the lane, with %q: %q, %q", policy, *last.Closed, last.Reason)
			}
		}
	}
}
