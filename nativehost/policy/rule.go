package policy

import (
	"net/netip"
	"slices"

	"github.com/portside/portside/nativehost/address"
)

// fit tells whether a rule applies.
type fit int8

const (
	no fit = iota
	// maybe: only the address can tell, and it is not known yet.
	maybe
	yes
)

// rule is a compiled PolicyDestination: what is absent fits everything.
type rule struct {
	host     *hostPattern
	prefix   netip.Prefix
	ports    []portRange
	protocol string
	tls      tlsRule
	// origins is nil when the rule is for all.
	origins []originPattern
	prompt  Prompt
}

// fits judges a rule, apart from what it asks of TLS. A block rule also sees the IPv4
// addresses inside an IPv6 one, which an allow rule would be wider by than it looks.
func (r *rule) fits(s *subject, block bool) fit {
	switch {
	case r.protocol != "" && r.protocol != s.protocol,
		r.ports != nil && !slices.ContainsFunc(r.ports, func(p portRange) bool { return p.lo <= s.port && s.port <= p.hi }),
		r.origins != nil && firstOrigin(r.origins, s.origin) < 0:
		return no
	}
	result := yes
	switch {
	case r.host == nil || r.host.any:
	case s.host.Kind() == 0:
		result = maybe
	case !r.host.fits(s, block):
		return no
	}
	switch {
	case !r.prefix.IsValid():
	case !s.addr.IsValid():
		result = maybe
		//rule:block-prefix-sees-embedded-ipv4
	//rule:allow-prefix-ignores-embedded-ipv4
	case r.prefix.Contains(s.addr), block && slices.ContainsFunc(s.embedded, r.prefix.Contains):
	default:
		return no
	}
	return result
}

// namesPort reports whether the rule has this very port, by itself: a range that
// happens to contain it was not written with its dangers in mind.
func (r *rule) namesPort(port uint16) bool {
	return /*rule:vouching-names-the-port*/ slices.Contains(r.ports, portRange{port, port})
}

// namesAddress reports whether who wrote the rule named addresses. A prefix of
// length 0 names none.
func (r *rule) namesAddress() bool {
	return r.prefix.IsValid() && r.prefix.Bits() > 0 || r.host != nil && r.host.Kind() == address.Literal
}

// namesHostAndAddress reports whether who wrote the rule tied a name to addresses.
func (r *rule) namesHostAndAddress() bool {
	return r.host != nil && !r.host.any && r.prefix.IsValid() && r.prefix.Bits() > 0
}

// portRange has both ends.
type portRange struct{ lo, hi uint16 }

// subject is a Query in the form in which rules compare it.
type subject struct {
	origin   address.Origin
	protocol string
	port     uint16
	tls      TLS
	// host is the zero Host while the user is still to name it.
	host address.Host
	// literal is the host as an address, addr what is connected to; both address.Plain,
	// and the zero Addr when there is none. embedded are the IPv4 addresses in addr.
	literal, addr netip.Addr
	embedded      []netip.Addr
}

func newSubject(q Query, addr netip.Addr) *subject {
	s := &subject{
		origin: askedOrigin(q.Origin), protocol: q.Protocol, port: q.Port, tls: q.TLS,
		host: q.Host, literal: address.Plain(q.Host.Addr()), addr: address.Plain(addr),
	}
	if s.literal.IsValid() {
		s.host = address.FromAddr(s.literal)
	}
	if !s.addr.IsValid() {
		s.addr = s.literal
	}
	s.embedded = address.Readings(s.addr)
	return s
}

// askedOrigin takes the origin of a query apart. One that no page can have is none,
// and only "*" fits it.
func askedOrigin(text string) address.Origin {
	origin, err := address.ParseOrigin(text)
	if err != nil {
		return address.Origin{}
	}
	return origin
}
