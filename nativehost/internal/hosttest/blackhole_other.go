//go:build !linux

package hosttest

import (
	"net"
	"testing"
	"time"
)

// BlackHole returns the port of a listener that accepts nothing, with as many
// connections waiting as its system lets wait.
func BlackHole(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	for {
		c, err := net.DialTimeout("tcp", listener.Addr().String(), 200*time.Millisecond)
		if err != nil {
			return listener.Addr().(*net.TCPAddr).Port
		}
		t.Cleanup(func() { c.Close() })
	}
}
