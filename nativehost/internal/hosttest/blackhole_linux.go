package hosttest

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// BlackHole returns the port of a listener whose backlog is full: Linux drops what
// further tries to connect.
func BlackHole(t testing.TB) int {
	t.Helper()
	port := TakesOne(t)
	c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return port
}

// TakesOne returns the port of a listener that nobody accepts from, and whose backlog is
// full after one connection.
func TakesOne(t testing.TB) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	// A backlog of 0 holds one.
	return name.(*syscall.SockaddrInet4).Port
}
