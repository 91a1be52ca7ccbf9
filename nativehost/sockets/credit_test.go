package sockets_test

import (
	"net"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func TestUnknownSockets(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	unknown := &hosttest.Remote{ID: 4242}
	for name, id := range map[string]int64{
		"write":    b.WriteAsk(unknown, []byte("x")),
		"empty":    b.WriteAsk(unknown, nil),
		"shutdown": b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: 4242}),
		"close":    b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: 4242}),
	} {
		t.Run(name, func(t *testing.T) { hosttest.WantFailure(t, b.Answer(id), "InvalidStateError", "gone") })
	}
	// Notifications cross with socket.closed, so they are ignored.
	b.Write(unknown, []byte("x"), nil)
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: 4242, Bytes: 10})
	b.WantAlive(r)
	if len(b.WithoutID) != 0 {
		t.Errorf("a notification was answered: %v", b.WithoutID[0].Error)
	}
}

func TestCreditFaultsCostOneSocket(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Window: 1000})
	port := hosttest.Serve(t, hosttest.Echo)
	for name, commit := range map[string]func(*hosttest.Remote) int64{
		"too much written": func(r *hosttest.Remote) int64 { return b.WriteAsk(r, make([]byte, 1001)) },
		"written after shutdown": func(r *hosttest.Remote) int64 {
			b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID})
			b.Write(r, []byte("x"), nil)
			return 0
		},
		"too much credit": func(r *hosttest.Remote) int64 {
			b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.ID, Bytes: protocol.MaxWindowBytes})
			return 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			// This peer does not end by itself.
			release := make(chan struct{})
			defer close(release)
			r, _ := b.Open(hosttest.Serve(t, func(*net.TCPConn) { <-release }), nil)
			other, _ := b.Open(port, nil)
			if id := commit(r); id != 0 {
				hosttest.WantFailure(t, b.Answer(id), "NetworkError", "protocol")
			}
			b.WantClosed(r, "NetworkError", "protocol")
			b.WantAlive(other)
		})
	}
}

// Credit comes back a quarter of the window at a time, and never so late that a
// writer who waits for it would wait for ever.
func TestCreditIsCollected(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Window: 4000})
	r, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	b.Mu.Lock()
	b.Remember = true
	b.Mu.Unlock()
	total := 0
	for _, size := range []int{1, 998, 1, 3000, 4000, 1} {
		b.Wait("credit", func() bool { return r.Credit >= int64(size) })
		b.Mu.Lock()
		r.Credit -= int64(size)
		b.Mu.Unlock()
		b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, make([]byte, size))), nil)
		total += size
		b.WaitReceived(r, int64(total))
	}
	b.Mu.Lock()
	defer b.Mu.Unlock()
	credits := 0
	for _, what := range b.Sequence {
		if strings.HasPrefix(what, protocol.MethodSocketCredit) {
			credits++
		}
	}
	if credits != 3 {
		t.Errorf("%d credit messages for %d bytes", credits, total)
	}
}
