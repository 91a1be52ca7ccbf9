package rules

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/fault"
)

// choosing is a choice, with the hosts that the user has named.
func choosing(t *testing.T, choice Choice, hosts ...string) Peers {
	t.Helper()
	peers := Peers{Choice: choice}
	for _, host := range hosts {
		peers.Named = append(peers.Named, NamedPeer{Host: asked(t, host, 0).Host})
	}
	return peers
}

func TestPeer(t *testing.T) {
	named := choosing(t, PeersNamed, "192.168.1.9", "nas.local", "ntp.example", "127.0.0.1", "8.8.8.8")
	named.Named = append(named.Named, NamedPeer{asked(t, "10.0.0.1", 0).Host, 53})
	network, internet := choosing(t, PeersNetwork), choosing(t, PeersInternet)
	const alwaysInside = `{"allowedDestinations": [{"cidr": "10.0.0.0/8", "prompt": "always"}, {}]}`
	for _, c := range []struct {
		what, policy string
		peers        Peers
		host         string
		port         uint16
		addr         string // where it leads, if it is a name
		want         error
	}{
		{"a named address", "", named, "192.168.1.9", 5000, "", nil},
		{"a named address in another spelling", "", named, "::ffff:192.168.1.9", 5000, "", nil},
		{"a named device", "", named, "nas.local", 5000, "192.168.1.3", nil},
		{"a named device that leads here", "", named, "nas.local", 5000, "127.0.0.1", fault.ErrAddress},
		{"a named server", "", named, "ntp.example", 123, "8.8.4.4", nil},
		{"a named server that leads inside", "", named, "ntp.example", 123, "192.168.1.3", fault.ErrAddress},
		{"this computer, as named", "", named, "127.0.0.1", 5000, "", nil},
		{"at the named port", "", named, "10.0.0.1", 53, "", nil},
		{"at another port than named", "", named, "10.0.0.1", 54, "", fault.ErrAddress},
		{"another address", "", named, "192.168.1.8", 5000, "", fault.ErrAddress},
		{"another name", "", named, "time.example", 123, "8.8.8.8", fault.ErrAddress},
		{"nobody is named", "", choosing(t, PeersNamed), "8.8.8.8", 53, "", fault.ErrAddress},
		{"a named group", "", choosing(t, PeersNamed, "224.0.0.1"), "224.0.0.1", 5000, "", fault.ErrAddress},
		{"a named broadcast address", "", choosing(t, PeersNamed, "192.168.1.255"), "192.168.1.255", 5000, "", fault.ErrAddress},
		{"a named watched port on the Internet", "", named, "8.8.8.8", 161, "", fault.ErrRisk},
		{"a watched port that an administrator names", `{"allowedDestinations": [{"ports": ["161"]}]}`, named, "8.8.8.8", 161, "", nil},
		{"a watched port in the network", "", named, "192.168.1.9", 161, "", nil},

		{"a device", "", network, "192.168.1.9", 5000, "", nil},
		{"a device of IPv6", "", network, "fe80::9%eth0", 5000, "", nil},
		{"a neighbour on the Internet", "", network, "93.184.220.9", 5000, "", nil},
		{"a device by name", "", network, "nas.local", 5000, "192.168.1.9", nil},
		{"a device by name that is none", "", network, "nas.local", 5000, "8.8.8.8", fault.ErrAddress},
		{"a server, from the network", "", network, "8.8.8.8", 5000, "", fault.ErrAddress},
		{"a server by name, from the network", "", network, "ntp.example", 5000, "8.8.8.8", fault.ErrAddress},
		{"a name that leads to a device", "", network, "nas.example", 5000, "192.168.1.9", fault.ErrAddress},
		{"a name that an administrator lets lead to a device", intranet, network, "git.corp.example", 5000, "10.0.0.1", fault.ErrAddress},
		{"this computer, from the network", "", network, "127.0.0.1", 5000, "", fault.ErrAddress},
		{"this computer by its other address", "", network, "192.168.1.7", 5000, "", fault.ErrAddress},
		{"this computer by name", "", network, "localhost", 5000, "127.0.0.1", fault.ErrAddress},
		{"a special address", "", network, "192.0.2.1", 5000, "", fault.ErrAddress},
		{"everybody on the link", "", network, "192.168.1.255", 5000, "", fault.ErrAddress},
		{"a group", "", network, "239.1.2.3", 5000, "", fault.ErrAddress},
		{"a device, and nobody may name one", noEntry, network, "192.168.1.9", 5000, "", fault.ErrPolicy},

		{"a server", "", internet, "8.8.8.8", 5000, "", nil},
		{"a server of IPv6", "", internet, "2606:4700::1", 5000, "", nil},
		{"a server by name", "", internet, "ntp.example", 123, "8.8.8.8", nil},
		{"a server by name that leads inside", "", internet, "ntp.example", 123, "192.168.1.9", fault.ErrAddress},
		{"a name that an administrator lets lead inside", intranet, internet, "git.corp.example", 5000, "10.0.0.1", fault.ErrAddress},
		{"a device, from the Internet", "", internet, "192.168.1.9", 5000, "", fault.ErrAddress},
		{"a device that an administrator named", lab, internet, "10.0.0.1", 22, "", fault.ErrAddress},
		{"a device by name, from the Internet", "", internet, "nas.local", 5000, "8.8.8.8", fault.ErrAddress},
		{"this computer, from the Internet", "", internet, "127.0.0.1", 5000, "", fault.ErrAddress},
		{"a neighbour, from the Internet", "", internet, "93.184.220.9", 5000, "", fault.ErrAddress},
		{"a group, from the Internet", "", internet, "224.0.0.1", 5000, "", fault.ErrAddress},
		{"a watched port", "", internet, "8.8.8.8", 5060, "", fault.ErrRisk},
		{"a watched port by name", "", internet, "sip.example.org", 5060, "8.8.8.8", fault.ErrRisk},
		{"a watched port that an administrator named", sip, internet, "sip.example.org", 5060, "8.8.8.8", nil},

		{"blocked", blocked, internet, "93.184.1.1", 5000, "", fault.ErrPolicy},
		{"blocked by address", blocked, internet, "ntp.example", 123, "93.184.1.1", fault.ErrPolicy},
		{"switched off", off, internet, "8.8.8.8", 5000, "", fault.ErrPolicy},
		{"wider than allowed", `{"boundUDP": "network"}`, internet, "8.8.8.8", 5000, "", fault.ErrPolicy},
		{"as wide as allowed", `{"boundUDP": "network"}`, network, "192.168.1.9", 5000, "", nil},
		{"wider than named", `{"boundUDP": "named"}`, network, "192.168.1.9", 5000, "", fault.ErrPolicy},
		{"nobody", `{"boundUDP": "off"}`, named, "192.168.1.9", 5000, "", fault.ErrPolicy},

		// A question of its own is what nobody asks here.
		{"a rule that always asks", alwaysInside, network, "10.0.0.2", 5000, "", fault.ErrPolicy},
		{"a rule that always asks, elsewhere", alwaysInside, network, "192.168.1.9", 5000, "", nil},
		{"always asked, this socket too", `{"prompt": "always"}`, network, "10.0.0.2", 5000, "", nil},
		{"a rule that skips the question", `{"allowedDestinations": [{"prompt": "skip"}]}`, internet, "8.8.8.8", 5000, "", nil},
		{"asking is forbidden", `{"prompt": "forbid"}`, internet, "8.8.8.8", 5000, "", fault.ErrPolicy},
		{"what is no choice", "", choosing(t, "all"), "8.8.8.8", 5000, "", fault.ErrPolicy},
	} {
		r := asked(t, c.host, c.port)
		r.Protocol = "udp"
		p := says(t, c.policy)
		// The user's word for a socket that connects is none here.
		for _, r := range []Request{r, agreed(entered(r))} {
			early := Peer(p, campus{}, c.peers, r)
			addr := r.Host.Addr().Unmap()
			if c.addr != "" {
				addr = netip.MustParseAddr(c.addr)
			}
			late := PeerAt(p, campus{}, c.peers, r, addr)
			if !errors.Is(late, c.want) || c.want == nil && late != nil {
				t.Errorf("%s: %v, want %v", c.what, late, c.want)
			}
			// What is refused before anything is asked is refused afterwards; of an address
			// everything is known at once.
			if early != nil && late == nil || c.addr == "" && (early == nil) != (late == nil) {
				t.Errorf("%s: %v before, %v after", c.what, early, late)
			}
		}
	}
}

// No name is asked for of which it is known that nobody may be sent to there.
func TestPeerIsRefusedBeforeItIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		peers Peers
		host  string
		want  error
	}{
		{choosing(t, PeersNetwork), "nas.example", fault.ErrAddress},
		{choosing(t, PeersNetwork), "localhost", fault.ErrAddress},
		{choosing(t, PeersNetwork), "nas.local", nil},
		{choosing(t, PeersInternet), "nas.local", fault.ErrAddress},
		{choosing(t, PeersInternet), "localhost", fault.ErrAddress},
		{choosing(t, PeersInternet), "ntp.example", nil},
		{choosing(t, PeersNamed, "nas.local"), "ntp.example", fault.ErrAddress},
		{choosing(t, PeersNamed, "nas.local"), "nas.local", nil},
		{choosing(t, PeersInternet), "-lead.example", fault.ErrDNS},
	} {
		r := asked(t, c.host, 5000)
		r.Protocol = "udp"
		if err := Peer(says(t, ""), campus{}, c.peers, r); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s by %s: %v, want %v", c.host, c.peers.Choice, err, c.want)
		}
	}
}

func TestPeersAllowed(t *testing.T) {
	for text, want := range map[string]Choice{
		"": PeersInternet, `{"boundUDP": "internet"}`: PeersInternet, `{"boundUDP": "network"}`: PeersNetwork,
		`{"boundUDP": "named"}`: PeersNamed, `{"boundUDP": "off"}`: "", `{"enabled": false}`: PeersInternet,
	} {
		if widest, by := PeersAllowed(says(t, text)); widest != want || (by != "") != strings.Contains(text, "boundUDP") {
			t.Errorf("%s: %q by %q", text, widest, by)
		}
	}
}

func TestUnasked(t *testing.T) {
	everywhere := local("udp", "0.0.0.0", 5000)
	inNetwork, here := local("udp", "192.168.1.7", 5000), local("udp", "127.0.0.1", 5000)
	named := choosing(t, PeersNamed, "192.168.1.9", "8.8.8.8", "nas.local", "127.0.0.1", "fe80::9%eth0")
	named.Named = append(named.Named, NamedPeer{asked(t, "10.0.0.1", 0).Host, 53})
	network, internet := choosing(t, PeersNetwork), choosing(t, PeersInternet)
	for _, c := range []struct {
		policy string
		peers  Peers
		r      LocalRequest
		remote string
		want   error
	}{
		{"", named, everywhere, "192.168.1.9:5000", nil},
		{"", named, everywhere, "[::ffff:192.168.1.9]:5000", nil},
		{"", named, everywhere, "8.8.8.8:53", nil},
		{"", named, everywhere, "[fe80::9%eth0]:53", nil},
		{"", named, everywhere, "[fe80::9%eth1]:53", fault.ErrAddress},
		{"", named, everywhere, "192.168.1.8:5000", fault.ErrAddress},
		{"", named, everywhere, "10.0.0.1:53", nil},
		{"", named, everywhere, "10.0.0.1:54", fault.ErrAddress},
		{"", named, inNetwork, "192.168.1.9:5000", nil},
		{"", named, inNetwork, "8.8.8.8:53", fault.ErrAddress}, // the network ends before it
		{"", named, here, "127.0.0.1:5000", nil},
		{"", named, here, "192.168.1.9:5000", fault.ErrAddress},
		{"", network, everywhere, "192.168.1.8:5000", nil},
		{"", network, inNetwork, "192.168.1.8:5000", nil},
		{"", network, everywhere, "8.8.8.8:53", fault.ErrAddress},
		{"", network, everywhere, "127.0.0.1:5000", fault.ErrAddress},
		{"", network, everywhere, "192.168.1.7:5000", fault.ErrAddress},
		{"", internet, everywhere, "8.8.8.8:53", nil},
		{"", internet, everywhere, "192.168.1.8:5000", fault.ErrAddress},
		{"", internet, everywhere, "93.184.220.9:5000", fault.ErrAddress},
		{"", internet, inNetwork, "8.8.8.8:53", fault.ErrAddress},
		{"", internet, everywhere, "224.0.0.1:53", fault.ErrAddress},
		{blocked, internet, everywhere, "93.184.1.1:53", fault.ErrPolicy},
		{blocked, internet, everywhere, "8.8.8.8:53", nil},
	} {
		err := Unasked(says(t, c.policy), campus{}, c.peers, c.r, netip.MustParseAddrPort(c.remote))
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s to %s, %s: %v, want %v", c.remote, c.r.Address, c.peers.Choice, err, c.want)
		}
	}
}
