package sockets_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// marked returns the type-of-service octet of the next datagram at peer.
func marked(t *testing.T, peer *net.UDPConn) int {
	t.Helper()
	_ = peer.SetReadDeadline(time.Now().Add(hosttest.Patience))
	buffer, control := make([]byte, 64), make([]byte, 64)
	_, n, _, _, err := peer.ReadMsgUDP(buffer, control)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) != 1 || len(messages[0].Data) == 0 {
		t.Fatal(messages, err)
	}
	return int(messages[0].Data[0])
}

// A page's datagrams and connections carry the DSCP that it asked for, up to the limit.
func TestTypeOfService(t *testing.T) {
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	raw, err := peer.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVTOS, 1) }); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	port := hosttest.Serve(t, func(*net.TCPConn) { <-stop })

	for _, c := range []struct {
		policy      string
		asked, want int
	}{
		{"", 0, 0},
		{"", 1, 1 << 2},
		{"", 47, 47 << 2},
		{"", 48, 0}, // the network's own control
		{`{"limits": {"ipTypeOfService": 63}}`, 63, 63 << 2},
		{`{"limits": {"ipTypeOfService": 8}}`, 8, 8 << 2},
		{`{"limits": {"ipTypeOfService": 8}}`, 9, 0},
		{`{"limits": {"ipTypeOfService": 0}}`, 1, 0},
	} {
		t.Run(fmt.Sprint(c.policy, c.asked), func(t *testing.T) {
			b := hosttest.Start(t, hosttest.Options{Policy: c.policy})
			r, _ := b.OpenUDP(hosttest.PortOf(peer), func(p *protocol.UDPOpenParams) { p.IPTypeOfService = int64(c.asked) })
			b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, []byte("x"))), nil)
			if got := marked(t, peer); got != c.want {
				t.Errorf("a datagram has %d", got)
			}
			bound, _ := b.Bind(func(p *protocol.UDPBindParams) { p.IPTypeOfService = int64(c.asked) })
			b.MustSendTo(bound, "127.0.0.1", hosttest.PortOf(peer), []byte("x"))
			if got := marked(t, peer); got != c.want {
				t.Errorf("a datagram of a bound socket has %d", got)
			}
			b.Open(port, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) { p.IPTypeOfService = int64(c.asked) })
			got, err := unix.GetsockoptInt(descriptor(t, port), unix.IPPROTO_IP, unix.IP_TOS)
			if err != nil || got != c.want {
				t.Errorf("a connection has %d, %v", got, err)
			}
		})
	}
}
