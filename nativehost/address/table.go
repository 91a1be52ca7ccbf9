package address

import "net/netip"

// Prefixes whose addresses embed an IPv4 address.
var (
	// RFC 6052: translated to IPv4 by whatever NAT64 is next.
	wellKnownNAT64 = netip.MustParsePrefix("64:ff9b::/96")
	// RFC 3056: 6to4; tunnelled to the IPv4 address after the prefix.
	sixToFour = netip.MustParsePrefix("2002::/16")
	// RFC 4291, section 2.5.5.1: IPv4-compatible, deprecated; systems that still
	// know it tunnel to the IPv4 address.
	compatible = netip.MustParsePrefix("::/96")
	// RFC 2765, section 2.1: IPv4-translated, of the first stateless translators.
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")

	// RFC 8215: NAT64 of one's own network, with a prefix of any length.
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")

	// RFC 4291, section 2.4: all global unicast addresses that IANA gives out.
	globalUnicast = netip.MustParsePrefix("2000::/3")
)

// A row says what a prefix is for, and in words what its addresses are; "" where the
// class says enough.
type row struct {
	prefix netip.Prefix
	class  Class
	words  string
}

// Words of rows.
const (
	documentation = "an address for documentation"
	linkLocalOnly = "an address of the local link"
	thisComputer  = "this computer"
	unspecified   = "an unspecified address"
	multicast     = "a multicast address"
	providersNAT  = "an address behind a provider's NAT"
	broadcast     = "the broadcast address"
)

// table is what IANA's special-purpose registries for IPv4 and IPv6 list as not
// globally reachable (RFC 6890, RFC 8190), and multicast. It is never written.
//
// Small anycast services inside 192.0.0.0/24 and 2001::/23 are globally reachable
// (RFC 7723, RFC 8155, RFC 7450, RFC 7535 and others). They are for programs that
// ask their own network for something, not for pages, and stay with their block.
// Blocks that are listed but globally reachable (AS112: RFC 7534, RFC 7535; AMT:
// RFC 7450) have no row and are Public.
//
//rule:special-ranges
var table = []row{
	// IPv4
	{netip.MustParsePrefix("0.0.0.0/8"), Never, unspecified},           // RFC 791, section 3.2: this network; Linux connects 0.0.0.0 to itself
	{netip.MustParsePrefix("10.0.0.0/8"), Private, ""},                 // RFC 1918
	{netip.MustParsePrefix("100.64.0.0/10"), Private, providersNAT},    // RFC 6598: carrier-grade NAT
	{netip.MustParsePrefix("127.0.0.0/8"), Loopback, thisComputer},     // RFC 1122, section 3.2.1.3
	{netip.MustParsePrefix("169.254.0.0/16"), Private, linkLocalOnly},  // RFC 3927: link-local, and where clouds keep their metadata
	{netip.MustParsePrefix("172.16.0.0/12"), Private, ""},              // RFC 1918
	{netip.MustParsePrefix("192.0.0.0/24"), Special, ""},               // RFC 6890, section 2.1: protocol assignments; DS-Lite (RFC 7335) and others
	{netip.MustParsePrefix("192.0.2.0/24"), Special, documentation},    // RFC 5737: documentation
	{netip.MustParsePrefix("192.88.99.0/24"), Special, ""},             // RFC 7526: 6to4 relays, deprecated
	{netip.MustParsePrefix("192.168.0.0/16"), Private, ""},             // RFC 1918
	{netip.MustParsePrefix("198.18.0.0/15"), Special, ""},              // RFC 2544: benchmarking
	{netip.MustParsePrefix("198.51.100.0/24"), Special, documentation}, // RFC 5737: documentation
	{netip.MustParsePrefix("203.0.113.0/24"), Special, documentation},  // RFC 5737: documentation
	{netip.MustParsePrefix("224.0.0.0/4"), Never, multicast},           // RFC 5771: multicast
	{netip.MustParsePrefix("240.0.0.0/4"), Special, ""},                // RFC 1112, section 4: reserved
	{netip.MustParsePrefix("255.255.255.255/32"), Never, broadcast},    // RFC 919, section 7: limited broadcast

	// IPv6. Outside 2000::/3 everything is Special already; rows there say more, or
	// are there to be found by whoever compares this with the registry.
	{netip.MustParsePrefix("::/128"), Never, unspecified},            // RFC 4291, section 2.5.2: unspecified
	{netip.MustParsePrefix("::1/128"), Loopback, thisComputer},       // RFC 4291, section 2.5.3
	{netip.MustParsePrefix("64:ff9b:1::/48"), Special, ""},           // RFC 8215: NAT64 of one's own network
	{netip.MustParsePrefix("100::/64"), Special, ""},                 // RFC 6666: discarded
	{netip.MustParsePrefix("100:0:0:1::/64"), Special, ""},           // RFC 9780: dummy
	{netip.MustParsePrefix("2001::/23"), Special, ""},                // RFC 2928: protocol assignments; Teredo (RFC 4380), benchmarking (RFC 5180), ORCHID (RFC 7343) and others
	{netip.MustParsePrefix("2001:db8::/32"), Special, documentation}, // RFC 3849: documentation
	{netip.MustParsePrefix("3fff::/20"), Special, documentation},     // RFC 9637: documentation
	{netip.MustParsePrefix("5f00::/16"), Special, ""},                // RFC 9602: segment routing
	{netip.MustParsePrefix("fc00::/7"), Private, ""},                 // RFC 4193: unique local
	{netip.MustParsePrefix("fe80::/10"), Private, linkLocalOnly},     // RFC 4291, section 2.5.6: link-local
	{netip.MustParsePrefix("fec0::/10"), Private, ""},                // RFC 3879: site-local, deprecated
	{netip.MustParsePrefix("ff00::/8"), Never, multicast},            // RFC 4291, section 2.7: multicast
}
