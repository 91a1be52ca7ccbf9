package sockets_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// subscriber receives what comes to a group at the neighbour's, with how it came.
type subscriber struct {
	four *ipv4.PacketConn
	six  *ipv6.PacketConn
	conn *net.UDPConn
}

// subscribe joins a group on an interface of the namespace that it is called in.
func subscribe(t *testing.T, group string, port int, iface, source string) *subscriber {
	t.Helper()
	config := net.ListenConfig{}
	addr := netip.MustParseAddr(group)
	network := "udp6"
	if addr.Is4() {
		network = "udp4"
	}
	// To a group's address package net lets several bind.
	packets, err := config.ListenPacket(context.Background(), network, netip.AddrPortFrom(addr, uint16(port)).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close() })
	at, err := net.InterfaceByName(iface)
	if err != nil {
		t.Fatal(err)
	}
	s := &subscriber{conn: packets.(*net.UDPConn)}
	to := &net.UDPAddr{IP: addr.AsSlice()}
	if addr.Is4() {
		s.four = ipv4.NewPacketConn(packets)
		err = errors.Join(s.four.SetControlMessage(ipv4.FlagTTL|ipv4.FlagDst, true), joinAs(source, func(from net.Addr) error {
			return s.four.JoinSourceSpecificGroup(at, to, from)
		}, func() error { return s.four.JoinGroup(at, to) }))
	} else {
		s.six = ipv6.NewPacketConn(packets)
		err = errors.Join(s.six.SetControlMessage(ipv6.FlagHopLimit|ipv6.FlagDst, true), joinAs(source, func(from net.Addr) error {
			return s.six.JoinSourceSpecificGroup(at, to, from)
		}, func() error { return s.six.JoinGroup(at, to) }))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func joinAs(source string, specific func(net.Addr) error, any func() error) error {
	if source == "" {
		return any()
	}
	return specific(&net.UDPAddr{IP: net.ParseIP(source)})
}

// next returns the next datagram and its TTL or hop limit; an empty one when none comes.
func (s *subscriber) next(t *testing.T, patience time.Duration) (payload string, ttl int, from net.Addr) {
	t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	if s.four != nil {
		n, cm, from, err := s.four.ReadFrom(buf)
		if err != nil {
			return "", 0, nil
		}
		return string(buf[:n]), cm.TTL, from
	}
	n, cm, from, err := s.six.ReadFrom(buf)
	if err != nil {
		return "", 0, nil
	}
	return string(buf[:n]), cm.HopLimit, from
}

// publish sends to a group from an address of the namespace that it is called in.
func publish(t *testing.T, from, group string, port int64, iface, payload string) {
	t.Helper()
	addr := netip.MustParseAddr(group)
	if addr.Is6() {
		addr = addr.WithZone(iface)
	}
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	at, err := net.InterfaceByName(iface)
	if err != nil {
		t.Fatal(err)
	}
	if addr.Is4() {
		err = ipv4.NewPacketConn(c).SetMulticastInterface(at)
	} else {
		err = ipv6.NewPacketConn(c).SetMulticastInterface(at)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteToUDPAddrPort([]byte(payload), netip.AddrPortFrom(addr, uint16(port))); err != nil {
		t.Fatalf("to %s: %v", addr, err)
	}
}

const short = 300 * time.Millisecond

// Groups are joined from anybody or from one source, left, and sent to, by IPv4 and IPv6,
// with a TTL of 1 unless the page says another.
func TestMulticast(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n, m := netns.NewNeighbour(t), netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24", "fd00:7::1/64"}, "eth0", []string{"192.168.7.2/24", "192.168.7.3/24", "fd00:7::2/64", "fd00:7::3/64"})
	m.Join(t, "net1", []string{"192.168.8.1/24", "fd00:8::1/64"}, "eth0", []string{"192.168.8.2/24", "fd00:8::2/64"})
	for _, scope := range []string{"all", "net0", "net1"} {
		sysctl(t, "ipv4/conf/"+scope+"/rp_filter", "0")
	}
	b := hosttest.Start(t, hosttest.Options{})
	for _, c := range []struct{ local, first, second, other, group, another, link string }{
		{"192.168.7.1", "192.168.7.2", "192.168.7.3", "192.168.8.2", "239.1.2.3", "239.1.2.4", "224.0.0.251"},
		{"fd00:7::1", "fd00:7::2", "fd00:7::3", "fd00:8::2", "ff15::1:3", "ff12::1:4", "ff02::fb"},
	} {
		multicast := func(change func(*protocol.UDPBindParams)) (*hosttest.Remote, int64) {
			r, result := b.Bind(func(p *protocol.UDPBindParams) {
				onNetwork(c.local)(p)
				p.Multicast = true
				if change != nil {
					change(p)
				}
			})
			return r, result.LocalPort
		}
		join := func(r *hosttest.Remote, group, source string) {
			t.Helper()
			b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(r, group, source), nil)
		}
		any, anyPort := multicast(nil)
		one, onePort := multicast(nil)
		// Nothing comes before, whoever else has joined.
		n.Do(t, func() { publish(t, c.first, c.group, anyPort, "eth0", "early") })
		join(any, c.group, "")
		join(one, c.group, c.first)
		hosttest.WantFailure(t, b.JoinGroup(any, c.group, ""), "InvalidStateError", "protocol")
		hosttest.WantFailure(t, b.JoinGroup(any, c.group, c.first), "InvalidStateError", "protocol")
		hosttest.WantFailure(t, b.JoinGroup(one, c.group, c.first), "InvalidStateError", "protocol")
		hosttest.WantFailure(t, b.LeaveGroup(one, c.group, ""), "InvalidStateError", "protocol")
		m.Do(t, func() {
			publish(t, c.other, c.group, anyPort, "eth0", "other link")
			publish(t, c.other, c.group, onePort, "eth0", "other link")
		})
		n.Do(t, func() {
			publish(t, c.first, c.another, anyPort, "eth0", "other group")
			for _, port := range []int64{anyPort, onePort} {
				publish(t, c.second, c.group, port, "eth0", "second")
				publish(t, c.first, c.group, port, "eth0", "first")
			}
		})
		if got := froms(b.WaitDatagrams(any, 2)); got != "second from "+c.second+", first from "+c.first {
			t.Errorf("%s: anybody's: %s", c.group, got)
		}
		if got := froms(b.WaitDatagrams(one, 1)); got != "first from "+c.first {
			t.Errorf("%s: the source's: %s", c.group, got)
		}
		// A second source of the same group.
		join(one, c.group, c.second)
		n.Do(t, func() { publish(t, c.second, c.group, onePort, "eth0", "again") })
		b.WaitDatagrams(one, 2)
		if state := b.Inspect(one); state.Groups != 2 {
			t.Errorf("%d groups", state.Groups)
		}
		b.WantResult(protocol.MethodMulticastLeave, b.LeaveGroup(one, c.group, c.first), nil)
		hosttest.WantFailure(t, b.LeaveGroup(one, c.group, c.first), "InvalidStateError", "protocol")
		n.Do(t, func() {
			publish(t, c.first, c.group, onePort, "eth0", "left")
			publish(t, c.second, c.group, onePort, "eth0", "stays")
		})
		if got := string(b.WaitDatagrams(one, 3)[2].Payload); got != "stays" {
			t.Errorf("%s: after leaving: %s", c.group, got)
		}

		// Sending: two subscribers, one of which hears another source only.
		var heard, deaf *subscriber
		n.Do(t, func() {
			heard, deaf = subscribe(t, c.group, 6000, "eth0", ""), subscribe(t, c.group, 6000, "eth0", c.second)
		})
		for i := range 5 {
			b.MustSendTo(any, c.group, 6000, fmt.Append(nil, i))
		}
		for i := range 5 {
			if got, ttl, _ := heard.next(t, hosttest.Patience); got != fmt.Sprint(i) || ttl != 1 {
				t.Errorf("%s: the subscriber got %q with TTL %d", c.group, got, ttl)
			}
		}
		if got, _, _ := deaf.next(t, short); got != "" {
			t.Errorf("%s: the other subscriber got %q", c.group, got)
		}
		far, _ := multicast(func(p *protocol.UDPBindParams) {
			hops := int64(7)
			p.MulticastTimeToLive = &hops
		})
		// Who sends need not join.
		b.MustSendTo(far, c.group, 6000, []byte("far"))
		if got, ttl, _ := heard.next(t, hosttest.Patience); got != "far" || ttl != 7 {
			t.Errorf("%s: %q with TTL %d", c.group, got, ttl)
		}
		// Systems find each other by these.
		join(far, c.link, "")
		hosttest.WantFailure(t, b.SendTo(far, c.link, 5353, []byte("x")), "NotAllowedError", "address")
		plain, _ := b.Bind(onNetwork(c.local))
		hosttest.WantFailure(t, b.JoinGroup(plain, c.group, ""), "InvalidStateError", "protocol")
		hosttest.WantFailure(t, b.SendTo(plain, c.group, 6000, []byte("x")), "NotAllowedError", "address")
		for _, wrong := range [][2]string{{c.local, ""}, {"group", ""}, {c.group, "source"}, {c.group, c.group}, {c.group, "0.0.0.0"}, {c.group, "::1"}} {
			hosttest.WantCode(t, b.JoinGroup(any, wrong[0], wrong[1]), protocol.CodeInvalidParams)
		}
		for _, r := range []*hosttest.Remote{any, one, far, plain} {
			b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
			b.WantClosed(r, "", "")
		}
		hosttest.WantFailure(t, b.JoinGroup(any, c.group, ""), "InvalidStateError", "gone")
	}
}
