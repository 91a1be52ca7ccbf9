package sockets_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// wantWaiting wants a tcp.accept to go on waiting.
func wantWaiting(b *hosttest.Broker, request int64) {
	b.T.Helper()
	time.Sleep(50 * time.Millisecond)
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if m, answered := b.Answers[request]; answered {
		b.T.Errorf("answered with %s, %v", m.Result, m.Error)
	}
}

// An origin may have so many accepted connections; what comes beyond them waits with the
// system, and others are not concerned.
func TestAcceptedAreBounded(t *testing.T) {
	caps := limits.Standard()
	caps.AttemptBurst, caps.AcceptedPerOrigin, caps.AcceptedOverall = 0, 2, 4
	b := hosttest.Start(t, hosttest.Options{Caps: &caps})
	listener, at := b.Listen(nil)
	var taken []*hosttest.Remote
	for range 2 {
		b.Visit(at)
		r, _ := b.Accept(listener)
		taken = append(taken, r)
	}
	visitor := b.Visit(at)
	third, request := b.AskAccept(listener, nil)
	wantWaiting(b, request)
	for _, change := range []func(*protocol.TCPListenParams){
		func(p *protocol.TCPListenParams) { p.Origin = "https://other.example" },
		func(p *protocol.TCPListenParams) { p.Private = true },
	} {
		other, at := b.Listen(change)
		b.Visit(at)
		b.Accept(other)
	}
	// It is given up as any other.
	given, another := b.AskAccept(listener, nil)
	closeSocket(b, given)
	hosttest.WantFailure(t, b.Answer(another), "AbortError", "aborted")
	closeSocket(b, taken[0])
	b.WantAccepted(third, request)
	b.Send(third, []byte("at last"))
	hear(t, visitor, "at last")
	// A policy that allows more makes room at once, and the listener's end gives it up.
	b.Visit(at)
	fourth, request := b.AskAccept(listener, nil)
	wantWaiting(b, request)
	b.Managed(`{"limits": {"acceptedPerOrigin": 3}}`)
	b.WantAccepted(fourth, request)
	b.Visit(at)
	_, request = b.AskAccept(listener, nil)
	wantWaiting(b, request)
	closeSocket(b, listener)
	hosttest.WantFailure(t, b.Answer(request), "AbortError", "aborted")
}

// Listeners are counted as all sockets that pages open are.
func TestListenersAreBounded(t *testing.T) {
	caps := limits.Standard()
	caps.AttemptBurst, caps.LocalPerOrigin = 0, 2
	b := hosttest.Start(t, hosttest.Options{Caps: &caps})
	first, _ := b.Listen(nil)
	b.Listen(nil)
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPListen, b.Listener())), "QuotaExceededError", "limit")
	b.Listen(func(p *protocol.TCPListenParams) { p.Private = true })
	closeSocket(b, first)
	b.WaitClosed(first)
	b.Listen(nil)
}

func TestManyConnectionsAtOnce(t *testing.T) {
	const connections = 500
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	var visitors []*net.TCPConn
	var taken []*hosttest.Remote
	for range connections {
		visitors = append(visitors, b.Visit(at))
		r, _ := b.Accept(listener)
		taken = append(taken, r)
	}
	var all sync.WaitGroup
	for i, r := range taken {
		text := fmt.Sprintf("connection %d", i)
		all.Go(func() { b.Send(r, []byte(text)) })
	}
	all.Wait()
	for i, visitor := range visitors {
		text := fmt.Sprintf("connection %d", i)
		hear(t, visitor, text)
		if _, err := visitor.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for i, r := range taken {
		text := fmt.Sprintf("connection %d", i)
		b.WaitReceived(r, int64(len(text)))
		if got := string(b.Bytes(r)); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	}
	wantInspect(b, []protocol.SocketState{{SocketID: listener.ID, Accepted: connections}}, listener.ID)
}

// Nothing remains of a connection that has ended. TestManyInTurn in package listen has
// more of them.
func TestManyConnectionsInTurn(t *testing.T) {
	const rounds, inRound = 8, 500
	if testing.Short() {
		t.Skip("it takes seconds: -short")
	}
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	used := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var goroutines int
	var memory int64
	for round := range rounds {
		for range inRound {
			visitor, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", at.LocalPort))
			if err != nil {
				t.Fatal(err)
			}
			r, request := b.AskAccept(listener, nil)
			b.WantAccepted(r, request)
			closing := b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID, Reset: true})
			b.Answer(closing)
			b.WaitClosed(r)
			visitor.Close()
			// What the test itself remembers is not of interest.
			b.Mu.Lock()
			b.Sockets[r.ID] = nil
			delete(b.Answers, request)
			delete(b.Answers, closing)
			b.Mu.Unlock()
		}
		if round == 0 {
			goroutines, memory = runtime.NumGoroutine(), used()
		}
	}
	const mayGrow = 1 << 20 // 300 bytes for each connection
	if grown := used() - memory; grown > mayGrow {
		t.Errorf("%d bytes more than at the beginning", grown)
	}
	if now := runtime.NumGoroutine(); now > goroutines+10 {
		t.Errorf("%d goroutines, %d at the beginning", now, goroutines)
	}
	wantInspect(b, []protocol.SocketState{{SocketID: listener.ID, Accepted: rounds * inRound}}, listener.ID)
}

// A page's own client knows the certificate by its hash.
func TestListenerWithTLS(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(func(p *protocol.TCPListenParams) { p.Secure = true })
	other, atOther := b.Listen(func(p *protocol.TCPListenParams) { p.Secure = true })
	if at.Certificate == atOther.Certificate {
		t.Error("two listeners have one certificate")
	}
	here, request := b.AskAccept(listener, nil)
	there, opened := b.Open(int(at.LocalPort), func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
		r.Keep, p.SecureTransport = true, "on"
		p.TLS = &protocol.TLSOptions{ServerCertificateHashes: []protocol.CertificateHash{{Algorithm: "sha-256", Value: at.Certificate}}}
	})
	der, err := base64.StdEncoding.DecodeString(opened.TLS.PeerCertificates[0])
	if err != nil {
		t.Fatal(err)
	}
	if hash := sha256.Sum256(der); base64.StdEncoding.EncodeToString(hash[:]) != at.Certificate {
		t.Error("the certificate is another one")
	}
	accepted := b.WantAccepted(here, request)
	if accepted.TLS == nil || accepted.TLS.Version != "1.3" || accepted.TLS.CipherSuite == "" || len(accepted.TLS.PeerCertificates) != 0 {
		t.Errorf("accepted with %+v", accepted.TLS)
	}
	if states := inspect(b, here.ID); len(states) != 1 || states[0].TLSVersion != "1.3" || states[0].CipherSuite == "" || states[0].Certificate != nil {
		t.Errorf("inspected: %+v", states)
	}
	for _, way := range [][2]*hosttest.Remote{{here, there}, {there, here}} {
		b.Send(way[0], []byte("by TLS"))
		b.WaitReceived(way[1], 6)
	}
	b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: here.ID}, nil)
	b.WaitEnd(there)
	b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: there.ID}, nil)
	b.WantClosed(here, "", "")
	b.WantClosed(there, "", "")
	// Who does not speak TLS is nobody.
	_, request = b.AskAccept(other, nil)
	plain := b.Visit(atOther)
	if _, err := plain.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	_ = plain.SetReadDeadline(time.Now().Add(hosttest.Patience))
	_, _ = io.Copy(io.Discard, plain)
	wantWaiting(b, request)
}

// A new policy ends what it does not allow any more, and nothing else.
func TestPolicyEndsListeners(t *testing.T) {
	for policy, ends := range map[string]struct{ listener, accepted string }{
		`{"servers": "off"}`: {"policy", "policy"},
		`{"enabled": false}`: {"policy", "policy"},
		`{"blockedDestinations": [{"cidr": "127.0.0.1/32"}]}`:                  {"", "policy"},
		`{"blockedOrigins": ["https://page.example"]}`:                         {"policy", "policy"},
		`{"blockedOrigins": ["https://other.example"], "servers": "computer"}`: {"", ""},
	} {
		t.Run(policy, func(t *testing.T) {
			b := hosttest.Start(t, hosttest.Options{})
			listener, at := b.Listen(nil)
			visitor := b.Visit(at)
			r, _ := b.Accept(listener)
			_, pending := b.AskAccept(listener, nil)
			b.Managed(policy)
			wantEnds := func(r *hosttest.Remote, reason string) {
				t.Helper()
				if reason != "" {
					b.WantClosed(r, "NotAllowedError", reason)
				} else if states := inspect(b, r.ID); len(states) != 1 {
					t.Error("it has ended")
				}
			}
			wantEnds(listener, ends.listener)
			wantEnds(r, ends.accepted)
			if ends.accepted != "" {
				_ = visitor.SetReadDeadline(time.Now().Add(hosttest.Patience))
				if _, err := io.Copy(io.Discard, visitor); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Error("the visitor hears of no end")
				}
			}
			if ends.listener != "" {
				hosttest.WantFailure(t, b.Answer(pending), "AbortError", "aborted")
			} else {
				wantWaiting(b, pending)
			}
		})
	}
}
