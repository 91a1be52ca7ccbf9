// Package address says what a host is and what an address is for. It promises that
// every spelling of a host has one canonical form, the one that the extension shows
// to the user; that an address which hides an IPv4 address is judged by what it
// hides; and that an IPv6 address nobody has assigned a purpose to is not public.
//
// It asks nobody: what a name leads to, and who may go there, is for others.
package address

import (
	"encoding/binary"
	"net/netip"
)

// Class says how far an address reaches. Classes are ordered: of two, the larger is
// the stricter.
type Class int

const (
	// Public is an address of the Internet.
	Public Class = iota
	// Special is not public and belongs to no network of one's own, but a user may
	// name it: documentation, benchmarking, reserved, tunnels, unassigned IPv6.
	Special
	// Private is in one's own network: on the link, at home, in the company or
	// behind the provider's translator.
	Private
	// Loopback is this computer.
	Loopback
	// Never is no destination for anybody: unspecified, multicast, broadcast.
	Never
)

// String returns the class's name for logs.
func (c Class) String() string {
	switch c {
	case Public:
		return "public"
	case Special:
		return "special"
	case Private:
		return "private"
	case Loopback:
		return "loopback"
	default:
		return "never"
	}
}

// Classify returns the class of an address: the strictest of the rows of the table
// that contain it and of the addresses that are embedded in it. The zero Addr is
// Never. A zone makes no difference.
func Classify(addr netip.Addr) Class {
	if !addr.IsValid() {
		//rule:invalid-address-is-never
		return Never
	}
	//rule:zone-is-ignored
	addr = addr.WithZone("")
	if addr.Is4In6() {
		// It never is on the wire: the system takes it for the IPv4 address
		// (RFC 4038, section 4.2).
		//rule:ipv4-mapped-judged-by-content
		return Classify(addr.Unmap())
	}
	class := Public
	if addr.Is6() && !globalUnicast.Contains(addr) && !wellKnownNAT64.Contains(addr) {
		//rule:unassigned-ipv6-is-special
		class = Special
	}
	for _, row := range table {
		if row.prefix.Contains(addr) {
			class = max(class, row.class)
		}
	}
	if inner, ok := Embedded(addr); ok {
		class = max(class, Classify(inner))
	}
	return class
}

// Describe says in words what an address is, as the row of the table does that gives it
// its class; of an address that is judged by the IPv4 address in it, what that one is.
func Describe(addr netip.Addr) string {
	addr = Plain(addr)
	class := Classify(addr)
	if inner, ok := Embedded(addr); ok && Classify(inner) == class {
		addr = inner
	}
	best := row{class: class}
	for _, row := range table {
		if row.class == class && row.prefix.Contains(addr) && row.prefix.Bits() >= best.prefix.Bits() {
			best = row
		}
	}
	switch {
	case class == Public:
		return "a public address"
	case best.words != "":
		return best.words
	case class == Private:
		return "an address of a private network"
	default:
		return "a special address"
	}
}

// Embedded returns the IPv4 address to which something on the way may send what is
// addressed to addr, if there is one.
//
// 64:ff9b:1::/48 (RFC 8215) is not here. The IPv4 address is in there too, but where
// depends on the length of the translator's own prefix (RFC 6052, section 2.2),
// which nobody outside knows; so all of it is Special. See Readings.
func Embedded(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	bytes := addr.As16()
	switch {
	//rule:nat64-judged-by-content
	//rule:ipv4-translated-judged-by-content
	case addr.Is4In6(), wellKnownNAT64.Contains(addr), translated.Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[12:])), true
		//rule:ipv4-compatible-judged-by-content
	case compatible.Contains(addr):
		// :: and ::1 are two of these, and have rows of their own.
		if binary.BigEndian.Uint32(bytes[12:]) <= 1 {
			return netip.Addr{}, false
		}
		return netip.AddrFrom4([4]byte(bytes[12:])), true
		//rule:6to4-judged-by-content
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[2:6])), true
	default:
		return netip.Addr{}, false
	}
}

// Readings returns every IPv4 address to which something on the way may send what is
// addressed to addr: what Embedded returns, and in 64:ff9b:1::/48, for each length
// that a translator's prefix may have there (RFC 6052, section 2.2), what it would
// read. Most of these are not meant, so it is for rules that forbid, and for no others.
func Readings(addr netip.Addr) []netip.Addr {
	if inner, ok := Embedded(addr); ok {
		return []netip.Addr{inner}
	}
	//rule:block-sees-local-nat64
	if !localNAT64.Contains(addr.WithZone("")) {
		return nil
	}
	b := addr.As16()
	// Bits 64 to 71 are not part of it.
	return []netip.Addr{
		netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}),  // prefix of 48 bits
		netip.AddrFrom4([4]byte{b[7], b[9], b[10], b[11]}), // 56
		netip.AddrFrom4([4]byte(b[9:13])),                  // 64
		netip.AddrFrom4([4]byte(b[12:])),                   // 96
	}
}

// WatchedPort reports whether NAT routers commonly watch a port, TCP or UDP, for a
// protocol that names addresses in its payload, and open ports inwards for what they
// find there: TFTP, NetBIOS, SNMP, H.323, PPTP, SIP, SANE and Amanda. A page that
// can choose the bytes sent there to a public address can open its visitor's
// firewall ("NAT slipstreaming"); browsers keep HTTP away from them as well (Fetch,
// section 2.9).
func WatchedPort(port uint16) bool {
	switch port {
	//rule:alg-ports-are-known
	case 69, 137, 161, 1719, 1720, 1723, 5060, 5061, 6566, 10080:
		return true
	default:
		return false
	}
}
