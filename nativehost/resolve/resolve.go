// Package resolve turns hosts into addresses. It promises to ask at most once for
// each host, and the right party: nobody for addresses and for localhost, the link
// and only the link for names below "local", the system's name servers or the
// administrator's for all others.
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
	"sync"
	"time"

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

// serverPatience is how long one of several given servers may take before the next
// one is asked.
const serverPatience = 3 * time.Second

// Resolver resolves. Its field is set before first use; the zero Resolver asks the
// system's name servers. It has no cache: what is asked is what is answered now.
type Resolver struct {
	// Servers returns the name servers to ask instead of the system's, in order of
	// preference. Nil, and none, mean the system's. The system's own file of hosts is
	// read before either.
	Servers func() []netip.AddrPort
}

// Addresses returns the addresses of a host in order of preference, IPv4 as IPv4,
// each once, and at least one. Errors are fault.ErrDNS, or the context's.
func (r *Resolver) Addresses(ctx context.Context, host address.Host, family Family) ([]netip.Addr, error) {
	var addrs []netip.Addr
	var err error
	switch host.Kind() {
	case address.Literal:
		addrs = []netip.Addr{host.Addr()}
	case address.Localhost:
		// RFC 6761, section 6.3. IPv4 first: with UDP nothing tells that nobody is
		// there, and more programs listen on 127.0.0.1 only than on ::1 only.
		addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	case address.MulticastDNS:
		addrs, err = askLink(ctx, host, family)
	case address.Name:
		addrs, err = r.askServers(ctx, host, family)
	default:
		err = fmt.Errorf("%w: no host", fault.ErrDNS)
	}
	if err != nil {
		return nil, failure(ctx, err)
	}
	addrs = family.only(addrs)
	if len(addrs) == 0 {
		return nil, fmt.Errorf("%w: no address of this family", fault.ErrDNS)
	}
	return addrs, nil
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

// askServers asks name servers. With several given ones, the first that answers,
// even with "no such name", has the last word.
func (r *Resolver) askServers(ctx context.Context, host address.Host, family Family) ([]netip.Addr, error) {
	var servers []netip.AddrPort
	if r.Servers != nil {
		servers = r.Servers()
	}
	if len(servers) == 0 {
		return lookup(ctx, netip.AddrPort{}, host, family)
	}
	var addrs []netip.Addr
	var err error
	for i, server := range servers {
		addrs, err = askServer(ctx, server, i == len(servers)-1, host, family)
		var dns *net.DNSError
		silent := errors.As(err, &dns) && (dns.IsTimeout || dns.IsTemporary) && !dns.IsNotFound
		if !silent || ctx.Err() != nil {
			break
		}
	}
	return addrs, err
}

func askServer(ctx context.Context, server netip.AddrPort, last bool, host address.Host, family Family) ([]netip.Addr, error) {
	if !last {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, serverPatience)
		defer cancel()
	}
	return lookup(ctx, server, host, family)
}

// lookup resolves with Go's own resolver, which the C library's configuration cannot
// make ask anybody else; at a given server or, with the zero one, at the system's.
// Each question has a resolver of its own, since a shared one answers two that ask
// at the same time with one answer. It sorts as RFC 6724 says.
func lookup(ctx context.Context, server netip.AddrPort, host address.Host, family Family) ([]netip.Addr, error) {
	network := "ip"
	switch family {
	case IPv4:
		network = "ip4"
	case IPv6:
		network = "ip6"
	}
	var conns connections
	defer conns.close()
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, system string) (net.Conn, error) {
			if server.IsValid() {
				system = server.String()
			}
			return conns.dial(ctx, network, system)
		},
	}
	// The final dot makes the name absolute. Otherwise the system's search list could
	// make another name of it, even one below "local".
	return resolver.LookupNetIP(ctx, network, host.String()+".")
}

// connections are those of one lookup. Go's resolver would let those that still wait
// for an answer when the context ends wait on, for seconds and with nobody to wait
// for them.
type connections struct {
	mu     sync.Mutex // guards what follows
	open   []net.Conn
	closed bool
}

func (c *connections) dial(ctx context.Context, network, server string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	c.open = append(c.open, conn)
	return conn, nil
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, conn := range c.open {
		conn.Close()
	}
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
