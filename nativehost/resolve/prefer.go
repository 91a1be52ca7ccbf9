package resolve

import (
	"net"
	"net/netip"
)

// prefersIPv6 reports whether an IPv6 address goes before IPv4 ones (RFC 6724, section
// 6): it can be reached from here (rule 1), from an address of its own kind (rule 5),
// and is of no kind that comes after IPv4 (rule 6).
func prefersIPv6(to netip.Addr) bool {
	// No packet is sent: the system only chooses a route and a source.
	conn, err := net.DialUDP("udp6", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 9)))
	if err != nil {
		return false
	}
	defer conn.Close()
	from := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
	label, precedence := row(to)
	own, _ := row(from)
	const ipv4 = 35
	return label == own && precedence > ipv4
}

// row returns the label and the precedence of an IPv6 address (RFC 6724, section 2.1,
// the default policy table).
func row(addr netip.Addr) (label, precedence int) {
	for _, entry := range []struct {
		prefix            string
		label, precedence int
	}{
		{"::1/128", 0, 50}, {"::/96", 3, 1}, {"2002::/16", 2, 30}, {"2001::/32", 5, 5},
		{"fc00::/7", 13, 3}, {"fec0::/10", 11, 1}, {"3ffe::/16", 12, 1},
	} {
		if netip.MustParsePrefix(entry.prefix).Contains(addr.WithZone("")) {
			return entry.label, entry.precedence
		}
	}
	return 1, 40
}
