package session_test

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// told writes places as "address reach interface", with "!" behind public ones and "?"
// behind those in a network that cannot be told from others.
func told(places []protocol.LocalPlace) string {
	var all []string
	for _, p := range places {
		addr := p.Address
		if at, zone, found := strings.Cut(addr, "%"); found {
			addr = "link-local%" + zone
			if !netip.MustParseAddr(at).IsLinkLocalUnicast() {
				addr = p.Address
			}
		}
		text := strings.TrimSpace(fmt.Sprintf("%s %s %s", addr, p.Reach, p.Interface))
		if p.Public {
			text += "!"
		}
		if p.Network == "unknown" {
			text += "?"
		} else if p.Network != "" {
			text += "@"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestPlacesOfThisComputer looks at real interfaces.
func TestPlacesOfThisComputer(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "lan0", []string{"192.168.7.5/24", "fd00::5/64"}, "eth0", []string{"192.168.7.1/24"})
	n.Join(t, "wan0", []string{"93.184.220.7/24"}, "eth1", []string{"93.184.220.1/24"})
	netns.Run(t, "ip", "link", "add", "off0", "type", "veth", "peer", "name", "off1")
	netns.Run(t, "ip", netns.AddAddr("10.3.3.3/24", "off0")...)
	netns.Run(t, "ip", "route", "add", "default", "via", "192.168.7.1")
	netns.Run(t, "ip", "neigh", "replace", "192.168.7.1", "lladdr", "02:00:00:00:00:01", "dev", "lan0", "nud", "reachable")
	b := hosttest.Start(t, hosttest.Options{})
	six := func(p *protocol.PolicyJudgeLocalParams) { p.Ipv6Only = true }
	salted := func(p *protocol.PolicyJudgeLocalParams) { p.NetworkSalt = "AAAAAAAAAAAAAAAAAAAAAA" }
	for _, c := range []struct {
		addr   string
		change func(*protocol.PolicyJudgeLocalParams)
		want   string
	}{
		{"0.0.0.0", nil, "127.0.0.1 computer lo, 192.168.7.5 network lan0, 93.184.220.7 network wan0!, 0.0.0.0 anybody"},
		// Where the network is no other than elsewhere, nothing is told of it.
		{"0.0.0.0", salted, "127.0.0.1 computer lo, 192.168.7.5 network lan0@, 93.184.220.7 network wan0!, 0.0.0.0 anybody"},
		{"::", nil, "127.0.0.1 computer lo, 192.168.7.5 network lan0, 93.184.220.7 network wan0!, fd00::5 network lan0, :: anybody"},
		{"::", six, "::1 computer lo, fd00::5 network lan0, :: anybody"},
		{"192.168.7.5", salted, "192.168.7.5 network lan0@"},
		{"fd00::5", salted, "fd00::5 network lan0?"}, // no router of IPv6
		{"93.184.220.7", salted, "93.184.220.7 network wan0!"},
		{"127.0.0.1", salted, "127.0.0.1 computer lo"},
		{"::1", nil, "::1 computer lo"},
		{"10.3.3.3", nil, ""}, // its interface is down
		{"192.168.7.1", nil, ""},
	} {
		got := judgedLocal(b, "tcp", c.addr, c.change)
		if told(got.Places) != c.want || got.Allowed != (c.want != "") || !got.Allowed && got.Reason != "address" {
			t.Errorf("%s: %s\n%+v, want %s", c.addr, told(got.Places), got, c.want)
		}
		// What is offered can be bound.
		for _, place := range got.Places {
			listener, err := net.Listen("tcp", net.JoinHostPort(place.Address, "0"))
			if err != nil {
				t.Errorf("%+v: %v", place, err)
				continue
			}
			listener.Close()
		}
	}
	// With link-local addresses of IPv6 only, these are offered, with their zones.
	netns.Run(t, "ip", "addr", "del", "fd00::5/64", "dev", "lan0")
	netns.Until(t, "the address is gone", func() bool {
		got := told(judgedLocal(b, "udp", "::", six).Places)
		return got == "::1 computer lo, link-local%lan0 network lan0, link-local%wan0 network wan0, :: anybody"
	})
	// An interface with many addresses has no more rows than the protocol takes.
	for i := range 30 {
		netns.Run(t, "ip", netns.AddAddr("10.7.0."+strconv.Itoa(i+1)+"/24", "lan0")...)
	}
	netns.Until(t, "the addresses are told", func() bool {
		places := judgedLocal(b, "udp", "0.0.0.0", nil).Places
		return len(places) == 16 && places[0].Reach == "computer" && places[15].Reach == "anybody"
	})
}
