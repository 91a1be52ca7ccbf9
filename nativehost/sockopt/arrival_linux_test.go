package sockopt

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// listen binds a UDP socket, of both IP versions if network is "udp".
func listen(t *testing.T, network, addr string) *net.UDPConn {
	t.Helper()
	at, err := net.ResolveUDPAddr(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP(network, at)
	if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT) {
		t.Skip("this computer has no IPv6: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// The system tells where a datagram was sent to, and by which interface it came.
func TestArrival(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ network, bind, to string }{
		{"udp4", "0.0.0.0:0", "127.0.0.1"}, {"udp4", "0.0.0.0:0", "127.0.0.2"}, {"udp", "[::]:0", "127.0.0.1"}, {"udp", "[::]:0", "::1"}, {"udp6", "[::1]:0", "::1"},
	} {
		t.Run(c.network+" "+c.to, func(t *testing.T) {
			conn := listen(t, c.network, c.bind)
			if err := TellArrival(conn, c.network != "udp4"); err != nil {
				t.Fatal(err)
			}
			to := netip.AddrPortFrom(netip.MustParseAddr(c.to), conn.LocalAddr().(*net.UDPAddr).AddrPort().Port())
			from, err := net.Dial("udp", to.String())
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			arrivals := NewArrivals()
			buf := make([]byte, 10)
			receive := func() Arrival {
				if _, err := from.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				_, n, _, _, err := conn.ReadMsgUDPAddrPort(buf, arrivals.Space)
				if err != nil {
					t.Fatal(err)
				}
				return arrivals.Read(n)
			}
			for range 2 {
				if got := receive(); got != (Arrival{To: to.Addr(), Interface: lo.Index}) {
					t.Errorf("got %+v", got)
				}
			}
			if got := arrivals.Read(0); got != (Arrival{}) {
				t.Errorf("told of nothing: %+v", got)
			}
		})
	}
}

// Whatever the system's control messages hold, reading them does not fail.
func FuzzArrivals(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x1c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00\x7f\x00\x00\x01\x7f\x00\x00\x01\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		a := NewArrivals()
		n := copy(a.Space, p)
		if got := a.Read(n); got.To.IsValid() && got.Interface <= 0 {
			t.Errorf("%x: %+v", p, got)
		}
	})
}

func TestMulticastOptions(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		network, bind string
		of            Families
	}{
		{"udp4", "127.0.0.1:0", Families{Four: true}}, {"udp6", "[::1]:0", Families{Six: true}}, {"udp", "[::]:0", Families{Four: true, Six: true}},
	} {
		t.Run(c.network, func(t *testing.T) {
			conn := listen(t, c.network, c.bind)
			for _, m := range []Multicast{{TimeToLive: 7, Loopback: false}, {TimeToLive: 0, Loopback: true, Interface: lo}, {TimeToLive: 255, Loopback: true}} {
				if err := SetMulticast(conn, c.of, m); err != nil {
					t.Fatal(err)
				}
				want := func(level, option, wanted int) {
					t.Helper()
					if got := value(t, conn, level, option); got != wanted {
						t.Errorf("%+v: option %d of %d is %d, not %d", m, option, level, got, wanted)
					}
				}
				loop := 0
				if m.Loopback {
					loop = 1
				}
				if c.of.Four {
					want(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, m.TimeToLive)
					want(unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, loop)
					want(unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
				}
				if c.of.Six {
					want(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, m.TimeToLive)
					want(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, loop)
					want(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0)
				}
				if c.of.Six && m.Interface != nil {
					want(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, lo.Index)
				}
			}
			if err := ShareAddress(raw(t, conn), true); err != nil || value(t, conn, unix.SOL_SOCKET, unix.SO_REUSEADDR) != 1 {
				t.Errorf("not shared: %v", err)
			}
			if err := ShareAddress(raw(t, conn), false); err != nil || value(t, conn, unix.SOL_SOCKET, unix.SO_REUSEADDR) != 0 {
				t.Errorf("still shared: %v", err)
			}
			conn.Close()
			if err := SetMulticast(conn, c.of, Multicast{TimeToLive: 1}); err == nil {
				t.Error("set on a socket that is closed")
			}
		})
	}
}
