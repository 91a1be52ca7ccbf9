package dial

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/resolve"
)

// Peer looks for the address of a peer of a socket that is not connected: the first of
// the target's addresses that usable takes. As for UDP, all of them are judged, one that is
// refused refuses the target, and port 443 is asked about before anything is sent there.
func (d *Dialer) Peer(ctx context.Context, target Target, family resolve.Family, usable func(netip.Addr) bool) (netip.AddrPort, error) {
	options := Options{DNSQueryType: family}
	ctx, cancel := withTimeout(ctx, options)
	defer cancel()
	var at netip.AddrPort
	v, err := d.vet(ctx, target, options)
	if err != nil {
		return at, openError(ctx, err)
	}
	err = first(v, func(to netip.AddrPort) error {
		if !usable(to.Addr()) {
			return fmt.Errorf("%w: no address that the socket can send to", fault.ErrDNS)
		}
		at = to
		if err := /*rule:cors-probe-for-peers*/ d.probe(v.ctx, target, []string{target.Host.String()}, to); err != nil {
			return refusal{err}
		}
		return nil
	})
	if refused := v.end(); refused != nil {
		err = refused
	}
	if err != nil {
		return netip.AddrPort{}, openError(ctx, err)
	}
	return at, nil
}
