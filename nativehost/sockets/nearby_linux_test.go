package sockets_test

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// connLog is who listens at an address of the Internet, for TCP and UDP, and has
// what they send.
type connLog struct {
	mu      sync.Mutex
	visited []string
}

const testPort = 7777

// listen answers on port testPort of each address, in the namespace that it is
// called in.
func (g *connLog) listen(t *testing.T, addrs ...string) {
	t.Helper()
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	note := func(network, addr string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.visited = append(g.visited, network+" "+addr)
	}
	for _, addr := range addrs {
		at := netip.AddrPortFrom(netip.MustParseAddr(addr), testPort).String()
		listener, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		packets, err := net.ListenPacket("udp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			listener.Close()
			packets.Close()
		})
		serving.Go(func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				note("tcp", addr)
				c.Close()
			}
		})
		serving.Go(func() {
			for {
				if _, _, err := packets.ReadFrom(make([]byte, 100)); err != nil {
					return
				}
				note("udp", addr)
			}
		})
	}
}

func (g *connLog) all() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	visited := slices.Clone(g.visited)
	slices.Sort(visited)
	return slices.Compact(visited)
}

// begun counts the TCP connections that this namespace has begun: one for each first
// SYN, by either family.
func begun(t *testing.T) int {
	t.Helper()
	return netns.Count(t, "TcpActiveOpens")
}

// Names that lead to a public address of this computer, or of a neighbour's on the
// same link, are refused before anything is sent; the same neighbour is reached at an
// address beyond the link, and at the others by who enters the address.
func TestNamesThatLeadNearby(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "out0", []string{"93.184.220.7/24", "2606:2800:220::7/64"}, "eth0", []string{"93.184.220.8/24", "2606:2800:220::8/64"})
	netns.Run(t, "ip", "route", "add", "default", "via", "93.184.220.8")
	netns.Run(t, "ip", "route", "add", "default", "via", "2606:2800:220::8")
	own := []string{"93.184.220.7", "2606:2800:220::7"}
	neighbours := []string{"93.184.220.8", "2606:2800:220::8"}
	far := []string{"93.184.215.14", "2606:2800:21f::14"}
	for _, addr := range far {
		n.Run(t, "ip", netns.AddAddr(addr, "lo")...)
	}
	seen := &connLog{}
	seen.listen(t, own...)
	n.Do(t, func() { seen.listen(t, slices.Concat(neighbours, far)...) })
	var records []string
	near := map[string]string{}
	for _, addr := range slices.Concat(own, neighbours) {
		name := fmt.Sprintf("near%d.example", len(near))
		near[name] = addr
		records = append(records, "--host-record="+name+","+addr)
	}
	for name, addrs := range map[string][]string{
		"far.example": {far[0]}, "far6.example": {far[1]},
		"mixed.example": {far[0], neighbours[1]}, "mixed6.example": {own[0], far[1]}, "translated.example": {"64:ff9b::" + own[0]},
	} {
		records = append(records, "--host-record="+name+","+strings.Join(addrs, ","))
		if !strings.HasPrefix(name, "far") {
			near[name] = strings.Join(addrs, " and ")
		}
	}
	netns.Dnsmasq(t, records...)
	b := hosttest.Start(t, hosttest.Options{})
	ask := func(method, host string, entered bool) int64 {
		t.Helper()
		tcp := b.TCP(testPort)
		if method == protocol.MethodTCPOpen {
			tcp.Host, tcp.UserEntered = host, entered
			return b.Ask(method, tcp)
		}
		return b.Ask(method, protocol.UDPOpenParams{OpenRequest: protocol.OpenRequest{
			SocketID: tcp.SocketID, Origin: tcp.Origin, Document: tcp.Document,
			Host: host, Port: testPort, UserEntered: entered, Window: tcp.Window,
		}})
	}

	before := begun(t)
	asked := map[int64]string{}
	for _, method := range []string{protocol.MethodTCPOpen, protocol.MethodUDPOpen} {
		for name, addr := range near {
			asked[ask(method, name, true)] = method + " to " + name + ", " + addr
		}
		for _, addr := range slices.Concat(own, neighbours) {
			asked[ask(method, addr, false)] = method + " to " + addr
		}
	}
	for id, what := range asked {
		t.Log(what)
		hosttest.WantFailure(t, b.Answer(id), "NotAllowedError", "address")
	}
	if n := begun(t) - before; n != 0 || len(seen.all()) != 0 {
		t.Errorf("%d connections were begun, somebody came to %v", n, seen.all())
	}

	// What is far is reached, and what is near by who enters its address.
	var want []string
	for name, addr := range map[string]string{"far.example": far[0], "far6.example": far[1]} {
		b.WantResult(protocol.MethodTCPOpen, b.Answer(ask(protocol.MethodTCPOpen, name, false)), nil)
		want = append(want, "tcp "+addr)
	}
	for _, addr := range slices.Concat(own, neighbours) {
		b.WantResult(protocol.MethodTCPOpen, b.Answer(ask(protocol.MethodTCPOpen, addr, true)), nil)
		want = append(want, "tcp "+addr)
	}
	slices.Sort(want)
	if n := begun(t) - before; n != len(want) {
		t.Errorf("%d connections were begun, not %d", n, len(want))
	}
	netns.Until(t, "the connections", func() bool { return slices.Equal(seen.all(), want) })

	for host, place := range map[string]string{own[0]: "computer", own[1]: "computer", neighbours[0]: "network", neighbours[1]: "network", far[0]: "internet", far[1]: "internet"} {
		if got := b.Judged(host, testPort, false); !got.Allowed || got.Place != place || got.MustEnter != (place != "internet") || got.Risk {
			t.Errorf("%s: %+v", host, got)
		}
	}
	// Routers watch what leaves the link, not what stays on it.
	if got := b.Judged(neighbours[0], 5060, true); got.Risk {
		t.Errorf("a neighbour's port is a risk: %+v", got)
	}
	if got := b.Judged(far[0], 5060, true); !got.Risk {
		t.Errorf("a far port is none: %+v", got)
	}
}

// When the computer moves to where a page's peer is, the next look at the policy ends
// the socket.
func TestSocketToWhatHasComeNear(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "out0", []string{"100.64.0.2/30"}, "eth0", []string{"100.64.0.1/30"})
	netns.Run(t, "ip", "route", "add", "default", "via", "100.64.0.1")
	n.Run(t, "ip", netns.AddAddr("93.184.215.14", "lo")...)
	n.Do(t, func() { hosttest.ServeAt(t, fmt.Sprintf("93.184.215.14:%d", testPort), hosttest.Echo) })
	netns.Dnsmasq(t, "--host-record=far.example,93.184.215.14")
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Open(testPort, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) { p.Host, p.UserEntered = "far.example", false })
	b.WantAlive(r)
	b.Managed(`{"prompt": "always"}`)
	b.WantAlive(r)
	netns.Run(t, "ip", netns.AddAddr("93.184.215.9/24", "out0")...)
	netns.Until(t, "the move", func() bool { return b.Judged("93.184.215.14", testPort, false).Place == "network" })
	b.Managed(`{}`)
	b.WantClosed(r, "NotAllowedError", "address")
}
