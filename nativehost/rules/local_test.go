package rules

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
)

const page = "https://page.example"

// local is a socket on campus: listening for "tcp", bound for "udp", with the reach that
// the address has.
func local(protocol, addr string, port uint16) LocalRequest {
	r := LocalRequest{Origin: page, Protocol: protocol, Address: netip.MustParseAddr(addr), Port: port}
	r.Reach = Reaches(campus{}, r.Address)
	if protocol == "udp" {
		r.Peers = PeersNamed
	}
	return r
}

func announced(r LocalRequest) LocalRequest { r.Announce = true; return r }
func grouped(r LocalRequest) LocalRequest   { r.Multicast = true; return r }

func from(r LocalRequest, origin string) LocalRequest      { r.Origin = origin; return r }
func reaching(r LocalRequest, reach Reach) LocalRequest    { r.Reach = reach; return r }
func exchanging(r LocalRequest, peers Choice) LocalRequest { r.Peers = peers; return r }

func TestLocal(t *testing.T) {
	const (
		ports      = `{"localPorts": [{"ports": ["8080"], "protocol": "tcp"}, {"ports": ["53"], "origins": ["https://page.example"]}]}`
		onComputer = `{"servers": "computer"}`
		inNetwork  = `{"servers": "network"}`
		noServers  = `{"servers": "off"}`
	)
	for _, c := range []struct {
		what, policy string
		r            LocalRequest
		want         error
		by           string
	}{
		{"loopback", "", local("tcp", "127.0.0.1", 40000), nil, ""},
		{"loopback of IPv6", "", local("tcp", "::1", 40000), nil, ""},
		{"another loopback address", "", local("tcp", "127.0.0.2", 40000), nil, ""},
		{"an address of its own", "", local("tcp", "192.168.1.7", 40000), nil, ""},
		{"an address of its own on the Internet", "", local("tcp", "93.184.220.7", 40000), nil, ""},
		{"wrapped in IPv6", "", reaching(local("tcp", "::ffff:192.168.1.7", 40000), ReachNetwork), nil, ""},
		{"everywhere", "", local("tcp", "0.0.0.0", 0), nil, ""},
		{"everywhere by IPv6", "", local("udp", "::", 0), nil, ""},

		{"a page over http", "", from(local("tcp", "127.0.0.1", 40000), "http://page.example"), fault.ErrOrigin, ""},
		{"switched off", off, local("tcp", "127.0.0.1", 40000), fault.ErrPolicy, "enabled"},
		{"a page that may not", `{"blockedOrigins": ["https://*.example"]}`, local("tcp", "127.0.0.1", 40000), fault.ErrPolicy, "blockedOrigins[0]"},
		{"a page that is not listed", `{"allowedOrigins": []}`, local("udp", "127.0.0.1", 40000), fault.ErrPolicy, "allowedOrigins"},
		{"asking is forbidden", `{"prompt": "forbid"}`, local("tcp", "127.0.0.1", 40000), fault.ErrPolicy, "prompt"},
		{"always asked", `{"prompt": "always"}`, local("tcp", "127.0.0.1", 40000), nil, ""},

		// The reach that was agreed to is the one that the address has.
		{"wider than agreed", "", reaching(local("tcp", "0.0.0.0", 40000), ReachNetwork), fault.ErrAddress, ""},
		{"wider than agreed by IPv6", "", reaching(local("tcp", "::", 40000), ReachComputer), fault.ErrAddress, ""},
		{"in the network, agreed for this computer", "", reaching(local("tcp", "192.168.1.7", 40000), ReachComputer), fault.ErrAddress, ""},
		{"loopback, agreed for the network", "", reaching(local("tcp", "127.0.0.1", 40000), ReachNetwork), fault.ErrAddress, ""},
		{"one address, agreed for anybody", "", reaching(local("tcp", "192.168.1.7", 40000), ReachAnybody), fault.ErrAddress, ""},
		{"a neighbour's", "", reaching(local("tcp", "93.184.220.8", 40000), ReachNetwork), fault.ErrAddress, ""},
		{"somebody's", "", reaching(local("tcp", "8.8.8.8", 40000), ReachNetwork), fault.ErrAddress, ""},
		{"everybody's on the link", "", reaching(local("udp", "192.168.1.255", 40000), ReachNetwork), fault.ErrAddress, ""},
		{"a group", "", reaching(local("udp", "224.0.0.251", 40000), ReachNetwork), fault.ErrAddress, ""},
		{"no address", "", LocalRequest{Origin: page, Protocol: "tcp", Reach: ReachNetwork}, fault.ErrAddress, ""},
		{"no reach", "", LocalRequest{Origin: page, Protocol: "tcp", Address: netip.MustParseAddr("8.8.8.8")}, fault.ErrAddress, ""},

		{"low", "", local("tcp", "127.0.0.1", 32767), fault.ErrLowPort, ""},
		{"not low", "", local("tcp", "127.0.0.1", 32768), nil, ""},
		{"low for UDP", "", local("udp", "127.0.0.1", 1023), fault.ErrLowPort, ""},
		{"not low for UDP", "", local("udp", "127.0.0.1", 1024), nil, ""},
		{"the system picks", "", local("udp", "127.0.0.1", 0), nil, ""},
		{"opened", ports, local("tcp", "127.0.0.1", 8080), nil, ""},
		{"opened for TCP only", ports, local("udp", "127.0.0.1", 80), fault.ErrLowPort, ""},
		{"opened for this page", ports, local("udp", "127.0.0.1", 53), nil, ""},
		{"opened for another page", ports, from(local("udp", "127.0.0.1", 53), "https://other.example"), fault.ErrLowPort, ""},

		{"no servers", noServers, local("tcp", "127.0.0.1", 40000), fault.ErrPolicy, "servers"},
		{"no servers, and UDP", noServers, local("udp", "0.0.0.0", 40000), nil, ""},
		{"servers on this computer", onComputer, local("tcp", "127.0.0.1", 40000), nil, ""},
		{"servers on this computer, not in the network", onComputer, local("tcp", "192.168.1.7", 40000), fault.ErrPolicy, "servers"},
		{"servers on this computer, not everywhere", onComputer, local("tcp", "0.0.0.0", 40000), fault.ErrPolicy, "servers"},
		{"servers in the network", inNetwork, local("tcp", "192.168.1.7", 40000), nil, ""},
		{"servers in the network, not everywhere", inNetwork, local("tcp", "::", 40000), fault.ErrPolicy, "servers"},
		{"servers in the network, and UDP", inNetwork, local("udp", "::", 40000), nil, ""},

		{"no bound UDP", `{"boundUDP": "off"}`, local("udp", "127.0.0.1", 40000), fault.ErrPolicy, "boundUDP"},
		{"no bound UDP, and TCP", `{"boundUDP": "off"}`, local("tcp", "127.0.0.1", 40000), nil, ""},
		{"named peers", `{"boundUDP": "named"}`, local("udp", "127.0.0.1", 40000), nil, ""},
		{"the network, not named", `{"boundUDP": "named"}`, exchanging(local("udp", "0.0.0.0", 40000), PeersNetwork), fault.ErrPolicy, "boundUDP"},
		{"the Internet, not the network", `{"boundUDP": "network"}`, exchanging(local("udp", "0.0.0.0", 40000), PeersInternet), fault.ErrPolicy, "boundUDP"},
		{"the network", `{"boundUDP": "network"}`, exchanging(local("udp", "0.0.0.0", 40000), PeersNetwork), nil, ""},
		{"the Internet", "", exchanging(local("udp", "0.0.0.0", 40000), PeersInternet), nil, ""},
		{"what is no choice", "", exchanging(local("udp", "0.0.0.0", 40000), "all"), fault.ErrPolicy, ""},

		{"announced", "", announced(local("tcp", "192.168.1.7", 40000)), nil, ""},
		{"announced, though it may not", `{"announce": false}`, announced(local("tcp", "192.168.1.7", 40000)), fault.ErrPolicy, "announce"},
		{"not announced, as it may not", `{"announce": false}`, local("tcp", "192.168.1.7", 40000), nil, ""},
		{"groups", "", grouped(local("udp", "0.0.0.0", 40000)), nil, ""},
		{"groups, though it may not", `{"multicast": false}`, grouped(local("udp", "0.0.0.0", 40000)), fault.ErrPolicy, "multicast"},
		{"no groups, as it may not", `{"multicast": false}`, local("udp", "0.0.0.0", 40000), nil, ""},
	} {
		err := Local(says(t, c.policy), campus{}, c.r)
		by := strings.TrimPrefix(fault.Setting(err), "managed storage: ")
		if !errors.Is(err, c.want) || c.want == nil && err != nil || by != c.by {
			t.Errorf("%s: %v by %q, want %v by %q", c.what, err, by, c.want, c.by)
		}
	}
}

// What is known before a place is picked is told before.
func TestLocalBefore(t *testing.T) {
	for _, c := range []struct {
		policy, protocol string
		want             error
	}{
		{"", "tcp", nil},
		{"", "udp", nil},
		{`{"servers": "off"}`, "tcp", fault.ErrPolicy},
		{`{"servers": "computer"}`, "tcp", nil},
		{`{"boundUDP": "off"}`, "udp", fault.ErrPolicy},
		{`{"boundUDP": "named"}`, "udp", nil},
	} {
		err := LocalBefore(says(t, c.policy), LocalRequest{Origin: page, Protocol: c.protocol})
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s by %s: %v, want %v", c.protocol, c.policy, err, c.want)
		}
	}
}

// broken returns the policy that settings make which cannot be used.
func broken(t *testing.T) *policy.Policy {
	t.Helper()
	v, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	store := policy.Open("", policy.Options{Validator: v, Log: zerolog.Nop()})
	if store.SetManaged([]byte(`{"enabled": "perhaps"}`)) {
		t.Fatal("it can be used")
	}
	return store.Current()
}

// That a policy is broken is the reason, for what is local as for what is not.
func TestBrokenPolicyRefusesLocalSockets(t *testing.T) {
	p := broken(t)
	if err := Local(p, campus{}, local("tcp", "127.0.0.1", 40000)); !errors.Is(err, fault.ErrPolicyBroken) {
		t.Error(err)
	}
	if _, err := Group(p, local("udp", "0.0.0.0", 40000), netip.MustParseAddrPort("239.1.2.3:40000")); !errors.Is(err, fault.ErrPolicyBroken) {
		t.Error(err)
	}
	if widest, by := PeersAllowed(p); widest != "" || by == "" {
		t.Errorf("%q by %q", widest, by)
	}
}

func TestInbound(t *testing.T) {
	const (
		blockedNetwork = `{"blockedDestinations": [{"cidr": "10.0.0.0/8"}]}`
		blockedPort    = `{"blockedDestinations": [{"cidr": "10.0.0.0/8", "ports": ["53"]}]}`
		blockedHere    = `{"blockedDestinations": [{"cidr": "10.0.0.0/8", "origins": ["https://other.example"]}]}`
		listed         = `{"allowedDestinations": [{"cidr": "10.1.0.0/16"}, {"host": "*.example", "cidr": "10.2.0.0/16"}, {"cidr": "10.3.0.0/16", "ports": ["53"]}]}`
		listedUDP      = `{"allowedDestinations": [{"cidr": "10.0.0.0/8", "protocol": "udp"}]}`
	)
	computer, network := local("tcp", "127.0.0.1", 40000), local("tcp", "192.168.1.7", 40000)
	anybody := local("tcp", "::", 40000)
	for _, c := range []struct {
		policy string
		r      LocalRequest
		remote string
		want   error
	}{
		{"", computer, "127.0.0.1:50000", nil},
		{"", computer, "127.1.2.3:50000", nil},
		{"", computer, "[::ffff:127.0.0.1]:50000", nil},
		{"", local("tcp", "::1", 40000), "[::1]:50000", nil},
		// Its own addresses are this computer's, but not what a loopback address is asked from.
		{"", computer, "192.168.1.7:50000", fault.ErrAddress},
		{"", computer, "10.0.0.1:50000", fault.ErrAddress},
		{"", computer, "8.8.8.8:50000", fault.ErrAddress},

		{"", network, "192.168.1.9:50000", nil},
		{"", network, "10.9.9.9:50000", nil}, // which network it is, is not told by the address
		{"", network, "192.168.1.7:50000", nil},
		{"", network, "127.0.0.1:50000", nil},
		{"", network, "93.184.220.9:50000", nil}, // a neighbour with an address of the Internet
		{"", network, "[2606:2800:220::9]:50000", nil},
		{"", network, "[fe80::9%eth0]:50000", nil},
		{"", network, "8.8.8.8:50000", fault.ErrAddress},
		{"", network, "[::ffff:8.8.8.8]:50000", fault.ErrAddress},
		{"", network, "[2606:4700::1]:50000", fault.ErrAddress},

		{"", anybody, "8.8.8.8:50000", nil},
		{"", anybody, "[2606:4700::1]:50000", nil},
		{"", anybody, "192.168.1.9:50000", nil},
		{"", anybody, "127.0.0.1:50000", nil},
		{"", anybody, "0.0.0.0:50000", fault.ErrAddress},
		{"", anybody, "192.168.1.255:50000", fault.ErrAddress},
		{"", anybody, "224.0.0.1:50000", fault.ErrAddress},
		{"", anybody, "[ff02::1%eth0]:50000", fault.ErrAddress},

		{blockedNetwork, network, "10.1.2.3:50000", fault.ErrPolicy},
		{blockedNetwork, anybody, "10.1.2.3:50000", fault.ErrPolicy},
		{blockedNetwork, anybody, "[::ffff:10.1.2.3]:50000", fault.ErrPolicy},
		{blockedNetwork, anybody, "[64:ff9b::10.1.2.3]:50000", fault.ErrPolicy},
		{blockedNetwork, network, "192.168.1.9:50000", nil},
		{blockedPort, network, "10.1.2.3:50000", nil},
		{blockedPort, network, "10.1.2.3:53", fault.ErrPolicy},
		{blockedHere, network, "10.1.2.3:50000", nil},
		{blockedHere, from(network, "https://other.example"), "10.1.2.3:50000", fault.ErrPolicy},
		{listed, network, "10.1.2.3:50000", nil},
		{listed, network, "10.2.2.3:50000", fault.ErrPolicy}, // by a name only
		{listed, network, "10.3.2.3:50000", fault.ErrPolicy}, // at another port only
		{listed, network, "10.3.2.3:53", nil},
		{listed, network, "192.168.1.9:50000", fault.ErrPolicy},
		{listed, computer, "127.0.0.1:50000", fault.ErrPolicy},
		{listedUDP, network, "10.1.2.3:50000", fault.ErrPolicy},
		{listedUDP, local("udp", "192.168.1.7", 40000), "10.1.2.3:50000", nil},
		{off, anybody, "192.168.1.9:50000", fault.ErrPolicy},
	} {
		err := Inbound(says(t, c.policy), campus{}, c.r, netip.MustParseAddrPort(c.remote))
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s reaches %s by %s: %v, want %v", c.remote, c.r.Address, c.policy, err, c.want)
		}
	}
}

func TestGroup(t *testing.T) {
	r := local("udp", "0.0.0.0", 5000)
	for _, c := range []struct {
		policy, group string
		named         bool
		want          error
	}{
		{"", "239.1.2.3:5000", false, nil},
		{"", "[ff05::1234]:5000", false, nil},
		{"", "224.0.0.251:5353", false, nil},
		{"", "192.168.1.9:5000", false, fault.ErrAddress},
		{"", "192.168.1.255:5000", false, fault.ErrAddress},
		{"", "[::1]:5000", false, fault.ErrAddress},
		{`{"multicast": false}`, "239.1.2.3:5000", false, fault.ErrPolicy},
		{`{"blockedDestinations": [{"cidr": "239.0.0.0/8"}]}`, "239.1.2.3:5000", false, fault.ErrPolicy},
		{`{"blockedDestinations": [{"cidr": "239.0.0.0/8"}]}`, "[::ffff:239.1.2.3]:5000", false, fault.ErrPolicy},
		{`{"allowedDestinations": [{"cidr": "224.0.0.251", "ports": ["5353"]}]}`, "224.0.0.251:5353", true, nil},
		{`{"allowedDestinations": [{"cidr": "224.0.0.251", "ports": ["5353"]}]}`, "224.0.0.251:5354", false, fault.ErrPolicy},
		{`{"allowedDestinations": [{"host": "*"}]}`, "224.0.0.251:5353", false, nil},
	} {
		named, err := Group(says(t, c.policy), r, netip.MustParseAddrPort(c.group))
		if named != c.named || !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s by %s: %v, named is %v; want %v, %v", c.group, c.policy, err, named, c.want, c.named)
		}
	}
}

// interfaces are those of campus, as the system lists them.
func interfaces() []nearby.Address {
	up := net.FlagUp | net.FlagMulticast
	return []nearby.Address{
		{Addr: netip.MustParseAddr("127.0.0.1"), Interface: "lo", Index: 1, Flags: net.FlagUp | net.FlagLoopback},
		{Addr: netip.MustParseAddr("192.168.1.7"), Interface: "eth0", Index: 2, Flags: up},
		{Addr: netip.MustParseAddr("93.184.220.7"), Interface: "eth1", Index: 3, Flags: up},
		{Addr: netip.MustParseAddr("::1"), Interface: "lo", Index: 1, Flags: net.FlagUp | net.FlagLoopback},
		{Addr: netip.MustParseAddr("2606:2800:220::7"), Interface: "eth1", Index: 3, Flags: up},
		{Addr: netip.MustParseAddr("fe80::7%eth1"), Interface: "eth1", Index: 3, Flags: up},
	}
}

// home is campus, and the computer in it has its addresses of IPv6, too.
type home struct{}

func (home) Class(addr netip.Addr) address.Class {
	for _, own := range interfaces() {
		if own.Addr.WithZone("") == addr.WithZone("") {
			return address.Loopback
		}
	}
	return campus{}.Class(addr)
}

// list writes places as "address reach interface", with "!" behind public ones.
func list(places []LocalPlace) string {
	var all []string
	for _, p := range places {
		text := fmt.Sprintf("%s %s %s", p.Address, p.Reach, p.Interface)
		if p.Public {
			text += "!"
		}
		all = append(all, strings.TrimSpace(text))
	}
	return strings.Join(all, ", ")
}

func TestPlaces(t *testing.T) {
	const (
		lo4, lo6   = "127.0.0.1 computer lo", "::1 computer lo"
		lan, wan   = "192.168.1.7 network eth0", "93.184.220.7 network eth1!"
		wan6       = "2606:2800:220::7 network eth1!"
		link       = "fe80::7%eth1 network eth1"
		all4, all6 = "0.0.0.0 anybody", ":: anybody"
	)
	join := func(rows ...string) string { return strings.Join(rows, ", ") }
	only := func(keep func(nearby.Address) bool) []nearby.Address {
		return slices.DeleteFunc(interfaces(), func(a nearby.Address) bool { return !keep(a) })
	}
	many := interfaces()[:1]
	var rows []string
	for i := range 40 {
		// The same address on many interfaces: near knows it, and no row may be left out for another reason.
		many = append(many, nearby.Address{Addr: netip.MustParseAddr("192.168.1.7"), Interface: fmt.Sprintf("eth%d", i), Index: i + 2, Flags: net.FlagUp})
		rows = append(rows, fmt.Sprintf("192.168.1.7 network eth%d", i))
	}
	for _, c := range []struct {
		what, policy, protocol, asked string
		ipv6Only                      bool
		own                           []nearby.Address
		want                          string
		err                           error
	}{
		{"IPv4", "", "tcp", "0.0.0.0", false, interfaces(), join(lo4, lan, wan, all4), nil},
		{"both", "", "tcp", "::", false, interfaces(), join(lo4, lan, wan, wan6, all6), nil},
		{"IPv6", "", "tcp", "::", true, interfaces(), join(lo6, wan6, all6), nil},
		{"UDP", "", "udp", "::", true, interfaces(), join(lo6, wan6, all6), nil},
		{"wrapped in IPv6", "", "tcp", "::ffff:0.0.0.0", false, interfaces(), join(lo4, lan, wan, all4), nil},
		{
			"link-local only", "", "tcp", "::", true,
			only(func(a nearby.Address) bool { return a.Addr.IsLoopback() || a.Addr.Zone() != "" }), join(lo6, link, all6), nil,
		},
		{"no interfaces", "", "tcp", "::", false, nil, all6, nil},
		{"many interfaces", "", "tcp", "0.0.0.0", false, many, join(append(append([]string{lo4}, rows[:14]...), all4)...), nil},
		{
			"an address that only this computer has", "", "tcp", "0.0.0.0", false,
			append(interfaces()[:1:1], nearby.Address{Addr: netip.MustParseAddr("192.168.1.7"), Interface: "lo", Index: 1, Flags: net.FlagUp | net.FlagLoopback}),
			join(lo4, all4), nil,
		},

		{"loopback", "", "tcp", "127.0.0.1", false, interfaces(), lo4, nil},
		{"loopback of IPv6", "", "tcp", "::1", false, interfaces(), lo6, nil},
		{"another loopback address", "", "tcp", "127.9.9.9", false, interfaces(), "127.9.9.9 computer lo", nil},
		{"loopback, and no interfaces", "", "tcp", "127.0.0.1", false, nil, "127.0.0.1 computer", nil},
		{"an interface", "", "tcp", "192.168.1.7", false, interfaces(), lan, nil},
		{"a public one", "", "tcp", "93.184.220.7", false, interfaces(), wan, nil},
		{"link-local", "", "tcp", "fe80::7%eth1", false, interfaces(), link, nil},
		{"link-local without its zone", "", "tcp", "fe80::7", false, interfaces(), link, nil},
		{"link-local in another zone", "", "tcp", "fe80::7%eth0", false, interfaces(), "", fault.ErrAddress},
		{"a neighbour's", "", "tcp", "192.168.1.8", false, interfaces(), "", fault.ErrAddress},
		{"an interface that is not up", "", "tcp", "192.168.1.7", false, nil, "", fault.ErrAddress},
		{"a group", "", "udp", "224.0.0.1", false, interfaces(), "", fault.ErrAddress},

		{"this computer only", `{"servers": "computer"}`, "tcp", "::", false, interfaces(), lo4, nil},
		{"the network only", `{"servers": "network"}`, "tcp", "0.0.0.0", false, interfaces(), join(lo4, lan, wan), nil},
		{"nowhere", `{"servers": "off"}`, "tcp", "0.0.0.0", false, interfaces(), "", fault.ErrPolicy},
		{"not in the network", `{"servers": "computer"}`, "tcp", "192.168.1.7", false, interfaces(), "", fault.ErrPolicy},
		{"servers are no bound sockets", `{"servers": "computer"}`, "udp", "0.0.0.0", false, interfaces(), join(lo4, lan, wan, all4), nil},
	} {
		places, err := Places(says(t, c.policy), home{}, c.own, c.protocol, netip.MustParseAddr(c.asked), c.ipv6Only)
		if got := list(places); got != c.want || !errors.Is(err, c.err) || c.err == nil && err != nil {
			t.Errorf("%s: %s, %v\nwant %s, %v", c.what, got, err, c.want, c.err)
		}
		// What is offered may be bound.
		for _, place := range places {
			r := LocalRequest{Origin: page, Protocol: c.protocol, Address: place.Address, Reach: place.Reach}
			if err := Local(says(t, c.policy), home{}, r); err != nil {
				t.Errorf("%s: %+v is offered, and refused: %v", c.what, place, err)
			}
		}
	}
}
