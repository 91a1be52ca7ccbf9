package session

import (
	"net"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portside/portside/protocol"
)

// descriptor returns this process's socket that is connected to a port of loopback.
func descriptor(t *testing.T, port int) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range all {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		peer, err := unix.Getpeername(fd)
		if at, ok := peer.(*unix.SockaddrInet4); err == nil && ok && at.Port == port {
			return fd
		}
	}
	t.Fatalf("no socket to port %d", port)
	return 0
}

// Options can be set while a socket is open, and reach the system's socket.
func TestSetOption(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	b := start(t, options{})
	port := serve(t, func(*net.TCPConn) { <-stop })
	r, _ := b.open(port, nil)
	fd := descriptor(t, port)
	set := func(option string, value int64) message {
		return b.answer(b.ask(protocol.MethodSocketSetOption, protocol.SocketSetOptionParams{SocketID: r.id, Option: option, Value: value}))
	}
	want := func(level, option, value int) {
		t.Helper()
		if got, err := unix.GetsockoptInt(fd, level, option); got != value || err != nil {
			t.Errorf("option %d is %d, not %d (%v)", option, got, value, err)
		}
	}
	want(unix.IPPROTO_TCP, unix.TCP_NODELAY, 0)
	want(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
	for _, on := range []int{1, 0, 1} {
		b.wantResult(protocol.MethodSocketSetOption, set("noDelay", int64(on)), nil)
		want(unix.IPPROTO_TCP, unix.TCP_NODELAY, on)
		b.wantResult(protocol.MethodSocketSetOption, set("keepAlive", int64(on)*60_000), nil)
		want(unix.SOL_SOCKET, unix.SO_KEEPALIVE, on)
	}
	want(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60)
	wantCode(t, set("linger", 1), protocol.CodeInvalidParams)
	wantCode(t, set("noDelay", -1), protocol.CodeInvalidParams)
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	b.wantClosed(r, "", "")
	wantFailure(t, set("noDelay", 1), "InvalidStateError", "gone")

	r, _ = b.openUDP(port, nil)
	wantFailure(t, set("noDelay", 1), "InvalidStateError", "protocol")
}
