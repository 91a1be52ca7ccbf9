// Package nearby says what the special-purpose registries cannot: that an address
// belongs to this computer, or to its neighbour on the same link, though it is one of
// the Internet. Both are inside the user's firewall, and have most often been given
// such an address by IPv6 or by a campus.
//
// It promises that an address of one of this computer's interfaces, whether the
// interface is up or not, is address.Loopback; that what shares a link with it is
// address.Private; that an address which reaches everybody on a link at once is
// address.Never; and that whatever it does not know for one of these is
// address.Public, so that it only ever adds to what address.Classify says. An answer
// is at most a second old.
//
// A link is known by the prefix of an address on an interface that is up:
//
//   - Prefixes shorter than /16 (IPv4) or /48 (IPv6) are nobody's link. They are how a
//     VPN draws traffic to itself, and believing them would turn half of the Internet
//     into neighbours.
//   - An IPv4 /32 has no neighbours, and neither has an IPv6 /128 on a point-to-point
//     interface: a tunnel that gives one address says nothing of others.
//   - Any other IPv6 prefix that is longer than /64 counts as its /64: interface
//     identifiers have 64 bits (RFC 4291, section 2.5.4), DHCPv6 gives addresses
//     without the length of a prefix (RFC 8415, section 21.6), and the system then
//     calls them /128.
//   - A loopback interface has no link; all of its prefix is this computer, as Linux
//     sees it.
//
// Everybody on the link of an IPv4 address is the last address of its prefix, however
// short, and the first, which older systems take for the same (RFC 1122, section
// 3.3.6). A broadcast address that somebody has configured is not among these; sockets
// are not allowed to send to it either (package dial).
//
// What only routes know, it does not: networks behind a further router, addresses
// that a route makes local, the public address of a translator at home.
package nearby

import (
	"encoding/binary"
	"math"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
)

const (
	// fresh is how long what was read counts: opening a socket asks several times.
	fresh = time.Second
	// shortest4 and shortest6 are the shortest prefixes that are taken for a link.
	shortest4, shortest6 = 16, 48
	// subnet6 is the length of a link's prefix in IPv6.
	subnet6 = 64
)

// Nearby knows this computer's interfaces. Several goroutines may ask it at once.
type Nearby struct {
	log zerolog.Logger

	// mu guards what follows. It is held while the system is asked, so that it is
	// asked once.
	mu     sync.Mutex
	read   time.Time
	world  world
	warned bool
}

// world is what the interfaces say; the zero value until the system has answered.
type world struct {
	own, links []netip.Prefix
	// everybody are the addresses that reach a whole link.
	everybody []netip.Addr
}

// New returns a Nearby that reads the interfaces when it is first asked.
func New(log zerolog.Logger) *Nearby { return &Nearby{log: log} }

// Class returns address.Never, address.Loopback, address.Private or address.Public, as
// the package comment says. An IPv6 address into which an IPv4 address is embedded is also what
// that one is. A zone makes no difference.
func (n *Nearby) Class(addr netip.Addr) address.Class {
	addr = addr.Unmap().WithZone("")
	w := n.current()
	class := w.class(addr)
	if inner, ok := address.Embedded(addr); ok {
		//rule:embedded-local-addresses-count
		class = max(class, w.class(inner))
	}
	return class
}

func (w *world) class(addr netip.Addr) address.Class {
	switch {
	//rule:broadcast-addresses-refused
	case slices.Contains(w.everybody, addr):
		return address.Never
		//rule:own-addresses-are-loopback
	case contains(w.own, addr):
		return address.Loopback
		//rule:link-addresses-are-private
	case contains(w.links, addr):
		return address.Private
	default:
		return address.Public
	}
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// current returns what is known, after it was read again if it is too old.
//
// A system that does not answer, because a sandbox keeps its interfaces from us or
// no descriptor is left, changes nothing, and is complained of once. Were everything
// refused then, Portside would be of no use in such a sandbox at all, while the rule
// here is the second of two: private addresses are refused without it. What was read
// before goes on to count, so that a page which uses up the descriptors does not undo
// the rule.
func (n *Nearby) current() world {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.read.IsZero() && time.Since(n.read) < /*rule:interfaces-are-reread*/ fresh {
		return n.world
	}
	w, err := read()
	n.read = time.Now()
	if err != nil && !n.warned {
		n.warned = true
		n.log.Warn().Err(err).Msg("the network interfaces cannot be read: public addresses of this computer and its neighbours may go unrecognised")
	}
	if err == nil {
		n.world = w
	}
	return n.world
}

// read asks the system, for everything or nothing.
func read() (world, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return world{}, err
	}
	var w world
	for _, iface := range interfaces {
		addrs, err := iface.Addrs()
		if err != nil {
			return world{}, err
		}
		for _, addr := range addrs {
			prefix, ok := prefixOf(addr)
			if !ok {
				continue
			}
			own, link := of(prefix, iface.Flags)
			w.own = append(w.own, own)
			if link.IsValid() {
				w.links = append(w.links, link)
			}
			w.everybody = append(w.everybody, everybody(prefix, iface.Flags)...)
		}
	}
	return w, nil
}

// everybody returns the addresses that reach all of an interface's link at once. An
// address that is this computer's own is none but as the last of its prefix, which no
// computer can have.
func everybody(prefix netip.Prefix, flags net.Flags) []netip.Addr {
	const widest, narrowest = 1, 30 // a /31 has two computers and nothing else (RFC 3021)
	if !prefix.Addr().Is4() || prefix.Bits() < widest || prefix.Bits() > narrowest || flags&net.FlagUp == 0 {
		return nil
	}
	first := prefix.Masked().Addr()
	last := first.As4()
	binary.BigEndian.PutUint32(last[:], binary.BigEndian.Uint32(last[:])|math.MaxUint32>>prefix.Bits())
	all := []netip.Addr{netip.AddrFrom4(last)}
	//rule:anycast-subnet-router-refused
	if first != prefix.Addr() {
		all = append(all, first)
	}
	return all
}

// prefixOf returns an interface's address with the length of its prefix, the whole
// address when it has none: on Windows anycast addresses come without.
func prefixOf(addr net.Addr) (netip.Prefix, bool) {
	var ip net.IP
	var mask net.IPMask
	switch addr := addr.(type) {
	case *net.IPNet:
		ip, mask = addr.IP, addr.Mask
	case *net.IPAddr:
		ip = addr.IP
	}
	parsed, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Prefix{}, false
	}
	parsed = parsed.Unmap()
	if bits, size := mask.Size(); size == parsed.BitLen() {
		return netip.PrefixFrom(parsed, bits), true
	}
	return netip.PrefixFrom(parsed, parsed.BitLen()), true
}

// of returns what of an interface's prefix is this computer, and the link, which is
// the zero Prefix when there is none.
func of(prefix netip.Prefix, flags net.Flags) (own, link netip.Prefix) {
	addr, bits := prefix.Addr(), prefix.Bits()
	loopback := flags&net.FlagLoopback != 0
	shortest := shortest4
	if addr.Is6() {
		shortest = shortest6
		lone := bits == addr.BitLen() && flags&net.FlagPointToPoint != 0
		if bits > subnet6 && !loopback && !lone {
			//rule:dhcpv6-address-counts-as-64
			bits = subnet6
		}
	}
	own = netip.PrefixFrom(addr, addr.BitLen())
	switch {
	case bits < shortest || bits == addr.BitLen():
		return own, netip.Prefix{}
	case loopback:
		return netip.PrefixFrom(addr, bits).Masked(), netip.Prefix{}
	case flags&net.FlagUp == 0:
		return own, netip.Prefix{}
	default:
		return own, netip.PrefixFrom(addr, bits).Masked()
	}
}
