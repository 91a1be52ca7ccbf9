package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portside/portside/nativehost/address"
)

const (
	// serverPatience is how long one of several given servers may take before the
	// next one is asked. Each round through all of them takes twice as long as the
	// one before, until the context ends.
	serverPatience = 3 * time.Second
	// resolutionDelay is how long the first family's addresses wait for the other
	// family's (RFC 8305, section 3).
	resolutionDelay = 50 * time.Millisecond
)

// familyAnswer is what came of asking for one family.
type familyAnswer struct {
	family Family
	addrs  []netip.Addr
	err    error
	// absent: the name does not exist, in any family.
	absent bool
}

// askServers asks name servers for each family by itself, so that one that is never
// answered for does not hold up the other.
func (r *Resolver) askServers(ctx context.Context, host address.Host, family Family) (Answer, error) {
	plain := new(plainServers)
	if family != Any {
		one := r.askFamily(ctx, host, family, plain)
		return Answer{Addrs: one.addrs}, one.err
	}
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan familyAnswer, 2)
	for _, family := range []Family{IPv4, IPv6} {
		go func() { answers <- r.askFamily(ctx, host, family, plain) }()
	}
	first := <-answers
	if first.err == nil {
		timer := time.NewTimer( /*rule:resolution-delay-is-bounded*/ resolutionDelay)
		defer timer.Stop()
		select {
		case second := <-answers:
			cancel()
			return Answer{Addrs: merge(first, second)}, nil
		case <-timer.C:
			late := make(chan []netip.Addr, 1)
			go func() {
				defer close(late)
				defer cancel()
				if second := <-answers; len(second.addrs) > 0 {
					late <- second.family.only(second.addrs)
				}
			}()
			return Answer{Addrs: first.addrs, Late: late}, nil
		}
	}
	if first.absent {
		cancel()
	}
	second := <-answers
	cancel()
	if second.err == nil {
		return Answer{Addrs: second.addrs}, nil
	}
	return Answer{}, first.err
}

// merge puts both families' addresses into one list, the preferred family's first.
// Those of a family are sorted already.
func merge(a, b familyAnswer) []netip.Addr {
	four, six := a.addrs, b.addrs
	if a.family == IPv6 {
		four, six = six, four
	}
	if len(four) > 0 && len(six) > 0 && !prefersIPv6(six[0]) {
		return append(four[:len(four):len(four)], six...)
	}
	return append(six[:len(six):len(six)], four...)
}

// askFamily asks the servers for one family. With several given ones, the first that
// answers, even with "no such name", has the last word. Silence ends with the context
// only: a name server that has to ask others may take its time.
func (r *Resolver) askFamily(ctx context.Context, host address.Host, family Family, plain *plainServers) familyAnswer {
	var servers []netip.AddrPort
	//rule:admin-dns-servers-are-used
	if r.Servers != nil {
		servers = r.Servers()
	}
	if len(servers) == 0 {
		servers = []netip.AddrPort{{}} // the system's
	}
	for patience := serverPatience; ; patience *= 2 {
		var last familyAnswer
		silence := false
		for _, server := range servers {
			if len(servers) == 1 {
				last = lookup(ctx, server, host, family, plain)
			} else {
				last = lookupWithin(ctx, patience, server, host, family, plain)
			}
			var dns *net.DNSError
			failed := errors.As(last.err, &dns) && (dns.IsTimeout || dns.IsTemporary) && !dns.IsNotFound
			if !failed || ctx.Err() != nil {
				return last
			}
			silence = silence || dns.IsTimeout
		}
		if !silence {
			return last
		}
	}
}

func lookupWithin(ctx context.Context, limit time.Duration, server netip.AddrPort, host address.Host, family Family, plain *plainServers) familyAnswer {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return lookup(ctx, server, host, family, plain)
}

// lookup resolves with Go's own resolver, which the C library's configuration cannot
// make ask anybody else; at a given server or, with the zero one, at the system's.
// Each question has a resolver of its own, since a shared one answers two that ask
// at the same time with one answer. It sorts as RFC 6724 says.
func lookup(ctx context.Context, server netip.AddrPort, host address.Host, family Family, plain *plainServers) familyAnswer {
	network := "ip4"
	if family == IPv6 {
		network = "ip6"
	}
	e := exchange{plain: plain}
	e.end, _ = ctx.Deadline()
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, system string) (net.Conn, error) {
			if server.IsValid() {
				system = server.String()
			}
			return e.dial(ctx, network, system)
		},
	}
	// The final dot makes the name absolute. Otherwise the system's search list could
	// make another name of it, even one below "local".
	//rule:names-are-absolute
	addrs, err := resolver.LookupNetIP(ctx, network, host.String()+".")
	mapped := e.close()
	//rule:mapped-answers-are-judged
	if len(mapped) > 0 {
		addrs, err = append(addrs, mapped...), nil
	}
	return familyAnswer{family: family, addrs: addrs, err: err, absent: err != nil && e.absent.Load()}
}

// exchange is the connections of one lookup. Go's resolver would let those that
// still wait for an answer when the context ends wait on, for seconds and with nobody
// to wait for them.
type exchange struct {
	// absent: somebody said that the name does not exist.
	absent atomic.Bool
	// plain are the servers that take no EDNS0. Other exchanges share it.
	plain *plainServers
	// end is when nobody waits any longer, if that is known. Go's resolver does not tell
	// its connections.
	end time.Time

	mu     sync.Mutex // guards what follows
	open   []net.Conn
	closed bool
	// mapped are the IPv4-mapped addresses that came.
	mapped []netip.Addr
}

func (c *exchange) dial(ctx context.Context, network, server string) (net.Conn, error) {
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
	if udp, ok := conn.(*net.UDPConn); ok {
		return &datagrams{UDPConn: udp, owner: c, server: server}, nil
	}
	return &stream{Conn: conn, owner: c, server: server}, nil
}

// close ends the exchange, and returns the IPv4-mapped addresses that came.
func (c *exchange) close() []netip.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, conn := range c.open {
		conn.Close()
	}
	return slices.Clone(c.mapped)
}
