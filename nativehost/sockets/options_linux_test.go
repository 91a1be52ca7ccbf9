package sockets_test

import (
	"net"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portside/portside/nativehost/internal/hosttest"
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
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(*net.TCPConn) { <-stop })
	r, _ := b.Open(port, nil)
	fd := descriptor(t, port)
	set := func(option string, value int64) hosttest.Message {
		return b.Answer(b.Ask(protocol.MethodSocketSetOption, protocol.SocketSetOptionParams{SocketID: r.ID, Option: option, Value: value}))
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
		b.WantResult(protocol.MethodSocketSetOption, set("noDelay", int64(on)), nil)
		want(unix.IPPROTO_TCP, unix.TCP_NODELAY, on)
		b.WantResult(protocol.MethodSocketSetOption, set("keepAlive", int64(on)*60_000), nil)
		want(unix.SOL_SOCKET, unix.SO_KEEPALIVE, on)
	}
	want(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60)
	hosttest.WantCode(t, set("linger", 1), protocol.CodeInvalidParams)
	hosttest.WantCode(t, set("noDelay", -1), protocol.CodeInvalidParams)
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	b.WantClosed(r, "", "")
	hosttest.WantFailure(t, set("noDelay", 1), "InvalidStateError", "gone")

	r, _ = b.OpenUDP(port, nil)
	hosttest.WantFailure(t, set("noDelay", 1), "InvalidStateError", "protocol")
}
