package nearby

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

// What an address on an interface says of itself and of its link.
func TestOf(t *testing.T) {
	const (
		up       = net.FlagUp | net.FlagBroadcast | net.FlagMulticast | net.FlagRunning
		down     = net.FlagBroadcast | net.FlagMulticast
		tunnel   = net.FlagUp | net.FlagPointToPoint
		loopback = net.FlagUp | net.FlagLoopback
	)
	for _, c := range []struct {
		what, prefix string
		flags        net.Flags
		own, link    string // link is empty when there is none
	}{
		{"a campus", "93.184.220.7/24", up, "93.184.220.7/32", "93.184.220.0/24"},
		{"the largest link", "93.184.220.7/16", up, "93.184.220.7/32", "93.184.0.0/16"},
		{"larger than a link", "93.184.220.7/15", up, "93.184.220.7/32", ""},
		{"half of the Internet", "1.2.3.4/1", tunnel, "1.2.3.4/32", ""},
		{"all of it", "1.2.3.4/0", tunnel, "1.2.3.4/32", ""},
		{"without neighbours", "93.184.220.7/32", up, "93.184.220.7/32", ""},
		{"two of them", "93.184.220.7/31", up, "93.184.220.7/32", "93.184.220.6/31"},
		{"a home", "2606:2800:220::7/64", up, "2606:2800:220::7/128", "2606:2800:220::/64"},
		{"the largest link by IPv6", "2606:2800:220:1::7/48", up, "2606:2800:220:1::7/128", "2606:2800:220::/48"},
		{"larger than a link by IPv6", "2606:2800:220:1::7/47", up, "2606:2800:220:1::7/128", ""},
		{"all of IPv6", "2606:2800:220::7/0", up, "2606:2800:220::7/128", ""},
		{"from DHCPv6", "2606:2800:220::7/128", up, "2606:2800:220::7/128", "2606:2800:220::/64"},
		{"cut from a /64", "2606:2800:220::7/80", up, "2606:2800:220::7/128", "2606:2800:220::/64"},
		{"a tunnel's address", "93.184.220.7/32", tunnel, "93.184.220.7/32", ""},
		{"a tunnel's address by IPv6", "2606:2800:220::7/128", tunnel, "2606:2800:220::7/128", ""},
		{"a tunnel's network", "93.184.220.7/24", tunnel, "93.184.220.7/32", "93.184.220.0/24"},
		{"a tunnel's network by IPv6", "2606:2800:220::7/64", tunnel, "2606:2800:220::7/128", "2606:2800:220::/64"},
		{"an interface that is down", "93.184.220.7/24", down, "93.184.220.7/32", ""},
		{"one that is down, by IPv6", "2606:2800:220::7/128", down, "2606:2800:220::7/128", ""},
		{"loopback", "127.0.0.1/8", loopback, "127.0.0.1/32", ""},
		{"one more address", "93.184.220.7/32", loopback, "93.184.220.7/32", ""},
		{"many more addresses", "93.184.220.7/28", loopback, "93.184.220.0/28", ""},
		{"one more IPv6 address", "2606:2800:220::7/128", loopback, "2606:2800:220::7/128", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			own, link := of(netip.MustParsePrefix(c.prefix), c.flags)
			want := netip.Prefix{}
			if c.link != "" {
				want = netip.MustParsePrefix(c.link)
			}
			if own.String() != c.own || link != want {
				t.Errorf("%v, %v", own, link)
			}
		})
	}
}

// Which addresses of an interface's prefix reach everybody on its link.
func TestEverybody(t *testing.T) {
	const up, down = net.FlagUp | net.FlagBroadcast, net.FlagBroadcast
	for _, c := range []struct {
		prefix string
		flags  net.Flags
		want   string // the highest and the lowest, empty when there are none
	}{
		{"192.168.1.7/24", up, "192.168.1.255 192.168.1.0"},
		{"10.1.2.3/8", up, "10.255.255.255 10.0.0.0"},
		{"10.1.2.3/23", up, "10.1.3.255 10.1.2.0"},
		{"10.1.2.1/30", up, "10.1.2.3 10.1.2.0"},
		{"10.8.0.2/24", net.FlagUp | net.FlagPointToPoint, "10.8.0.255 10.8.0.0"},
		{"127.0.0.1/8", net.FlagUp | net.FlagLoopback, "127.255.255.255 127.0.0.0"},
		{"10.1.2.0/24", up, "10.1.2.255"}, // the lowest is this computer's own
		{"10.1.2.3/31", up, ""},           // RFC 3021
		{"10.1.2.3/32", up, ""},
		{"10.1.2.3/0", up, ""},
		{"192.168.1.7/24", down, ""},
		{"2606:2800:220::7/64", up, ""},
	} {
		var got []string
		for _, addr := range everybody(netip.MustParsePrefix(c.prefix), c.flags) {
			got = append(got, addr.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, not %q", c.prefix, got, c.want)
		}
	}
}

// The forms in which systems tell of an address.
func TestPrefixOf(t *testing.T) {
	for _, c := range []struct {
		addr net.Addr
		want string // empty when there is none
	}{
		{&net.IPNet{IP: net.IPv4(93, 184, 220, 7), Mask: net.CIDRMask(24, 32)}, "93.184.220.7/24"},
		{&net.IPNet{IP: net.IPv4(93, 184, 220, 7).To4(), Mask: net.CIDRMask(24, 32)}, "93.184.220.7/24"},
		{&net.IPNet{IP: net.ParseIP("2606:2800:220::7"), Mask: net.CIDRMask(64, 128)}, "2606:2800:220::7/64"},
		{&net.IPNet{IP: net.IPv4(93, 184, 220, 7), Mask: net.IPv4Mask(255, 0, 255, 0)}, "93.184.220.7/32"},
		{&net.IPNet{IP: net.IPv4(93, 184, 220, 7)}, "93.184.220.7/32"},
		{&net.IPAddr{IP: net.ParseIP("2606:2800:220::7")}, "2606:2800:220::7/128"},
		{&net.IPAddr{}, ""},
		{&net.UnixAddr{Name: "x", Net: "unix"}, ""},
	} {
		prefix, ok := prefixOf(c.addr)
		if ok != (c.want != "") || ok && prefix.String() != c.want {
			t.Errorf("%v: %v, %v", c.addr, prefix, ok)
		}
	}
}
