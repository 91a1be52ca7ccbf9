package limits

import (
	"net/netip"
	"net/url"

	"golang.org/x/net/publicsuffix"
)

// siteOf returns whose origin it is: the registrable domain of its host (Public Suffix
// List, with its private part, as in the extension), or the host where it has none, as
// an address, "localhost" or a public suffix.
func siteOf(origin string) string {
	at, err := url.Parse(origin)
	if err != nil || at.Hostname() == "" {
		return origin
	}
	host := at.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return site
}
