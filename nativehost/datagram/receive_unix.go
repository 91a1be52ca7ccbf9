//go:build unix && !linux

package datagram

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/sockopt"
)

// receive waits for a datagram, and tells whether it had to wait. A buffer is borrowed
// only once there is one, so that a thousand waiting sockets hold no memory for it.
func receive(conn *net.UDPConn, buffers *buffer.Pool) (payload *buffer.Buffer, waited bool, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, false, err
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		payload = buffers.Get(receiveBytes)
		var n int
		n, failed = readAgain(int(fd), payload.Bytes[:cap(payload.Bytes)])
		if failed == nil {
			payload.Bytes = payload.Bytes[:n]
			return true
		}
		payload.Release()
		payload = nil
		again := errors.Is(failed, syscall.EAGAIN)
		waited = waited || again
		return !again
	})
	if err != nil {
		return nil, waited, err
	}
	if failed != nil {
		return nil, waited, os.NewSyscallError("read", failed)
	}
	return payload, waited, nil
}

// readAgain reads, and again when a signal came in between.
func readAgain(fd int, into []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, into)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

// receiveFrom is receive for a socket with many peers: it also tells from whom the
// datagram is, and how it has come.
func receiveFrom(conn *net.UDPConn, buffers *buffer.Pool, arrivals *sockopt.Arrivals) (
	payload *buffer.Buffer, from netip.AddrPort, by sockopt.Arrival, waited bool, err error,
) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, from, by, false, err
	}
	if err = raw.Read(func(fd uintptr) bool {
		there := readable(int(fd))
		waited = waited || !there
		return there
	}); err != nil {
		return nil, from, by, waited, err
	}
	payload, from, by, err = readFrom(conn, buffers, arrivals)
	return payload, from, by, waited, err
}
