package dial

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/resolve"
)

// refusal is what the rules said. It ends an attempt to open at once, whatever other
// addresses there are.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// vet resolves the target, once, and puts every address it has before the rules. All
// pass, or none does: a name that has both public and private addresses is up to
// something, and which of them answers could be of its choosing.
func (d *Dialer) vet(ctx context.Context, target Target, options Options) ([]netip.AddrPort, error) {
	var resolver Resolver = &resolve.Resolver{}
	if d.Resolver != nil {
		resolver = d.Resolver
	}
	addrs, err := resolver.Addresses(ctx, target.Host, options.DNSQueryType)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("%w: no address", fault.ErrDNS)
	}
	var vetted []netip.AddrPort
	for _, addr := range addrs {
		to := netip.AddrPortFrom(addr.Unmap(), target.Port)
		if err := d.judge(ctx, target, to); err != nil {
			return nil, err
		}
		vetted = append(vetted, to)
	}
	return vetted, nil
}

func (d *Dialer) judge(ctx context.Context, target Target, to netip.AddrPort) error {
	if d.Rules == nil {
		return nil
	}
	if err := d.Rules.Judge(ctx, target, to); err != nil {
		return refusal{err}
	}
	return nil
}

// connect connects to a vetted address. The control hook looks at what the system is
// about to be asked for.
func (d *Dialer) connect(ctx context.Context, target Target, vetted netip.AddrPort, options Options) (net.Conn, error) {
	dialer := net.Dialer{
		// Go's own default is a probe after 15 seconds.
		KeepAlive: -1,
		ControlContext: func(ctx context.Context, _, text string, raw syscall.RawConn) error {
			actual, err := netip.ParseAddrPort(text)
			if err != nil || !same(actual, vetted) {
				return refusal{fmt.Errorf("%w: not the vetted one", fault.ErrAddress)}
			}
			if err := d.judge(ctx, target, vetted); err != nil {
				return err
			}
			if target.Network == "udp" {
				if err := forbidBroadcast(raw); err != nil {
					return err
				}
			}
			return setBuffers(raw, options)
		},
	}
	return dialer.DialContext(ctx, target.Network, vetted.String())
}

// same reports whether two ways to write a destination mean the same one. The system
// knows zones by number and package net writes them by name.
func same(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && a.Addr().Unmap().WithZone("") == b.Addr().Unmap().WithZone("") &&
		zoneIndex(a.Addr().Zone()) == zoneIndex(b.Addr().Zone())
}

// zoneIndex returns the interface's number, 0 for no zone and -1 for an unknown one.
func zoneIndex(zone string) int {
	if zone == "" {
		return 0
	}
	if iface, err := net.InterfaceByName(zone); err == nil {
		return iface.Index
	}
	if index, err := strconv.Atoi(zone); err == nil && index > 0 {
		return index
	}
	return -1
}
