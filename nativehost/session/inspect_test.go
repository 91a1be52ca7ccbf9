package session

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"io"
	"math"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/protocol"
)

func (b *broker) inspect(ids ...int64) []protocol.SocketState {
	b.t.Helper()
	var result protocol.SocketInspectResult
	b.mustCall(protocol.MethodSocketInspect, protocol.SocketInspectParams{SocketIDs: ids}, &result)
	return result.Sockets
}

// wantInspect wants this answer, soon: the last bytes are counted once they have left
// the socket, and may be here before.
func (b *broker) wantInspect(want []protocol.SocketState, ids ...int64) {
	b.t.Helper()
	var got []protocol.SocketState
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got = b.inspect(ids...); slices.Equal(got, want) {
			return
		}
	}
	b.t.Errorf("got  %+v\nwant %+v", got, want)
}

func TestInspect(t *testing.T) {
	b := start(t, options{})
	r, _ := b.open(serve(t, echo), nil)
	mute, _ := b.open(serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }), nil)
	peer := udpPeer(t)
	u, _ := b.openUDP(portOf(peer), nil)

	b.send(r, noise(100_000))
	b.waitReceived(r, 100_000)
	if m := b.answer(b.writeAsk(mute, noise(1000))); m.Error != nil {
		t.Fatal(m.Error)
	}
	if m := b.answer(b.writeAsk(u, noise(70))); m.Error != nil {
		t.Fatal(m.Error)
	}
	// One that is still opening is not open, and others were never there.
	opening := b.tcp(serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }))
	opening.Host, opening.SecureTransport = "localhost", "on"
	b.ask(protocol.MethodTCPOpen, opening)
	want := []protocol.SocketState{
		{SocketID: u.id, BytesOut: 70, RemoteAddress: "127.0.0.1"},
		{SocketID: r.id, BytesIn: 100_000, BytesOut: 100_000, RemoteAddress: "127.0.0.1"},
		{SocketID: mute.id, BytesOut: 1000, RemoteAddress: "127.0.0.1"},
	}
	b.wantInspect(want, u.id, r.id, 999, opening.SocketID, mute.id, math.MaxInt64>>10)
	// What the end tells is the same.
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: mute.id}, nil)
	if end := b.wantClosed(mute, "", ""); end.BytesIn != 0 || end.BytesOut != 1000 {
		t.Errorf("%+v", end)
	}
	if got := b.inspect(mute.id, r.id); len(got) != 1 || got[0].SocketID != r.id {
		t.Errorf("%+v", got)
	}
	if got := b.inspect(mute.id); got == nil || len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestInspectTLS(t *testing.T) {
	roots, config := secureWorld(t)
	hash := sha256.Sum256(config.Certificates[0].Certificate[0])
	secure := serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		_, _ = io.Copy(s, s)
	})
	want := func(got []protocol.SocketState, trust string) {
		t.Helper()
		if len(got) != 1 || got[0].TLSVersion != "1.3" || got[0].CipherSuite == "" || got[0].Certificate == nil {
			t.Fatalf("%+v", got)
		}
		c := got[0].Certificate
		if c.Subject != "test" || c.Issuer != "test" || !slices.Equal(c.Names, []string{"localhost"}) || c.SHA256 != hex.EncodeToString(hash[:]) ||
			c.Trust != trust || time.UnixMilli(c.NotAfter).Sub(time.UnixMilli(c.NotBefore)) != 2*time.Hour {
			t.Errorf("%+v", c)
		}
	}
	b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
	r, _ := b.open(secure, func(p *protocol.TCPOpenParams, _ *remote) { p.Host, p.SecureTransport = "localhost", "on" })
	want(b.inspect(r.id), "roots")
	r, _ = b.open(secure, func(p *protocol.TCPOpenParams, _ *remote) {
		p.SecureTransport = "on"
		p.TLS = &protocol.TLSOptions{ServerCertificateHashes: []protocol.CertificateHash{{
			Algorithm: "sha-256", Value: base64.StdEncoding.EncodeToString(hash[:]),
		}}}
	})
	want(b.inspect(r.id), "hash")

	// An upgrade shows from its answer on.
	upgrading := serve(t, func(c *net.TCPConn) {
		if converse(c, goAhead) {
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
		}
	})
	r = plainPart(b, upgrading, goAhead)
	if got := b.inspect(r.id); len(got) != 1 || got[0].TLSVersion != "" || got[0].CipherSuite != "" || got[0].Certificate != nil {
		t.Errorf("before the upgrade: %+v", got)
	}
	b.wantResult(protocol.MethodSocketStartTLS, b.answer(b.startTLS(r, int64(len(greeting+goAhead)))), nil)
	want(b.inspect(r.id), "roots")
	b.wantAlive(r)
}

// Looking does not get in the way of sockets that open, carry, upgrade and close at the
// same time. The race detector watches.
func TestInspectWhileMuchHappens(t *testing.T) {
	roots, config := secureWorld(t)
	echoing := serve(t, echo)
	upgrading := serve(t, func(c *net.TCPConn) {
		if converse(c, goAhead) {
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
		}
	})
	b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
	bulk, _ := b.open(echoing, keep)
	done := make(chan struct{})
	var looking sync.WaitGroup
	var looks int
	looking.Go(func() {
		var last [2]int64
		for {
			select {
			case <-done:
				return
			default:
			}
			for _, s := range b.inspect(1, 2, 3, 4, 5, 6, 7, 8, 9) {
				if s.SocketID == bulk.id {
					if s.BytesIn < last[0] || s.BytesOut < last[1] {
						t.Errorf("%v, then %+v", last, s)
					}
					last = [2]int64{s.BytesIn, s.BytesOut}
				}
			}
			looks++
		}
	})
	sent := noise(16 << 20)
	var busy sync.WaitGroup
	busy.Go(func() { b.send(bulk, sent) })
	for range 4 {
		r := plainPart(b, upgrading, goAhead)
		b.wantResult(protocol.MethodSocketStartTLS, b.answer(b.startTLS(r, int64(len(greeting+goAhead)))), nil)
		b.wantAlive(r)
		other, _ := b.open(echoing, nil)
		b.wantAlive(other)
		for _, id := range []int64{r.id, other.id} {
			b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: id, Reset: true}, nil)
		}
	}
	busy.Wait()
	b.waitReceived(bulk, int64(len(sent)))
	close(done)
	looking.Wait()
	if !bytes.Equal(b.bytes(bulk), sent) {
		t.Error("the bytes differ")
	}
	if looks < 10 {
		t.Errorf("%d looks", looks)
	}
	b.wantInspect([]protocol.SocketState{{SocketID: bulk.id, BytesIn: int64(len(sent)), BytesOut: int64(len(sent)), RemoteAddress: "127.0.0.1"}}, bulk.id)
	t.Logf("%d looks", looks)
}
