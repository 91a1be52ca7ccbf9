// Package policy is what the administrators of a computer said: files in
// /etc/portside that belong to root, and the settings that the browser manages.
//
// It promises that of several that have a say the strictest wins, that a file which
// is broken, or which somebody else could have written, refuses everything instead
// of being overlooked, and that every judgement names the setting it comes from.
// Where nobody said anything everything is as usual, at no cost.
//
// It knows no sockets, asks no user and resolves no names: a session puts its
// questions before resolution and again for each address.
package policy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

// Prompt is what an administrator wants of the user's consent.
type Prompt string

// From the most lenient to the strictest.
const (
	// Skip: nobody is asked.
	Skip Prompt = "skip"
	// Ask: as usual. A remembered grant counts.
	Ask Prompt = "ask"
	// Always: remembered grants do not count.
	Always Prompt = "always"
	// Forbid: what would have to be asked is refused.
	Forbid Prompt = "forbid"
)

// strictness orders prompts; "" says nothing and comes before all.
func (p Prompt) strictness() int { return slices.Index([]Prompt{"", Skip, Ask, Always, Forbid}, p) }

// Query is a socket that somebody wants to open.
type Query struct {
	// Origin of the asking page, serialised.
	Origin string
	// Protocol is "tcp" or "udp".
	Protocol string
	// Host is the zero Host while the user is still to name it.
	Host address.Host
	Port uint16
	TLS  TLS
}

// ParseQuery reads a query as people write it: the host in any spelling, an IPv6
// address in brackets. The origin is taken as it is.
func ParseQuery(origin, protocol, hostPort string, tls TLS) (Query, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return Query{}, errors.New("a destination is HOST:PORT, with an IPv6 address in brackets")
	}
	q := Query{Origin: origin, Protocol: protocol, TLS: tls}
	if q.Port, err = address.ParsePort(port); err != nil {
		return Query{}, err
	}
	if q.Host, err = address.ParseHost(host); err != nil {
		return Query{}, fmt.Errorf("%q: %w", host, err)
	}
	return q, nil
}

// Verdict is what the administrators say to a Query.
type Verdict struct {
	Allowed bool
	// By is the setting that decided, such as
	// "/etc/portside/policy.d/10-lab.json: blockedDestinations[2]". It is empty when
	// no setting had a say.
	By string
	// Prompt says how the user is asked if nothing refuses.
	Prompt Prompt
	// Reported is the first setting that would refuse it, if the refusals of its file were
	// not reported only. It is empty when none would.
	Reported string
	// VouchesPrivate: an administrator named this very address, so nobody has to type
	// it even if it is not public. For a name that leads there VouchesName counts.
	VouchesPrivate bool
	// VouchesPort: an administrator named this very port, by itself.
	VouchesPort bool
	// VouchesName: an administrator named both this host and the addresses it may
	// have, so it may lead to one that is not public. Only JudgeAddress can tell.
	VouchesName bool
}

// Policy is everything the administrators said at one moment. It does not change.
type Policy struct {
	// Settings are those that concern no single destination.
	Settings Settings
	// Sources lists what was found, refused files included, in the order in which
	// it was asked.
	Sources []Source
	// Hashes name it in the audit log.
	Hashes Hashes
	// Notes say what was ignored, and why.
	Notes []string
	// Required is the file that says that there has to be a policy, or "".
	Required string

	layers []*layer
	// broken names a source that cannot be used and its fault.
	broken string
}

// Broken reports whether a source cannot be used, so that everything is refused.
func (p *Policy) Broken() bool { return p.broken != "" }

// Source is a file or the managed settings.
type Source struct {
	Name string
	// Browser: the browser keeps it; otherwise it is a file.
	Browser bool
	// Faults is empty unless the source is refused.
	Faults []Fault
	// Elsewhere says why a file does not count here and now, or is empty.
	Elsewhere string
	// Said is what it sets; nil when it is refused.
	Said *protocol.PolicySettings
}

// Judge answers before the host is resolved. What only the address can tell is not
// refused yet, unless the host is a literal: then the answer is final.
func (p *Policy) Judge(q Query) Verdict { return p.judge(q, q.Host.Addr(), nil) }

// JudgeAddress answers for one address to which the host was resolved, finally. Its
// Prompt is never stricter than the one that Judge gave.
func (p *Policy) JudgeAddress(q Query, addr netip.Addr) Verdict { return p.judge(q, addr, nil) }

// JudgeOrigin tells whether an origin may open sockets at all.
func (p *Policy) JudgeOrigin(origin string) Verdict {
	if p.broken != "" {
		return Verdict{By: p.broken, Prompt: Forbid}
	}
	asked, reported := askedOrigin(origin), ""
	for _, l := range p.layers {
		switch by, _ := l.origin(asked); {
		case by == "":
		case !l.reports(by):
			return Verdict{By: l.by(by), Prompt: Forbid}
		case reported == "":
			reported = l.by(by)
		}
	}
	return Verdict{Allowed: true, Prompt: Ask, Reported: reported}
}

// Effect is what one setting does to a Query.
type Effect string

// What a setting may say to a socket.
const (
	Refuses   Effect = "refuses it"
	MayRefuse Effect = "refuses it if its address fits"
	Admits    Effect = "admits it"
	MayAdmit  Effect = "admits it if its address fits"
	Prompts   Effect = "says about the prompt"
	// Reports and MayReport are those of a file whose refusals are reported only.
	Reports   Effect = "would refuse it, is reported only"
	MayReport Effect = "would refuse it if its address fits, is reported only"
	// WantsTLS: the rule names the destination, but takes other TLS, or any at all.
	WantsTLS Effect = "names it, but for its TLS"
	// MayWantTLS is the same of a rule whose addresses are not known to fit yet.
	MayWantTLS Effect = "may name it, but for its TLS"
)

// Reason is the say that one setting had.
type Reason struct {
	By     string
	Effect Effect
	// Prompt is set with Prompts.
	Prompt Prompt
}

// Explain answers like JudgeAddress or, when addr is the zero Addr, like Judge, and
// lists every setting that had a say, in order.
func (p *Policy) Explain(q Query, addr netip.Addr) (Verdict, []Reason) {
	var reasons []Reason
	if !addr.IsValid() {
		addr = q.Host.Addr()
	}
	verdict := p.judge(q, addr, func(r Reason) { reasons = append(reasons, r) })
	return verdict, reasons
}

// judge puts a query to all layers. It stops at the first that refuses, unless
// somebody listens to the reasons.
func (p *Policy) judge(q Query, addr netip.Addr, say func(Reason)) Verdict {
	if p.broken != "" {
		if say != nil {
			say(Reason{By: p.broken, Effect: Refuses})
		}
		return Verdict{By: p.broken, Prompt: Forbid}
	}
	if len(p.layers) == 0 {
		return Verdict{Allowed: true, Prompt: Ask}
	}
	s := newSubject(q, addr)
	v := Verdict{Allowed: true}
	for _, l := range p.layers {
		o := l.judge(s, say)
		switch {
		case o.refusedBy != /*rule:every-allow-list-must-admit*/ "":
			if v.Allowed {
				v = Verdict{By: l.by(o.refusedBy), Prompt: Forbid}
			}
			if say == nil {
				return v
			}
		case v.Allowed:
			if v.Reported == "" && o.reportedBy != "" {
				v.Reported = l.by(o.reportedBy)
			}
			if /*rule:strictest-prompt-wins*/ o.prompt.strictness() > v.Prompt.strictness() {
				v.Prompt, v.By = o.prompt, l.by(o.promptBy)
			}
			v.VouchesPrivate = v.VouchesPrivate || o.vouchesPrivate
			v.VouchesPort = v.VouchesPort || o.vouchesPort
			v.VouchesName = v.VouchesName || o.vouchesName
		}
	}
	if v.Prompt == "" {
		v.Prompt = Ask
	}
	return v
}
