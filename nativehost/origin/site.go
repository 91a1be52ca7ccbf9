package origin

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Site returns whose origin it is: the registrable domain of its host (Public Suffix
// List, with its private part), since whoever owns that has as many origins below it as
// they like, or the host where it has none, as an address, "localhost" or a public
// suffix. A final dot makes no other site. The extension says the same of the same
// origins (protocol/testdata/sites.json).
func Site(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return origin
	}
	host := strings.TrimRight(u.Hostname(), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Is6() {
			return "[" + host + "]"
		}
		return host
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	owner, found := strings.CutSuffix(host, "."+suffix)
	if !found {
		return host
	}
	return host[strings.LastIndexByte(owner, '.')+1:]
}
