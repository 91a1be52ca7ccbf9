package session

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// serve listens on 127.0.0.1 and runs peer for each connection, which is closed
// when peer returns. It returns the port.
func serve(t testing.TB, peer func(*net.TCPConn)) int {
	t.Helper()
	return serveAt(t, "127.0.0.1:0", peer)
}

// serveAt is serve at another address, in the namespace that it is called in.
func serveAt(t testing.TB, addr string, peer func(*net.TCPConn)) int {
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

// echo sends back what it gets, and FIN for FIN.
func echo(c *net.TCPConn) { _, _ = io.Copy(c, c) }

// noise returns n bytes that do not compress or repeat.
func noise(n int) []byte {
	p := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = source.Read(p)
	return p
}

// udpPeer is a UDP socket on 127.0.0.1.
func udpPeer(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
