package mdnstest

import (
	"errors"
	"io"
	"log"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"

	"github.com/hashicorp/mdns"
	"golang.org/x/sys/unix"

	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/link"
)

// Serve runs hashicorp's responder on an interface of the namespace that it is called
// in. It tells of an MQTT broker called name, on port 1883 of host, for example
// "broker.local.", and of the host's addresses.
func Serve(t *testing.T, iface, name, host string, addrs ...string) {
	t.Helper()
	at, err := net.InterfaceByName(iface)
	if err != nil {
		t.Fatal(err)
	}
	var ips []net.IP
	for _, addr := range addrs {
		ips = append(ips, net.ParseIP(addr))
	}
	zone, err := mdns.NewMDNSService(name, "_mqtt._tcp", "local.", host, 1883, ips, []string{"text"})
	if err != nil {
		t.Fatal(err)
	}
	server, err := mdns.NewServer(&mdns.Config{Zone: zone, Iface: at, Logger: log.New(io.Discard, "", 0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() })
}

// ServeAt is Serve at a neighbour's, on its eth0.
func ServeAt(t *testing.T, n *netns.Neighbour, name, host string, addrs ...string) {
	t.Helper()
	n.Do(t, func() { Serve(t, "eth0", name, host, addrs...) })
}

// Listen calls hear with each packet that is sent to everybody on the link of a
// neighbour's eth0, by one family, "udp4" or "udp6", and with who sent it. The packet is
// hear's until it returns. After the test it is not called any more.
func Listen(t *testing.T, n *netns.Neighbour, network string, hear func(packet []byte, from netip.AddrPort)) {
	t.Helper()
	group := map[string]net.IP{"udp4": net.IPv4(224, 0, 0, 251), "udp6": net.ParseIP("ff02::fb")}[network]
	var conn *net.UDPConn
	n.Do(t, func() {
		iface, err := net.InterfaceByName("eth0")
		if err != nil {
			t.Fatal(err)
		}
		conn, err = net.ListenMulticastUDP(network, iface, &net.UDPAddr{IP: group, Port: link.Port})
		if err != nil {
			t.Fatal(err)
		}
	})
	var hearing sync.WaitGroup
	hearing.Go(func() {
		buffer := make([]byte, link.MaxPacket)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			hear(buffer[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
		}
	})
	t.Cleanup(func() {
		conn.Close()
		hearing.Wait()
	})
}

// Socket opens a UDP socket at a neighbour's, on an address and port that others may
// have too, until the end of the test.
func Socket(t *testing.T, n *netns.Neighbour, at string) *net.UDPConn {
	t.Helper()
	var conn net.PacketConn
	n.Do(t, func() {
		config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
			var failed error
			err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
			return errors.Join(err, failed)
		}}
		var err error
		if conn, err = config.ListenPacket(t.Context(), "udp", at); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.UDPConn)
}
