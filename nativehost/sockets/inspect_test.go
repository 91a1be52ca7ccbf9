package sockets_test

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
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func inspect(b *hosttest.Broker, ids ...int64) []protocol.SocketState {
	b.T.Helper()
	var result protocol.SocketInspectResult
	b.MustCall(protocol.MethodSocketInspect, protocol.SocketInspectParams{SocketIDs: ids}, &result)
	return result.Sockets
}

// wantInspect wants this answer, soon: the last bytes are counted once they have left
// the socket, and may be here before.
func wantInspect(b *hosttest.Broker, want []protocol.SocketState, ids ...int64) {
	b.T.Helper()
	var got []protocol.SocketState
	for end := time.Now().Add(hosttest.Patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got = inspect(b, ids...); slices.Equal(got, want) {
			return
		}
	}
	b.T.Errorf("got  %+v\nwant %+v", got, want)
}

func TestInspect(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	mute, _ := b.Open(hosttest.Serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }), nil)
	peer := hosttest.UDPPeer(t)
	u, _ := b.OpenUDP(hosttest.PortOf(peer), nil)

	b.Send(r, hosttest.Noise(100_000))
	b.WaitReceived(r, 100_000)
	if m := b.Answer(b.WriteAsk(mute, hosttest.Noise(1000))); m.Error != nil {
		t.Fatal(m.Error)
	}
	if m := b.Answer(b.WriteAsk(u, hosttest.Noise(70))); m.Error != nil {
		t.Fatal(m.Error)
	}
	// One that is still opening is not open, and others were never there.
	opening := b.TCP(hosttest.Serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }))
	opening.Host, opening.SecureTransport = "localhost", "on"
	b.Ask(protocol.MethodTCPOpen, opening)
	want := []protocol.SocketState{
		{SocketID: u.ID, BytesOut: 70, RemoteAddress: "127.0.0.1"},
		{SocketID: r.ID, BytesIn: 100_000, BytesOut: 100_000, RemoteAddress: "127.0.0.1"},
		{SocketID: mute.ID, BytesOut: 1000, RemoteAddress: "127.0.0.1"},
	}
	wantInspect(b, want, u.ID, r.ID, 999, opening.SocketID, mute.ID, math.MaxInt64>>10)
	// What the end tells is the same.
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: mute.ID}, nil)
	if end := b.WantClosed(mute, "", ""); end.BytesIn != 0 || end.BytesOut != 1000 {
		t.Errorf("%+v", end)
	}
	if got := inspect(b, mute.ID, r.ID); len(got) != 1 || got[0].SocketID != r.ID {
		t.Errorf("%+v", got)
	}
	if got := inspect(b, mute.ID); got == nil || len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestInspectTLS(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	hash := sha256.Sum256(config.Certificates[0].Certificate[0])
	secure := hosttest.Serve(t, func(c *net.TCPConn) {
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
	b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
	r, _ := b.Open(secure, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) { p.Host, p.SecureTransport = "localhost", "on" })
	want(inspect(b, r.ID), "roots")
	r, _ = b.Open(secure, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) {
		p.SecureTransport = "on"
		p.TLS = &protocol.TLSOptions{ServerCertificateHashes: []protocol.CertificateHash{{
			Algorithm: "sha-256", Value: base64.StdEncoding.EncodeToString(hash[:]),
		}}}
	})
	want(inspect(b, r.ID), "hash")

	// An upgrade shows from its answer on.
	upgrading := hosttest.Serve(t, func(c *net.TCPConn) {
		if hosttest.Converse(c, hosttest.GoAhead) {
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
		}
	})
	r = hosttest.PlainPart(b, upgrading, hosttest.GoAhead)
	if got := inspect(b, r.ID); len(got) != 1 || got[0].TLSVersion != "" || got[0].CipherSuite != "" || got[0].Certificate != nil {
		t.Errorf("before the upgrade: %+v", got)
	}
	b.WantResult(protocol.MethodSocketStartTLS, b.Answer(b.StartTLS(r, int64(len(hosttest.Greeting+hosttest.GoAhead)))), nil)
	want(inspect(b, r.ID), "roots")
	b.WantAlive(r)
}

// Looking does not get in the way of sockets that open, carry, upgrade and close at the
// same time. The race detector watches.
func TestInspectWhileMuchHappens(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	echoing := hosttest.Serve(t, hosttest.Echo)
	upgrading := hosttest.Serve(t, func(c *net.TCPConn) {
		if hosttest.Converse(c, hosttest.GoAhead) {
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
		}
	})
	b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
	bulk, _ := b.Open(echoing, hosttest.Keep)
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
			for _, s := range inspect(b, 1, 2, 3, 4, 5, 6, 7, 8, 9) {
				if s.SocketID == bulk.ID {
					if s.BytesIn < last[0] || s.BytesOut < last[1] {
						t.Errorf("%v, then %+v", last, s)
					}
					last = [2]int64{s.BytesIn, s.BytesOut}
				}
			}
			looks++
		}
	})
	sent := hosttest.Noise(16 << 20)
	var busy sync.WaitGroup
	busy.Go(func() { b.Send(bulk, sent) })
	for range 4 {
		r := hosttest.PlainPart(b, upgrading, hosttest.GoAhead)
		b.WantResult(protocol.MethodSocketStartTLS, b.Answer(b.StartTLS(r, int64(len(hosttest.Greeting+hosttest.GoAhead)))), nil)
		b.WantAlive(r)
		other, _ := b.Open(echoing, nil)
		b.WantAlive(other)
		for _, id := range []int64{r.ID, other.ID} {
			b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: id, Reset: true}, nil)
		}
	}
	busy.Wait()
	b.WaitReceived(bulk, int64(len(sent)))
	close(done)
	looking.Wait()
	if !bytes.Equal(b.Bytes(bulk), sent) {
		t.Error("the bytes differ")
	}
	if looks < 10 {
		t.Errorf("%d looks", looks)
	}
	wantInspect(b, []protocol.SocketState{{SocketID: bulk.ID, BytesIn: int64(len(sent)), BytesOut: int64(len(sent)), RemoteAddress: "127.0.0.1"}}, bulk.ID)
	t.Logf("%d looks", looks)
}
