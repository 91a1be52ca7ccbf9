package sockets_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// sendFrom sends one datagram from an address of the namespace that it is called in.
func sendFrom(t *testing.T, from, to string, payload string) {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(from)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.WriteToUDPAddrPort([]byte(payload), netip.MustParseAddrPort(to)); err != nil {
		t.Fatalf("from %s to %s: %v", from, to, err)
	}
}

// echoAt answers at an address of the namespace that it is called in.
func echoAt(t *testing.T, at string) {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
}

// sysctl sets a value of the kernel for the namespace that it is called in.
func sysctl(t *testing.T, name, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// onNetwork binds to an address of an interface, for devices of its network.
func onNetwork(addr string) func(*protocol.UDPBindParams) {
	return func(p *protocol.UDPBindParams) {
		p.LocalAddress, p.Reach, p.Peers, p.Hosts = addr, "network", "network", nil
	}
}

// froms returns who has sent what a bound socket received.
func froms(list []hosttest.Datagram) string {
	var texts []string
	for _, d := range list {
		texts = append(texts, string(d.Payload)+" from "+d.From.Addr().String())
	}
	return strings.Join(texts, ", ")
}

// A socket in a network hears its devices, by its interface only, and nobody who says that
// they are elsewhere.
func TestBoundInNetwork(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n, m := netns.NewNeighbour(t), netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24", "fd00:7::1/64", "fd00:7::11/64"}, "eth0", []string{"192.168.7.2/24", "fd00:7::2/64"})
	m.Join(t, "net1", []string{"192.168.8.1/24", "fd00:8::1/64"}, "eth0", []string{"192.168.8.2/24", "fd00:8::2/64"})
	for _, scope := range []string{"all", "net0", "net1"} {
		sysctl(t, "ipv4/conf/"+scope+"/rp_filter", "0")
	}
	sysctl(t, "ipv4/conf/net0/route_localnet", "1")
	m.Run(t, "ip", "route", "add", "192.168.7.0/24", "via", "192.168.8.1")
	m.Run(t, "ip", "route", "add", "fd00:7::/64", "via", "fd00:8::1")
	n.Run(t, "ip", "addr", "add", "93.184.215.14/32", "dev", "eth0")
	n.Run(t, "ip", netns.AddAddr("2606:2800:220::8/128", "eth0")...)
	n.Run(t, "ip", netns.AddAddr("fd00:7::11/128", "lo")...)
	n.Run(t, "sysctl", "-qw", "net.ipv4.conf.eth0.route_localnet=1")
	b := hosttest.Start(t, hosttest.Options{})
	r4, at4 := b.Bind(onNetwork("192.168.7.1"))
	r6, at6 := b.Bind(onNetwork("fd00:7::1"))
	to4, to6 := fmt.Sprintf("192.168.7.1:%d", at4.LocalPort), fmt.Sprintf("[fd00:7::1]:%d", at6.LocalPort)
	m.Do(t, func() {
		sendFrom(t, "192.168.8.2:0", to4, "other interface")
		sendFrom(t, "[fd00:8::2]:0", to6, "other interface")
	})
	n.Do(t, func() {
		sendFrom(t, "93.184.215.14:0", to4, "public")
		sendFrom(t, "127.0.0.5:0", to4, "loopback")
		sendFrom(t, "[2606:2800:220::8]:0", to6, "public")
		sendFrom(t, "[fd00:7::11]:0", to6, "own address")
	})
	// This computer itself is no device in the network.
	sendFrom(t, "192.168.7.1:0", to4, "itself")
	sendFrom(t, "[fd00:7::1]:0", to6, "itself")
	refused := func(r *hosttest.Remote, n int64) {
		t.Helper()
		for end := time.Now().Add(hosttest.Patience); b.Inspect(r).TurnedAway != n; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d were turned away, want %d; got %s", b.Inspect(r).TurnedAway, n, froms(b.Datagrams(r)))
			}
		}
	}
	refused(r4, 4)
	refused(r6, 4)
	n.Do(t, func() {
		sendFrom(t, "192.168.7.2:0", to4, "device")
		sendFrom(t, "[fd00:7::2]:0", to6, "device")
	})
	if got := froms(b.WaitDatagrams(r4, 1)); got != "device from 192.168.7.2" {
		t.Errorf("IPv4: %s", got)
	}
	if got := froms(b.WaitDatagrams(r6, 1)); got != "device from fd00:7::2" {
		t.Errorf("IPv6: %s", got)
	}
	for _, to := range []string{"93.184.215.14", "127.0.0.1", "192.168.7.1", "192.168.7.255", "255.255.255.255", "0.0.0.0"} {
		hosttest.WantFailure(t, b.SendTo(r4, to, 9, []byte("x")), "NotAllowedError", "address")
	}
}

// router makes a neighbour the router of an interface, by whose hardware address networks
// are told apart.
func router(t *testing.T, addr, iface string) {
	t.Helper()
	netns.Run(t, "ip", "route", "replace", "default", "via", addr)
	sendFrom(t, "0.0.0.0:0", addr+":9", "hello")
	netns.Until(t, "the router's hardware address", func() bool {
		return strings.Contains(netns.Run(t, "ip", "neigh", "show", "dev", iface), addr+" lladdr")
	})
	time.Sleep(1100 * time.Millisecond) // what was found out counts for a second
}

// A computer that is carried into another network, where it has the same address, exchanges
// nothing with its devices.
func TestBoundStaysInItsNetwork(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24"}, "eth0", []string{"192.168.7.2/24"})
	// The same neighbour is another router by another hardware address.
	macs := []string{"02:00:00:00:00:02", "02:00:00:00:00:03"}
	carry := func(mac string) {
		n.Run(t, "ip", "link", "set", "eth0", "address", mac)
		netns.Run(t, "ip", "neigh", "flush", "dev", "net0")
		router(t, "192.168.7.2", "net0")
	}
	carry(macs[0])
	b := hosttest.Start(t, hosttest.Options{})
	r, result := b.Bind(onNetwork("192.168.7.1"))
	hello := func(payload string) {
		n.Do(t, func() { sendFrom(t, "192.168.7.2:5000", fmt.Sprintf("192.168.7.1:%d", result.LocalPort), payload) })
	}
	hello("at home")
	b.WaitDatagrams(r, 1)
	b.MustSendTo(r, "192.168.7.2", 5000, []byte("x"))
	carry(macs[1])
	hello("elsewhere")
	hosttest.WantFailure(t, b.SendTo(r, "192.168.7.2", 5000, []byte("x")), "NotAllowedError", "address")
	for end := time.Now().Add(hosttest.Patience); b.Inspect(r).TurnedAway != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %s", froms(b.Datagrams(r)))
		}
	}
	carry(macs[0])
	hello("at home again")
	if got := string(b.WaitDatagrams(r, 2)[1].Payload); got != "at home again" {
		t.Errorf("got %q", got)
	}
	b.MustSendTo(r, "192.168.7.2", 5000, []byte("x"))
}

// A socket that is open to anybody gets no broadcasts, and IPv4 and IPv6 by their own names.
func TestBoundToAnybody(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24", "fd00:7::1/64"}, "eth0", []string{"192.168.7.2/24", "fd00:7::2/64"})
	n.Run(t, "ip", "addr", "add", "93.184.215.14/32", "dev", "eth0")
	netns.Run(t, "ip", "route", "add", "93.184.215.14", "via", "192.168.7.2")
	b := hosttest.Start(t, hosttest.Options{})
	bind := func(addr, peers string, only bool) (*hosttest.Remote, int64) {
		r, result := b.Bind(func(p *protocol.UDPBindParams) {
			p.LocalAddress, p.Reach, p.Peers, p.Hosts, p.Ipv6Only = addr, "anybody", peers, nil, only
		})
		if result.LocalAddress != addr {
			t.Errorf("bound to %s, not %s", result.LocalAddress, addr)
		}
		return r, result.LocalPort
	}
	both, port := bind("::", "network", false)
	n.Do(t, func() {
		c, err := net.Dial("udp4", fmt.Sprintf("192.168.7.255:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("broadcast")); err != nil {
			t.Fatal(err)
		}
		sendFrom(t, "93.184.215.14:0", fmt.Sprintf("192.168.7.1:%d", port), "public")
		sendFrom(t, "192.168.7.2:0", fmt.Sprintf("192.168.7.1:%d", port), "four")
		sendFrom(t, "[fd00:7::2]:0", fmt.Sprintf("[fd00:7::1]:%d", port), "six")
		echoAt(t, "192.168.7.2:5000")
		echoAt(t, "[fd00:7::2]:5000")
	})
	if got := froms(b.WaitDatagrams(both, 2)); got != "four from 192.168.7.2, six from fd00:7::2" {
		t.Errorf("got %s", got)
	}
	b.MustSendTo(both, "192.168.7.2", 5000, []byte("echo"))
	b.WaitDatagrams(both, 3)
	b.MustSendTo(both, "fd00:7::2", 5000, []byte("echo"))
	if got := froms(b.WaitDatagrams(both, 4)[2:]); got != "echo from 192.168.7.2, echo from fd00:7::2" {
		t.Errorf("got %s", got)
	}
	if away := b.Inspect(both).TurnedAway; away != 2 {
		t.Errorf("%d were turned away", away)
	}
	four, port := bind("0.0.0.0", "internet", false)
	n.Do(t, func() {
		sendFrom(t, "192.168.7.2:0", fmt.Sprintf("192.168.7.1:%d", port), "device")
		sendFrom(t, "93.184.215.14:0", fmt.Sprintf("192.168.7.1:%d", port), "public")
	})
	if got := froms(b.WaitDatagrams(four, 1)); got != "public from 93.184.215.14" {
		t.Errorf("got %s", got)
	}
	hosttest.WantFailure(t, b.SendTo(four, "fd00:7::2", 5000, []byte("x")), "NotAllowedError", "address")
	six, port := bind("::", "network", true)
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{Port: int(port)})
	if err != nil {
		t.Fatalf("IPv4 is not left to others: %v", err)
	}
	taken.Close()
	hosttest.WantFailure(t, b.SendTo(six, "192.168.7.2", 5000, []byte("x")), "NetworkError", "dns")
	b.MustSendTo(six, "fd00:7::2", 5000, []byte("x"))
	b.WaitDatagrams(six, 1)
}

// Where no rule knows that an address reaches everybody, the system does.
func TestBoundSendsNoBroadcast(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"10.9.8.7/24"}, "eth0", []string{"10.9.8.1/24"})
	netns.Run(t, "ip", "addr", "add", "10.9.7.7/24", "broadcast", "10.9.7.77", "dev", "net0")
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Bind(onNetwork("10.9.8.7"))
	hosttest.WantFailure(t, b.SendTo(r, "10.9.8.255", 9, []byte("x")), "NotAllowedError", "address")
	hosttest.WantFailure(t, b.SendTo(r, "10.9.7.77", 9, []byte("x")), "NetworkError", "unreachable")
	b.MustSendTo(r, "10.9.8.1", 9, []byte("x"))
}

// Link-local addresses have the zone of the interface, whether the page says so or not, and
// no other.
func TestBoundZones(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"fe80::7:1/64"}, "eth0", []string{"fe80::7:2/64"})
	netns.NewNeighbour(t).Join(t, "net1", []string{"fe80::8:1/64"}, "eth0", nil)
	b := hosttest.Start(t, hosttest.Options{})
	r, result := b.Bind(onNetwork("fe80::7:1%net0"))
	if result.LocalAddress != "fe80::7:1%net0" {
		t.Errorf("bound to %s", result.LocalAddress)
	}
	n.Do(t, func() { echoAt(t, "[fe80::7:2%eth0]:5000") })
	iface, err := net.InterfaceByName("net0")
	if err != nil {
		t.Fatal(err)
	}
	for i, host := range []string{"fe80::7:2", "fe80::7:2%net0", fmt.Sprintf("fe80::7:2%%%d", iface.Index)} {
		b.MustSendTo(r, host, 5000, []byte("x"))
		if got := froms(b.WaitDatagrams(r, i+1)[i:]); got != "x from fe80::7:2%net0" {
			t.Errorf("got %s", got)
		}
	}
	hosttest.WantFailure(t, b.SendTo(r, "fe80::7:2%net1", 5000, []byte("x")), "NotAllowedError", "address")
	if state := b.Inspect(r); state.Peers != 1 {
		t.Errorf("%d peers", state.Peers)
	}
	// A host that the user has named without a zone.
	r, _ = b.Bind(func(p *protocol.UDPBindParams) {
		onNetwork("fe80::7:1%net0")(p)
		p.Peers, p.Hosts = "named", []protocol.NamedPeer{{Host: "fe80::7:2"}}
	})
	b.MustSendTo(r, "fe80::7:2", 5000, []byte("x"))
	if got := froms(b.WaitDatagrams(r, 1)); got != "x from fe80::7:2%net0" {
		t.Errorf("got %s", got)
	}
}

// Names are resolved for each peer; one that leads elsewhere a minute later is judged anew,
// and a slow one keeps no other waiting.
func TestBoundNamesOfServers(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24"}, "eth0", []string{"192.168.7.2/24", "93.184.215.14/32"})
	netns.Run(t, "ip", "route", "add", "default", "via", "192.168.7.2")
	netns.Dnsmasq(t, "--host-record=far.example,93.184.215.14", "--host-record=inside.example,192.168.7.2",
		"--host-record=mixed.example,93.184.215.14", "--host-record=mixed.example,192.168.7.2", "--server=/slow.example/192.168.7.99")
	n.Do(t, func() { echoAt(t, "93.184.215.14:5000") })
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Bind(func(p *protocol.UDPBindParams) {
		p.LocalAddress, p.Reach, p.Peers, p.Hosts = "0.0.0.0", "anybody", "internet", nil
	})
	slow := b.WriteAsk(r, hosttest.To("slow.example", 5000, []byte("x")))
	for i := range 3 {
		b.WriteAsk(r, hosttest.To("far.example", 5000, fmt.Append(nil, i)))
	}
	if got := froms(b.WaitDatagrams(r, 3)); got != "0 from 93.184.215.14, 1 from 93.184.215.14, 2 from 93.184.215.14" {
		t.Errorf("got %s", got)
	}
	b.Mu.Lock()
	_, answered := b.Answers[slow]
	b.Mu.Unlock()
	if answered {
		t.Error("the slow name is answered")
	}
	for _, name := range []string{"inside.example", "mixed.example"} {
		hosttest.WantFailure(t, b.SendTo(r, name, 5000, []byte("x")), "NotAllowedError", "address")
	}
	hosttest.WantFailure(t, b.SendTo(r, "nowhere.example", 5000, []byte("x")), "NetworkError", "dns")
	// Ports that routers watch are for nobody here.
	hosttest.WantFailure(t, b.SendTo(r, "far.example", 5060, []byte("x")), "NotAllowedError", "risk")
	hosttest.WantFailure(t, b.SendTo(r, "93.184.215.14", 5060, []byte("x")), "NotAllowedError", "risk")
	// Closing gives the search up.
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID, Reset: true}, nil)
	hosttest.WantFailure(t, b.Answer(slow), "AbortError", "aborted")
	b.WaitClosed(r)
}

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
		hosttest.WantFailure(t, b.SendTo(far, c.group, 6000, []byte("x")), "NotAllowedError", "address")
		join(far, c.group, "")
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
