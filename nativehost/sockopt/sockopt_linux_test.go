package sockopt

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func udp(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func raw(t *testing.T, conn syscall.Conn) syscall.RawConn {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func value(t *testing.T, conn syscall.Conn, level, option int) int {
	t.Helper()
	var value int
	var failed error
	err := raw(t, conn).Control(func(fd uintptr) { value, failed = unix.GetsockoptInt(int(fd), level, option) })
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return value
}

func TestBuffers(t *testing.T) {
	conn := udp(t)
	send, receive := value(t, conn, unix.SOL_SOCKET, unix.SO_SNDBUF), value(t, conn, unix.SOL_SOCKET, unix.SO_RCVBUF)
	for _, c := range []struct{ send, receive, sends, receives int }{
		{0, 0, send, receive},
		{32 << 10, 0, 64 << 10, receive},
		{0, 48 << 10, 64 << 10, 96 << 10},
	} {
		if err := SetBuffers(raw(t, conn), c.send, c.receive); err != nil {
			t.Fatal(err)
		}
		s, r := value(t, conn, unix.SOL_SOCKET, unix.SO_SNDBUF), value(t, conn, unix.SOL_SOCKET, unix.SO_RCVBUF)
		if s != c.sends || r != c.receives {
			t.Errorf("%+v: buffers of %d and %d bytes", c, s, r)
		}
	}
}

func TestTypeOfService(t *testing.T) {
	for _, c := range []struct {
		network       string
		at            net.IP
		level, option int
	}{
		{"udp4", net.IPv4(127, 0, 0, 1), unix.IPPROTO_IP, unix.IP_TOS},
		{"udp6", net.IPv6loopback, unix.IPPROTO_IPV6, unix.IPV6_TCLASS},
	} {
		t.Run(c.network, func(t *testing.T) {
			conn, err := net.ListenUDP(c.network, &net.UDPAddr{IP: c.at})
			if c.network == "udp6" && (errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT)) {
				t.Skip("this computer has no IPv6: ", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, step := range []struct{ dscp, want int }{{46, 46 << 2}, {0, 46 << 2}, {63, 63 << 2}} { // 0 changes nothing
				if err := SetTypeOfService(raw(t, conn), c.network, step.dscp); err != nil {
					t.Fatal(err)
				}
				if got := value(t, conn, c.level, c.option); got != step.want {
					t.Errorf("%d: %d", step.dscp, got)
				}
			}
		})
	}
}

func TestForbidBroadcast(t *testing.T) {
	conn := udp(t)
	if value(t, conn, unix.SOL_SOCKET, unix.SO_BROADCAST) != 1 {
		t.Fatal("package net no longer allows broadcast")
	}
	if err := ForbidBroadcast(raw(t, conn)); err != nil {
		t.Fatal(err)
	}
	if value(t, conn, unix.SOL_SOCKET, unix.SO_BROADCAST) != 0 {
		t.Error("broadcast is allowed")
	}
}

func TestDropped(t *testing.T) {
	from, to := udp(t), udp(t)
	if err := SetBuffers(raw(t, to), 0, 1); err != nil { // the system's least
		t.Fatal(err)
	}
	if n := Dropped(to); n != 0 {
		t.Errorf("%d dropped before any came", n)
	}
	const sent = 100
	for range sent {
		if _, err := from.WriteTo(make([]byte, 1000), to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if n := Dropped(to); n == 0 || n >= sent {
		t.Errorf("%d of %d dropped", n, sent)
	}
}

// On a socket that is closed, setting is an error and nothing is known.
func TestClosed(t *testing.T) {
	conn := udp(t)
	control := raw(t, conn)
	conn.Close()
	if err := SetBuffers(control, 0, 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("set: %v", err)
	}
	if n := Dropped(conn); n != 0 {
		t.Errorf("%d dropped", n)
	}
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	tcp, err := net.DialTCP("tcp4", nil, listener.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	if sent, known := ReadSent(tcp); !known || sent.Acknowledged != 1 || sent.Over {
		t.Errorf("%+v, %v of an open one", sent, known)
	}
	tcp.Close()
	if sent, known := ReadSent(tcp); known {
		t.Errorf("%+v", sent)
	}
}
