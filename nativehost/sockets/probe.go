package sockets

import (
	"context"
	"net/netip"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/corsprobe"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/rules"
)

// Probe returns what the Dialer must ask about port 443. On the Internet a name may be
// anybody's who points it at somebody else's server, so there the certificate has to be
// for the name. Elsewhere the user or an administrator named the place, and devices
// have certificates that are for nobody.
func Probe(prober *corsprobe.Prober, near rules.Near) func(context.Context, dial.Target, string, netip.AddrPort) error {
	return func(ctx context.Context, target dial.Target, name string, at netip.AddrPort) error {
		addr := at.Addr().Unmap()
		public := rules.Class(near, addr) == address.Public
		return prober.Probe(ctx, corsprobe.Question{
			Origin: target.Origin, Private: target.Private, Name: name, Address: netip.AddrPortFrom(addr, at.Port()),
			//rule:public-443-certificate-covers-name
			Covered: public, Datagrams: public && /*rule:udp-443-refused-where-https*/ target.Network == "udp",
		})
	}
}
