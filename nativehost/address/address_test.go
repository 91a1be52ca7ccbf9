package address

import (
	"fmt"
	"net/netip"
	"testing"
)

// Each prefix of the table, and those that embed addresses, at its edges: the
// address below it, its first, its last, the one beyond it. "Never" is also what
// lies before the first and after the last of all addresses.
func TestEdges(t *testing.T) {
	rows := []struct {
		prefix                     string
		below, first, last, beyond Class
	}{
		{"0.0.0.0/8", Never, Never, Never, Public},
		{"10.0.0.0/8", Public, Private, Private, Public},
		{"100.64.0.0/10", Public, Private, Private, Public},
		{"127.0.0.0/8", Public, Loopback, Loopback, Public},
		{"169.254.0.0/16", Public, Private, Private, Public},
		{"172.16.0.0/12", Public, Private, Private, Public},
		{"192.0.0.0/24", Public, Special, Special, Public},
		{"192.0.2.0/24", Public, Special, Special, Public},
		{"192.88.99.0/24", Public, Special, Special, Public},
		{"192.168.0.0/16", Public, Private, Private, Public},
		{"198.18.0.0/15", Public, Special, Special, Public},
		{"198.51.100.0/24", Public, Special, Special, Public},
		{"203.0.113.0/24", Public, Special, Special, Public},
		{"224.0.0.0/4", Public, Never, Never, Special},
		{"240.0.0.0/4", Never, Special, Never, Never},
		{"255.255.255.255/32", Special, Never, Never, Never},

		{"::/128", Never, Never, Never, Loopback},
		{"::1/128", Never, Loopback, Loopback, Never}, // ::2 embeds 0.0.0.2
		{"64:ff9b:1::/48", Special, Special, Special, Special},
		{"100::/64", Special, Special, Special, Special},
		{"100:0:0:1::/64", Special, Special, Special, Special},
		{"2001::/23", Public, Special, Special, Public},
		{"2001:db8::/32", Public, Special, Special, Public},
		{"3fff::/20", Public, Special, Special, Public},
		{"5f00::/16", Special, Special, Special, Special},
		{"fc00::/7", Special, Private, Private, Special},
		{"fe80::/10", Special, Private, Private, Private},
		{"fec0::/10", Private, Private, Private, Never},
		{"ff00::/8", Private, Never, Never, Never},

		{"2000::/3", Special, Public, Public, Special},
		// The edges of these embed 0.0.0.0 and 255.255.255.255.
		{"::/96", Never, Never, Never, Special},
		{"64:ff9b::/96", Special, Never, Never, Special},
		{"2002::/16", Public, Never, Never, Public},
		{"::ffff:0:0/96", Special, Never, Never, Special},
		{"::ffff:0:0:0/96", Special, Never, Never, Special},

		// Listed by IANA, and globally reachable.
		{"192.31.196.0/24", Public, Public, Public, Public},
		{"192.52.193.0/24", Public, Public, Public, Public},
		{"192.175.48.0/24", Public, Public, Public, Public},
		{"2620:4f:8000::/48", Public, Public, Public, Public},
	}
	tested := map[netip.Prefix]bool{}
	for _, row := range rows {
		prefix := netip.MustParsePrefix(row.prefix)
		tested[prefix] = true
		first, last := prefix.Addr(), last(prefix)
		for _, c := range []struct {
			addr netip.Addr
			want Class
		}{{first.Prev(), row.below}, {first, row.first}, {last, row.last}, {last.Next(), row.beyond}} {
			if got := Classify(c.addr); got != c.want {
				t.Errorf("%s: %v is %v, want %v", row.prefix, c.addr, got, c.want)
			}
		}
	}
	for _, row := range table {
		if !tested[row.prefix] || row.prefix != row.prefix.Masked() {
			t.Errorf("the edges of %v are not tested", row.prefix)
		}
	}
}

// inner are IPv4 addresses and their classes; forms, the ways in which IPv6
// addresses embed them.
var (
	inner = map[string]Class{
		"8.8.8.8": Public, "10.1.2.3": Private, "100.64.0.1": Private, "127.0.0.1": Loopback, "169.254.169.254": Private,
		"172.31.255.255": Private, "192.168.1.1": Private, "198.18.0.1": Special, "240.0.0.1": Special,
		"0.0.0.0": Never, "0.0.0.9": Never, "224.0.0.251": Never, "255.255.255.255": Never,
	}
	forms = []struct {
		name  string
		least Class // what the form is by itself
		embed func([4]byte) string
	}{
		{"IPv4-mapped", Public, func(b [4]byte) string { return fmt.Sprintf("::ffff:%x:%x", u16(b[0], b[1]), u16(b[2], b[3])) }},
		{"NAT64", Public, func(b [4]byte) string { return fmt.Sprintf("64:ff9b::%x:%x", u16(b[0], b[1]), u16(b[2], b[3])) }},
		{"6to4", Public, func(b [4]byte) string { return fmt.Sprintf("2002:%x:%x:1::1", u16(b[0], b[1]), u16(b[2], b[3])) }},
		{"IPv4-compatible", Special, func(b [4]byte) string { return fmt.Sprintf("::%x:%x", u16(b[0], b[1]), u16(b[2], b[3])) }},
		{"IPv4-translated", Special, func(b [4]byte) string { return fmt.Sprintf("::ffff:0:%x:%x", u16(b[0], b[1]), u16(b[2], b[3])) }},
	}
)

func u16(a, b byte) uint16 { return uint16(a)<<8 | uint16(b) }

func TestEmbedded(t *testing.T) {
	for text, class := range inner {
		four := netip.MustParseAddr(text)
		if got := Classify(four); got != class {
			t.Errorf("%s is %v, want %v", text, got, class)
		}
		for _, form := range forms {
			addr := netip.MustParseAddr(form.embed(four.As4()))
			if got, want := Classify(addr), max(form.least, class); got != want && addr != netip.IPv6Unspecified() {
				t.Errorf("%s of %s, %v, is %v, want %v", form.name, text, addr, got, want)
			}
		}
		// Where the address is in there, nobody knows; and Teredo hides it.
		for _, addr := range []string{
			fmt.Sprintf("64:ff9b:1::%x:%x", u16(four.As4()[0], four.As4()[1]), u16(four.As4()[2], four.As4()[3])),
			fmt.Sprintf("2001:0:%x:%x::1", u16(four.As4()[0], four.As4()[1]), u16(four.As4()[2], four.As4()[3])),
		} {
			if got := Classify(netip.MustParseAddr(addr)); got != Special {
				t.Errorf("%s is %v", addr, got)
			}
		}
	}
}

// What a rule that forbids has to look for. Bits 64 to 71 never count.
func TestReadings(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3": "[]", "2001:4860:4860::8888": "[]", "::": "[]", "::1": "[]", "64:ff9b:2::a01:203": "[]",
		"64:ff9b::a01:203": "[10.1.2.3]", "2002:a01:203:7::1": "[10.1.2.3]", "::a01:203": "[10.1.2.3]",
		"::ffff:0:a01:203": "[10.1.2.3]", "::ffff:a01:203": "[10.1.2.3]",
		"64:ff9b:1:102:ff03:405:607:809": "[1.2.3.4 2.3.4.5 3.4.5.6 6.7.8.9]", "64:ff9b:1::a01:203%x": "[0.0.0.0 0.0.0.0 0.0.0.10 10.1.2.3]",
	} {
		if got := fmt.Sprint(Readings(netip.MustParseAddr(text))); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
	}
	if got := Readings(netip.Addr{}); got != nil {
		t.Errorf("no address: %v", got)
	}
}

func TestOddAddresses(t *testing.T) {
	for text, want := range map[string]Class{
		"fe80::1%eth0": Private, "fe80::1": Private, "ff02::fb%eth0": Never, "2001:4860:4860::8888%eth0": Public,
		"2001:4860:4860::8888": Public, "2a00:1450::1": Public, "93.184.215.14": Public,
		"64:ff9b::808:808%x": Public, "::ffff:10.0.0.1%x": Private,
		"2001:1::1": Special, "192.0.0.9": Special, "4000::1": Special, "fe00::1": Special, "1::": Special,
	} {
		if got := Classify(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	if got := Classify(netip.Addr{}); got != Never {
		t.Errorf("no address is %v", got)
	}
}

func TestDescribe(t *testing.T) {
	for text, want := range map[string]string{
		"93.184.215.14": "a public address", "2606:2800:220::1": "a public address",
		"127.0.0.1": "this computer", "::1": "this computer", "64:ff9b::7f00:1": "this computer",
		"10.0.0.1": "an address of a private network", "fd00::1": "an address of a private network", "64:ff9b::a00:1": "an address of a private network",
		"100.64.0.1": "an address behind a provider's NAT", "2002:6440:1::1": "an address behind a provider's NAT",
		"169.254.1.1": "an address of the local link", "fe80::1%eth0": "an address of the local link",
		"192.0.2.1": "an address for documentation", "2001:db8::1": "an address for documentation",
		"0.0.0.0": "an unspecified address", "::": "an unspecified address",
		"224.0.0.1": "a multicast address", "ff02::1": "a multicast address",
		"255.255.255.255": "the broadcast address", "240.0.0.1": "a special address", "64:ff9b:1::1": "a special address", "4000::1": "a special address",
	} {
		if got := Describe(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
	}
}

func TestWatchedPort(t *testing.T) {
	watched := map[uint16]bool{69: true, 137: true, 161: true, 1719: true, 1720: true, 1723: true, 5060: true, 5061: true, 6566: true, 10080: true}
	for port := range 65536 {
		if WatchedPort(uint16(port)) != watched[uint16(port)] {
			t.Errorf("port %d: %v", port, WatchedPort(uint16(port)))
		}
	}
}

// FuzzClassify puts any address through the properties that do not depend on the
// table: an embedded address counts, zones do not, and fail closed.
func FuzzClassify(f *testing.F) {
	for text := range inner {
		b := netip.MustParseAddr(text).As16()
		f.Add(b[:])
		for _, form := range forms {
			b := netip.MustParseAddr(form.embed([4]byte(b[12:]))).As16()
			f.Add(b[:])
		}
	}
	for _, text := range []string{"64:ff9b:1::1", "2001::1", "2001:4860:4860::8888", "fe80::1", "ff02::1", "3fff::1", "fec0::1"} {
		b := netip.MustParseAddr(text).As16()
		f.Add(b[:])
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		addr, ok := netip.AddrFromSlice(bytes)
		if !ok {
			return
		}
		got := Classify(addr)
		if got < Public || got > Never {
			t.Fatalf("%v is %d", addr, got)
		}
		// netip's predicates are no policy, but what they say is so.
		if got == Public && (addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified()) {
			t.Errorf("%v is public", addr)
		}
		if addr.Is4() {
			for _, form := range forms {
				outer := netip.MustParseAddr(form.embed(addr.As4()))
				if outside := Classify(outer); outside < got && outer != netip.IPv6Loopback() {
					t.Errorf("%v is %v, but %v is %v", addr, got, outer, outside)
				}
			}
			return
		}
		if zoned := Classify(addr.WithZone("eth0")); zoned != got {
			t.Errorf("%v is %v, and with a zone %v", addr, got, zoned)
		}
		outside := !netip.MustParsePrefix("2000::/3").Contains(addr) && !netip.MustParsePrefix("64:ff9b::/96").Contains(addr) && !addr.Is4In6()
		if got == Public && outside {
			t.Errorf("%v is public", addr)
		}
		// Whatever embeds, its IPv4 address at least is not let through.
		for _, form := range forms {
			for _, at := range []int{2, 12} {
				four := netip.AddrFrom4([4]byte(bytes[at : at+4]))
				same := netip.MustParseAddr(form.embed(four.As4()))
				if form.name == "6to4" {
					same = netip.PrefixFrom(same, 48).Masked().Addr()
					if at != 2 || netip.PrefixFrom(addr, 48).Masked().Addr() != same {
						continue
					}
				} else if at != 12 || same != addr {
					continue
				}
				if inside := Classify(four); inside > got && addr != netip.IPv6Loopback() {
					t.Errorf("%v is %v, but %v inside it is %v", addr, got, four, inside)
				}
			}
		}
	})
}
