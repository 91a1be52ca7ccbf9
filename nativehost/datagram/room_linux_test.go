package datagram

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Bursts wait in the system: as much of them as it lets anybody keep, once somebody has
// given credit, and unless the page said how much.
func TestRoomInTheSystem(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		t.Fatal(err)
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 1000, 0)
	room := func() int {
		raw, err := w.conn.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var size int
		var failed error
		err = raw.Control(func(fd uintptr) { size, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF) })
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		return size
	}
	usual := room()
	w.Credit(1000)
	if got, want := room(), 2*min(most, systemBytes); got != want || want == usual {
		t.Errorf("a buffer of %d bytes, not %d", got, want)
	}
	w = newWorld(t, 1000, 0, func(c *Config) { c.KeepBuffer = true })
	w.Credit(1000)
	if got := room(); got != usual {
		t.Errorf("the page's own buffer became one of %d bytes", got)
	}
}
