package dial

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portside/portside/nativehost/gate"
	"github.com/portside/portside/nativehost/sockopt"
)

func option(t *testing.T, raw interface {
	Control(func(uintptr)) error
}, level, name int,
) int {
	t.Helper()
	var value int
	var failed error
	if err := raw.Control(func(fd uintptr) { value, failed = unix.GetsockoptInt(int(fd), level, name) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return value
}

func TestOptionsReachTheSocket(t *testing.T) {
	at := listen(t, "tcp4", "127.0.0.1:0")
	for _, c := range []struct {
		options                   Options
		noDelay, keepAlive, idle  int
		sendBuffer, receiveBuffer int // as Linux doubles them; 0: not asked
	}{
		{Options{}, 0, 0, 0, 0, 0},
		{Options{NoDelay: true}, 1, 0, 0, 0, 0},
		{Options{KeepAlive: 45 * time.Second}, 0, 1, 45, 0, 0},
		{Options{KeepAlive: 1500 * time.Millisecond}, 0, 1, 2, 0, 0},
		{Options{KeepAlive: 4_294_967_295 * time.Millisecond}, 0, 1, 32767, 0, 0},
		{Options{SendBuffer: 32 << 10, ReceiveBuffer: 48 << 10}, 0, 0, 0, 64 << 10, 96 << 10},
	} {
		conn, err := (&Dialer{}).TCP(t.Context(), target("tcp", at), c.options)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.tcp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if got := option(t, raw, unix.IPPROTO_TCP, unix.TCP_NODELAY); got != c.noDelay {
			t.Errorf("%+v: TCP_NODELAY %d", c.options, got)
		}
		if got := option(t, raw, unix.SOL_SOCKET, unix.SO_KEEPALIVE); got != c.keepAlive {
			t.Errorf("%+v: SO_KEEPALIVE %d", c.options, got)
		}
		if c.keepAlive == 1 {
			if got := option(t, raw, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE); got != c.idle {
				t.Errorf("%+v: TCP_KEEPIDLE %d", c.options, got)
			}
		}
		if c.sendBuffer != 0 {
			send, receive := option(t, raw, unix.SOL_SOCKET, unix.SO_SNDBUF), option(t, raw, unix.SOL_SOCKET, unix.SO_RCVBUF)
			if send != c.sendBuffer || receive != c.receiveBuffer {
				t.Errorf("%+v: buffers of %d and %d bytes", c.options, send, receive)
			}
		}
		conn.Close()
	}

	udp, err := (&Dialer{}).UDP(t.Context(), target("udp", at), Options{ReceiveBuffer: 48 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	raw, err := udp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if got := option(t, raw, unix.SOL_SOCKET, unix.SO_RCVBUF); got != 96<<10 {
		t.Errorf("UDP: a buffer of %d bytes", got)
	}
}

func TestSending(t *testing.T) {
	conn, peer := connected(t)
	if s, known := conn.Sending(); s != (Sending{Sent: sockopt.Sent{Acknowledged: 1}}) || !known {
		t.Errorf("%+v, %v", s, known)
	}
	// More than the peer's system takes while nobody reads there: the write waits until it is called off.
	payload, sent := make([]byte, 64<<20), make(chan int)
	go func() {
		n, _ := conn.tcp.Write(payload)
		sent <- n
	}()
	var before Sending
	for s, _ := conn.Sending(); s.Unacknowledged == 0 || s != before; s, _ = conn.Sending() {
		before = s
		time.Sleep(50 * time.Millisecond)
	}
	if err := conn.SetWriteDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	n := <-sent
	s, known := conn.Sending()
	if s.Unacknowledged == 0 || s.Payload != s.Unacknowledged || s.Acknowledged == 0 || s.Over || !known {
		t.Errorf("%+v, %v", s, known)
	}
	if sum := int(s.Acknowledged) + s.Unacknowledged; sum != n+1 {
		t.Errorf("%+v of %d bytes", s, n)
	}
	// What was never acknowledged is still known after a reset.
	_ = peer.SetLinger(0)
	peer.Close()
	for !s.Over {
		time.Sleep(time.Millisecond)
		s, _ = conn.Sending()
	}
	if s.Payload == 0 {
		t.Errorf("%+v after a reset", s)
	}
}

// FIN is no payload.
func TestSendingFIN(t *testing.T) {
	conn, peer := connected(t)
	defer peer.Close()
	if err := conn.CloseWrite(gate.New()); err != nil {
		t.Fatal(err)
	}
	for {
		s, _ := conn.Sending()
		if s.Payload != 0 {
			t.Fatalf("%+v", s)
		}
		if s.Unacknowledged == 0 {
			break
		}
	}
}

// connected returns both ends of a connection.
func connected(t *testing.T) (*Conn, *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := (&Dialer{}).TCP(t.Context(), target("tcp", listener.Addr().(*net.TCPAddr).AddrPort()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	return conn, peer.(*net.TCPConn)
}
