package datagram

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// far is what lies behind a router whose second link takes packets of 1,280 bytes.
type far struct {
	router *netns.Neighbour
	peer   *net.UDPConn
	// host is the peer's address, alone and as a route.
	host, route string
}

// behindRouter returns the same peer by IPv4 and by IPv6.
func behindRouter(t *testing.T) map[string]*far {
	t.Helper()
	router, there := netns.NewNeighbour(t), netns.NewNeighbour(t)
	router.Join(t, "near", []string{"10.1.0.1/24", "fd01::1/64"}, "in", []string{"10.1.0.2/24", "fd01::2/64"})
	router.Do(t, func() {
		there.Join(t, "out", []string{"10.2.0.2/24", "fd02::2/64"}, "end", []string{"10.2.0.1/24", "fd02::1/64"})
	})
	router.Run(t, "sh", "-c", "cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding; echo 0 > ipv4/icmp_ratelimit; echo 0 > ipv6/icmp/ratelimit")
	router.Run(t, "ip", "link", "set", "out", "mtu", "1280")
	there.Run(t, "ip", "link", "set", "end", "mtu", "1280")
	netns.Run(t, "ip", "route", "add", "10.2.0.0/24", "via", "10.1.0.2")
	netns.Run(t, "ip", "route", "add", "fd02::/64", "via", "fd01::2")
	there.Run(t, "ip", "route", "add", "10.1.0.0/24", "via", "10.2.0.2")
	there.Run(t, "ip", "route", "add", "fd01::/64", "via", "fd02::2")
	all := map[string]*far{
		"IPv4": {router: router, host: "10.2.0.1", route: "10.2.0.1/32"},
		"IPv6": {router: router, host: "fd02::1", route: "fd02::1/128"},
	}
	there.Do(t, func() {
		for _, f := range all {
			var err error
			if f.peer, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(f.host)}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.peer.Close() })
		}
	})
	return all
}

// icmp counts the messages that tell of a datagram which did not arrive.
func icmp(t *testing.T) int {
	t.Helper()
	return netns.Count(t, "IcmpInDestUnreachs") + netns.Count(t, "Icmp6InDestUnreachs") + netns.Count(t, "Icmp6InPktTooBigs")
}

// afterwards does something that a router answers with an ICMP message, and waits for it.
func afterwards(t *testing.T, f func()) {
	t.Helper()
	before := icmp(t)
	f()
	netns.Until(t, "the router's word", func() bool { return icmp(t) > before })
}

// refusals are ways in which a datagram to the peer ends at the router.
func (f *far) refusals() map[string]func(t *testing.T, send func(string)) {
	return map[string]func(*testing.T, func(string)){
		"too large for the path": func(t *testing.T, send func(string)) {
			afterwards(t, func() { send(strings.Repeat("x", 1400)) })
		},
		"prohibited": func(t *testing.T, send func(string)) {
			f.router.Run(t, "ip", "route", "add", "prohibit", f.route)
			afterwards(t, func() { send("x") })
			f.router.Run(t, "ip", "route", "del", "prohibit", f.route)
		},
	}
}

// take returns the next datagram that arrives at the peer's and is not one of the lost.
func (f *far) take(t *testing.T) (string, *net.UDPAddr) {
	t.Helper()
	if err := f.peer.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	n, from, err := f.peer.ReadFromUDP(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), from
}

// What becomes of one datagram on its way is told late, and of no other; neither
// reading nor sending ends by it.
func TestErrorsOfADatagramEndNoSocket(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	for name, f := range behindRouter(t) {
		for what, refused := range f.refusals() {
			t.Run(name+" "+what, func(t *testing.T) {
				conn, err := net.DialUDP("udp", nil, f.peer.LocalAddr().(*net.UDPAddr))
				if err != nil {
					t.Fatal(err)
				}
				w := joinWorld(t, conn, f.peer, 1<<20, 1<<20)
				id := int64(0)
				send := func(p string) {
					id++
					if err := w.write(p, &id); err != nil {
						t.Fatal(err)
					}
					if got := <-w.answers; got != (answer{id, nil}) {
						t.Fatalf("answered %+v", got)
					}
				}
				refused(t, send)
				send("again")
				got, from := f.take(t)
				if got != "again" {
					t.Fatalf("the peer got %d bytes", len(got))
				}
				if _, err := f.peer.WriteToUDP([]byte("heard"), from); err != nil {
					t.Fatal(err)
				}
				if got := <-w.path.data; got != "heard" {
					t.Fatalf("got %q", got)
				}
				w.Close(false)
				if end := <-w.end; end.Err != nil {
					t.Errorf("ended with %v", end.Err)
				}
			})
		}
	}
}

// Nobody reads here: the late word meets the next datagram, which is innocent.
func TestLateErrorsEatNoDatagram(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	for name, f := range behindRouter(t) {
		for what, refused := range f.refusals() {
			t.Run(name+" "+what, func(t *testing.T) {
				conn, err := net.DialUDP("udp", nil, f.peer.LocalAddr().(*net.UDPAddr))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				s := New(conn, Config{})
				send := func(p string) {
					if err := s.sendOne([]byte(p)); err != nil {
						t.Fatal(err)
					}
				}
				refused(t, send)
				send("innocent")
				if got, _ := f.take(t); got != "innocent" {
					t.Errorf("the peer got %d bytes", len(got))
				}
			})
		}
	}
}

// An error of the datagram's own is told to whoever sent it, and to nobody else.
func TestADatagramsOwnError(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	for name, f := range behindRouter(t) {
		t.Run(name, func(t *testing.T) {
			conn, err := net.DialUDP("udp", nil, f.peer.LocalAddr().(*net.UDPAddr))
			if err != nil {
				t.Fatal(err)
			}
			w := joinWorld(t, conn, f.peer, 1<<20, 1<<20)
			id := int64(1)
			ask := func(p string) error {
				if err := w.write(p, &id); err != nil {
					t.Fatal(err)
				}
				return (<-w.answers).err
			}
			netns.Run(t, "ip", "route", "add", "prohibit", f.route)
			if err := ask("nowhere"); !errors.Is(err, fault.ErrUnreachable) {
				t.Errorf("without a route: %v", err)
			}
			netns.Run(t, "ip", "route", "del", "prohibit", f.route)
			if name == "IPv6" {
				// 65,508 to 65,527 bytes fit IPv6; what does not fit the system is refused by it.
				if err := w.sendOne(make([]byte, protocol.MaxDatagramBytes+100)); !errors.Is(err, fault.ErrMessageSize) {
					t.Errorf("too large: %v", err)
				}
			}
			if err := ask("there"); err != nil {
				t.Error(err)
			}
			if got, _ := f.take(t); got != "there" {
				t.Errorf("the peer got %q", got)
			}
		})
	}
}
