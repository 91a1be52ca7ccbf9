package address

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Site returns whose origin it is: the registrable domain of its host (Public Suffix
// List, with its private part), since whoever owns that has as many origins below it as
// they like, or the host where it has none, as an address, "localhost" or a public
// suffix. Of IPv6 addresses it is the /64, since whoever has a network has all of its
// addresses; but ::/64 is nobody's network: it has the address of this computer, and
// those that stand for IPv4 ones. A final dot makes no other site. The extension says
// the same of the same origins (protocol/testdata/sites.json).
func Site(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return origin
	}
	//rule:host-site-ignores-final-dot
	host := strings.TrimRight(u.Hostname(), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		if !addr.Is6() {
			return host
		}
		network := netip.PrefixFrom(addr, 64).Masked().Addr()
		if network.IsUnspecified() {
			return "[" + host + "]"
		}
		//rule:ipv6-network-is-site-in-host
		return "[" + network.String() + "]/64"
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	owner, found := strings.CutSuffix(host, "."+suffix)
	if !found {
		return host
	}
	return host[strings.LastIndexByte(owner, '.')+1:]
}
