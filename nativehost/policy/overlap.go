package policy

import (
	"slices"

	"github.com/portside/portside/protocol"
)

// What two rules have in common, for those who write them: judge.go decides by sockets, not
// by this. Where it is not clear, neither function says yes.

// covers reports whether a fits whatever b fits, as far as their texts tell.
func (r *rule) covers(b *rule) bool {
	return (r.protocol == "" || r.protocol == b.protocol) &&
		(r.tls == "" || r.tls == b.tls || r.tls == anyTLS && b.tls != "") &&
		(r.host == nil || r.host.covers(b.host)) &&
		(!r.prefix.IsValid() || b.prefix.IsValid() && r.prefix.Bits() <= b.prefix.Bits() && r.prefix.Contains(b.prefix.Addr())) &&
		(r.origins == nil || b.origins != nil && allOf(b.origins, func(o originPattern) bool { return coveredOrigin(r.origins, o) })) &&
		(r.ports == nil || b.ports != nil && allOf(b.ports, func(p portRange) bool { return coveredPort(r.ports, p) }))
}

// meets reports whether there may be something that both rules fit.
func (r *rule) meets(b *rule) bool {
	return (r.protocol == "" || b.protocol == "" || r.protocol == b.protocol) &&
		(r.host == nil || b.host == nil || r.host.covers(b.host) || b.host.covers(r.host)) &&
		(!r.prefix.IsValid() || !b.prefix.IsValid() || r.prefix.Overlaps(b.prefix)) &&
		(r.origins == nil || b.origins == nil || slices.ContainsFunc(r.origins, func(o originPattern) bool { return meetsOrigin(b.origins, o) })) &&
		(r.ports == nil || b.ports == nil || slices.ContainsFunc(r.ports, func(p portRange) bool { return meetsPort(b.ports, p) }))
}

func allOf[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(one T) bool { return !holds(one) })
}

// covers takes nil for "*".
func (p *hostPattern) covers(b *hostPattern) bool {
	switch {
	case p == nil || p.any:
		return true
	case b == nil || b.any:
		return false
	case p.below && b.below:
		return p.Host == b.Host || belowDomain(b.Host, p.Host)
	case p.below:
		return belowDomain(b.Host, p.Host)
	default:
		return !b.below && p.Host == b.Host
	}
}

func coveredPort(list []portRange, b portRange) bool {
	return slices.ContainsFunc(list, func(a portRange) bool { return a.lo <= b.lo && b.hi <= a.hi })
}

func meetsPort(list []portRange, b portRange) bool {
	return slices.ContainsFunc(list, func(a portRange) bool { return a.lo <= b.hi && b.lo <= a.hi })
}

func coveredOrigin(list []originPattern, b originPattern) bool {
	return slices.ContainsFunc(list, func(a originPattern) bool { return a.covers(b) })
}

func meetsOrigin(list []originPattern, b originPattern) bool {
	return slices.ContainsFunc(list, func(a originPattern) bool { return a.covers(b) || b.covers(a) })
}

func (p originPattern) covers(b originPattern) bool {
	switch {
	case p.any:
		return true
	case b.any || p.Scheme != b.Scheme || p.Port != b.Port:
		return false
	case p.below:
		return belowDomain(b.Host, p.Host) || b.below && p.Host == b.Host
	default:
		return !b.below && p.Host == b.Host
	}
}

// vouches reports whether a rule of an allow list may stand for somebody's word: then it
// counts also behind one that covers it.
func (r *rule) vouches() bool {
	return r.namesAddress() || r.namesWatchedPort()
}

// Overlap reports whether there may be something that two rules fit, both of which are
// right.
func Overlap(a, b *protocol.PolicyDestination) bool {
	p := &parser{doc: &document{}}
	first, second := p.rule("", a, true), p.rule("", b, true)
	return first.meets(&second)
}

// CheckOrigin returns what is wrong with an origin as rules have it, or nil. It quotes
// nothing.
func CheckOrigin(text string) error {
	_, err := parseOriginPattern(text)
	return err
}

// CheckHost returns what is wrong with a host as rules have it, or nil. It quotes nothing.
func CheckHost(text string) error {
	_, err := parseHostPattern(text)
	return err
}
