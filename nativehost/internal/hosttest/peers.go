package hosttest

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/resolve"
)

// Serve listens on 127.0.0.1 and runs peer for each connection, which is closed
// when peer returns. It returns the port.
func Serve(t testing.TB, peer func(*net.TCPConn)) int {
	t.Helper()
	return ServeAt(t, "127.0.0.1:0", peer)
}

// ServeAt is serve at another address, in the namespace that it is called in.
func ServeAt(t testing.TB, addr string, peer func(*net.TCPConn)) int {
	t.Helper()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			wg.Go(func() {
				defer func() {
					mu.Lock()
					delete(open, c)
					mu.Unlock()
					c.Close()
				}()
				peer(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return listener.Addr().(*net.TCPAddr).Port
}

// Echo sends back what it gets, and FIN for FIN.
func Echo(c *net.TCPConn) { _, _ = io.Copy(c, c) }

// Noise returns n bytes that do not compress or repeat.
func Noise(n int) []byte {
	p := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = source.Read(p)
	return p
}

// UDPPeer is a UDP socket on 127.0.0.1.
func UDPPeer(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// PortOf returns the port of a UDP socket.
func PortOf(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// Literals resolves what needs no network.
type Literals struct{}

// Ask implements dial.Resolver.
func (Literals) Ask(ctx context.Context, host address.Host, family resolve.Family) (resolve.Answer, error) {
	if host.Kind() == address.Literal || host.Kind() == address.Localhost {
		return new(resolve.Resolver).Ask(ctx, host, family)
	}
	return resolve.Answer{}, fault.ErrDNS
}
