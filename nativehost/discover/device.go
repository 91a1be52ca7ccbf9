package discover

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/printable"
)

// maxDeviceName is the longest name of an instance, in bytes (RFC 6763, section 4.1.1).
const maxDeviceName = 63

// deviceName is what an instance of this full name calls itself, or else what its host
// is called, or else where it is.
func deviceName(instance string, t *target) string {
	own := labels(instance)[0]
	for _, text := range []string{own, strings.Join(labels(t.name), ".")} {
		if name := /*rule:device-names-are-printable*/ printable.Text(text, maxDeviceName); name != "" {
			return name
		}
	}
	return t.choice.shown.String()
}

// choice is how a target is told of, if it is.
type choice struct {
	host  address.Host
	shown netip.Addr
	ok    bool
}

// choose judges what was said of a target. Its name is what to ask for if it leads to
// places only that the user may open: so a name still leads there when the address
// has changed. Else the best of the addresses is.
func (b *Browser) choose(name string, claims []claim) choice {
	claims = slices.Clone(claims)
	slices.SortStableFunc(claims, func(x, y claim) int { return b.rank(x.addr) - b.rank(y.addr) })
	shown := claims[0].addr.WithZone("")
	if host, ok := localHost(name); ok && !slices.ContainsFunc(claims, func(c claim) bool {
		return /*rule:device-name-addresses-nearby*/ !b.nearby(c) ||
			//rule:device-name-passes-rules
			!b.May(host, c.addr)
	}) {
		return choice{host, shown, true}
	}
	for _, c := range claims {
		// Nobody but this computer knows what its zones are called, today.
		if c.addr.Zone() != "" || !b.nearby(c) {
			continue
		}
		//rule:device-address-passes-rules
		if host := address.FromAddr(c.addr); b.May(host, c.addr) {
			return choice{host, c.addr, true}
		}
	}
	return choice{}
}

// rank orders addresses as package resolve does: IPv4, which every program listens to,
// before IPv6, and link-local IPv6 last; of two the one that is on a link of ours.
func (b *Browser) rank(addr netip.Addr) int {
	rank := 0
	switch {
	case addr.Zone() != "":
		rank = 4
	case addr.Is6():
		rank = 2
	}
	if b.Near.Class(addr) != address.Private {
		rank++
	}
	return rank
}

// nearby reports whether an address may be that of a device: in the user's own
// network, or of this computer if this computer says so itself. Neighbours must not lead
// anybody to this computer, into the Internet, or to where something on the way
// translates addresses.
func (b *Browser) nearby(c claim) bool {
	if _, embeds := address.Embedded(c.addr); embeds {
		//rule:device-not-behind-translation
		return false
	}
	class := address.Classify(c.addr)
	if /*rule:device-not-on-loopback*/ class >= address.Loopback {
		return false
	}
	switch b.Near.Class(c.addr) {
	case address.Loopback:
		//rule:neighbour-not-this-computer
		return c.own
	case address.Private:
		return true
	case address.Never:
		return false
	default:
		//rule:device-not-on-internet
		return class == address.Private
	}
}

// isOwn reports whether a packet from there is of this computer itself. Systems drop
// IPv4 packets that come in with their own address as the source; with IPv6 not all do.
func (b *Browser) isOwn(from netip.Addr) bool {
	return /*rule:ipv6-neighbour-not-this-computer*/ from.Is4() && b.Near.Class(from) == address.Loopback
}

// isLocal reports whether a name is below "local".
func isLocal(name string) bool {
	parts := labels(name)
	return len(parts) > 1 && lower(parts[len(parts)-1]) == "local"
}

// localHost returns the name of a target as a host, if multicast DNS would be asked for
// the same name again: not with dots inside of labels, nor with letters whose case the
// canonical form changes and multicast DNS does not (RFC 6762, section 16).
func localHost(name string) (address.Host, bool) {
	parts := labels(name)
	for _, part := range parts {
		if strings.Contains(part, ".") {
			return address.Host{}, false
		}
	}
	text := strings.Join(parts, ".")
	host, err := address.ParseHost(text)
	if err != nil || host.Kind() != address.MulticastDNS {
		return address.Host{}, false
	}
	asked, err := idna.Punycode.ToUnicode(host.String())
	return host, err == nil && /*rule:device-name-resolves-the-same*/ lower(asked) == lower(text)
}
