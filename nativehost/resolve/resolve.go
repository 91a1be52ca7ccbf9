// Package resolve turns hosts into addresses. It promises to ask at most once for
// each host, and the right party: nobody for addresses and for localhost, the link
// and only the link for names below "local", the system's name servers or the
// administrator's for all others. A name server that answers for one family only, or
// that knows no EDNS0, costs a moment and not the name.
//
// It does not judge: a name may lead anywhere, and whoever connects looks first.
package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
)

// Family is which addresses are wanted, in the words of the protocol's dnsQueryType.
type Family string

// The families.
const (
	Any  Family = ""
	IPv4 Family = "ipv4"
	IPv6 Family = "ipv6"
)

// Answer is what is known of a host.
type Answer struct {
	// Addrs are in order of preference, IPv4 as IPv4, each once, and at least one.
	Addrs []netip.Addr
	// Late is nil when nothing more can come. Otherwise the answer for one family is
	// missing: its addresses, if there are any, come by Late, which is closed after
	// them, and no later than the context of the question ends.
	Late <-chan []netip.Addr
}

// Resolver resolves. Its field is set before first use; the zero Resolver asks the
// system's name servers. It has no cache: what is asked is what is answered now.
type Resolver struct {
	// Servers returns the name servers to ask instead of the system's, in order of
	// preference. Nil, and none, mean the system's. The system's own file of hosts is
	// read before either.
	Servers func() []netip.AddrPort
}

// Ask returns the addresses of a host. Errors are fault.ErrDNS, or the context's.
// Whoever asks ends ctx once nothing that may come late is of use any more.
func (r *Resolver) Ask(ctx context.Context, host address.Host, family Family) (Answer, error) {
	var answer Answer
	var err error
	switch host.Kind() {
	case address.Literal:
		//rule:literals-are-not-resolved
		answer.Addrs = []netip.Addr{host.Addr()}
	case address.Localhost:
		// RFC 6761, section 6.3. IPv4 first: with UDP nothing tells that nobody is
		// there, and more programs listen on 127.0.0.1 only than on ::1 only.
		//rule:localhost-is-not-resolved
		answer.Addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	case address.MulticastDNS:
		//rule:local-names-use-mdns-only
		answer.Addrs, err = askLink(ctx, host, family)
	case address.Name:
		answer, err = r.askServers(ctx, host, family)
	default:
		err = fmt.Errorf("%w: no host", fault.ErrDNS)
	}
	if err != nil {
		return Answer{}, failure(ctx, err)
	}
	answer.Addrs = family.only(answer.Addrs)
	if len(answer.Addrs) == 0 {
		return Answer{}, fmt.Errorf("%w: no address of this family", fault.ErrDNS)
	}
	return answer, nil
}

// only returns the addresses of the family, unmapped, each once, in their order.
func (f Family) only(addrs []netip.Addr) []netip.Addr {
	var kept []netip.Addr
	for _, addr := range addrs {
		addr = addr.Unmap()
		if addr.IsValid() && (f != IPv4 || addr.Is4()) && (f != IPv6 || addr.Is6()) && !slices.Contains(kept, addr) {
			kept = append(kept, addr)
		}
	}
	return kept
}

// failure classifies. The context comes first: the resolver reports its end as a
// failed lookup. Whatever error of the network is under a failed lookup, for the page
// it is a name without an address.
func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.Classify(ctx.Err())
	}
	if errors.Is(err, fault.ErrDNS) {
		return err
	}
	return fault.Classify(&net.DNSError{Err: err.Error()})
}
