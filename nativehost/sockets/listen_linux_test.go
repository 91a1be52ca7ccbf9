package sockets_test

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// From where a listener is reached is what the user agreed to: a neighbour in the network
// of its address reaches it there, one on another cable does not, nor does the Internet.
func TestReach(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	here, there := netns.NewNeighbour(t), netns.NewNeighbour(t)
	here.Join(t, "net0", []string{"10.1.0.1/24", "fd00:1::1/64"}, "far", []string{"10.1.0.2/24", "fd00:1::2/64"})
	there.Join(t, "net1", []string{"10.2.0.1/24", "fd00:2::1/64"}, "far", []string{"10.2.0.2/24", "fd00:2::2/64"})
	there.Run(t, "ip", "route", "add", "10.1.0.0/24", "via", "10.2.0.1")
	there.Run(t, "ip", "-6", "route", "add", "fd00:1::/64", "via", "fd00:2::1")
	// Behind the first neighbour is the Internet.
	for _, addr := range []string{"93.184.215.14", "2606:2800:21f::1"} {
		here.Run(t, "ip", netns.AddAddr(addr, "lo")...)
	}
	netns.Run(t, "ip", "route", "add", "93.184.215.14", "via", "10.1.0.2")
	netns.Run(t, "ip", "-6", "route", "add", "2606:2800:21f::1", "via", "fd00:1::2")

	b := hosttest.Start(t, hosttest.Options{Judged: true})
	// visit connects from an address of a neighbour's.
	visit := func(from *netns.Neighbour, source, at string, port int64) (c net.Conn) {
		t.Helper()
		from.Do(t, func() {
			dialer := net.Dialer{Timeout: hosttest.Patience, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(source), 0))}
			var err error
			if c, err = dialer.Dial("tcp", net.JoinHostPort(at, strconv.FormatInt(port, 10))); err != nil {
				t.Fatal(err)
			}
		})
		t.Cleanup(func() { c.Close() })
		return c
	}
	for _, family := range []struct{ own, neighbour, other, internet, all string }{
		{"10.1.0.1", "10.1.0.2", "10.2.0.2", "93.184.215.14", "0.0.0.0"},
		{"fd00:1::1", "fd00:1::2", "fd00:2::2", "2606:2800:21f::1", "::"},
	} {
		t.Run(family.own, func(t *testing.T) {
			listener, at := b.Listen(func(p *protocol.TCPListenParams) { p.LocalAddress, p.Reach = family.own, "network" })
			other := visit(there, family.other, family.own, at.LocalPort)
			internet := visit(here, family.internet, family.own, at.LocalPort)
			neighbour := visit(here, family.neighbour, family.own, at.LocalPort)
			r, result := b.Accept(listener)
			if result.RemoteAddress != family.neighbour {
				t.Errorf("accepted %s", result.RemoteAddress)
			}
			b.Send(r, []byte("hello"))
			hear(t, neighbour, "hello")
			wantEnd(t, other, true)
			wantEnd(t, internet, true)
			wantInspect(b, []protocol.SocketState{{SocketID: listener.ID, Accepted: 1, TurnedAway: 2}}, listener.ID)
			// This computer's own programs may, too.
			b.Visit(at)
			if _, result := b.Accept(listener); result.RemoteAddress != family.own {
				t.Errorf("accepted %s", result.RemoteAddress)
			}

			everybody, at := b.Listen(func(p *protocol.TCPListenParams) { p.LocalAddress, p.Reach = family.all, "anybody" })
			for _, from := range []struct {
				*netns.Neighbour
				source string
			}{{there, family.other}, {here, family.internet}, {here, family.neighbour}} {
				visit(from.Neighbour, from.source, family.own, at.LocalPort)
				if _, result := b.Accept(everybody); result.RemoteAddress != from.source || result.LocalAddress != family.own {
					t.Errorf("accepted %+v", result)
				}
			}
		})
	}
}

// A computer that is carried into another network has the same address there, perhaps, and
// nobody has agreed that the page is reached from there.
func TestListenerStaysInItsNetwork(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	neighbour := netns.NewNeighbour(t)
	neighbour.Join(t, "net0", []string{"10.1.0.1/24"}, "far", []string{"10.1.0.2/24", "10.1.0.3/24"})
	gateway := func(addr string) {
		netns.Run(t, "ip", "route", "replace", "default", "via", addr)
		// The system knows a router that it has spoken to.
		c, err := net.Dial("udp", addr+":9")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = c.Write([]byte("hello"))
		netns.Until(t, "the router's hardware address", func() bool {
			return strings.Contains(netns.Run(t, "ip", "neigh", "show", "dev", "net0"), addr+" lladdr")
		})
	}
	gateway("10.1.0.2")
	b := hosttest.Start(t, hosttest.Options{Judged: true})
	listener, at := b.Listen(func(p *protocol.TCPListenParams) { p.LocalAddress, p.Reach = "10.1.0.1", "network" })
	visit := func() (c net.Conn) {
		t.Helper()
		neighbour.Do(t, func() { c = b.Visit(at) })
		return c
	}
	visit()
	b.Accept(listener)
	gateway("10.1.0.3")
	time.Sleep(1100 * time.Millisecond) // what was found out counts for a second
	stranger := visit()
	r, request := b.AskAccept(listener, nil)
	wantEnd(t, stranger, true)
	b.Visit(at) // this computer's own
	b.WantAccepted(r, request)
	// Back home it goes on.
	gateway("10.1.0.2")
	time.Sleep(1100 * time.Millisecond)
	visit()
	if _, result := b.Accept(listener); result.RemoteAddress != "10.1.0.2" {
		t.Errorf("accepted %+v", result)
	}
}

// A link-local address has a zone, and so has who comes from the link.
func TestListenerAtLinkLocalAddress(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	neighbour := netns.NewNeighbour(t)
	neighbour.Join(t, "net0", nil, "far", nil)
	text := netns.Run(t, "sh", "-c", "ip -6 -o addr show dev net0 | sed -E 's,.*inet6 ([^/]*)/.*,\\1,'")
	address := strings.TrimSpace(text) + "%net0"
	b := hosttest.Start(t, hosttest.Options{Judged: true})
	listener, at := b.Listen(func(p *protocol.TCPListenParams) { p.LocalAddress, p.Reach = address, "network" })
	if at.LocalAddress != address {
		t.Errorf("listens at %s, not %s", at.LocalAddress, address)
	}
	visitor := b.Visit(at)
	r, result := b.Accept(listener)
	if result.RemoteAddress != address || result.LocalAddress != address {
		t.Errorf("accepted %+v", result)
	}
	b.Send(r, []byte("hello"))
	hear(t, visitor, "hello")
	// Without the zone nobody knows which link is meant.
	p := b.Listener()
	p.LocalAddress, p.Reach = strings.TrimSpace(text), "network"
	if m := b.Answer(b.Ask(protocol.MethodTCPListen, p)); m.Error == nil {
		t.Errorf("listens at %s", m.Result)
	}
}
