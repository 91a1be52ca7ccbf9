package sockets_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

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
