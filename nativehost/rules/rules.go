// Package rules decides whether an origin may reach a destination: it puts what an
// address is together with what administrators and the user said.
// It promises that
//
//   - a name never leads into space that is not public, unless an administrator
//     named both the name and the prefix;
//   - a raw address that is not public, localhost, and a name of multicast DNS take
//     the user's own word, or an administrator's;
//   - ports that routers listen on are reached on the internet only when the user
//     agreed to a prompt that named the danger, or an administrator listed them;
//   - what is refused before an address is known is refused afterwards too.
//
// What is not public is what the special-purpose registries say, and besides what this
// computer's own interfaces say: its own addresses and its neighbours' are not, even
// where they are addresses of the Internet.
//
// It knows no sockets and asks the network nothing.
package rules

import (
	"fmt"
	"net/netip"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
)

// Near knows this computer's place in the network. Package nearby has the real one.
type Near interface {
	// Class returns address.Never for an address that reaches everybody on a link,
	// address.Loopback for one of this computer, address.Private for one on a link of
	// its, and address.Public for all others. It must not block for long.
	Class(addr netip.Addr) address.Class
}

// Request is who wants to reach what.
type Request struct {
	// Origin is the asking origin, serialised.
	Origin string
	// Protocol is "tcp" or "udp".
	Protocol string
	// Host is the zero Host while the user is still to name it.
	Host address.Host
	Port uint16
	// TLS is how the socket is protected from the first byte on.
	TLS policy.TLS
	// UserEntered is true when the user typed or picked this destination.
	UserEntered bool
	// RiskAccepted is true when the user agreed to a prompt that named the danger
	// of this port.
	RiskAccepted bool
}

// Place is what kind of place a destination is, as far as its name tells.
type Place string

// The places of policy.judge.
const (
	Internet Place = "internet"
	// Network is the user's own network.
	Network Place = "network"
	// Computer is this computer.
	Computer Place = "computer"
	// Special is an address that is neither.
	Special Place = "special"
)

// Judgement is what can be said before anybody asked the network.
type Judgement struct {
	// Refused is nil, or why no answer of the user could help: an error of
	// package fault.
	Refused error
	// By names the administrator's setting that decided, if one did.
	By string
	// Prompt is what the administrator wants of prompts.
	Prompt policy.Prompt
	// Place is empty while there is no host.
	Place Place
	// MustEnter is true while the user's own word is missing, Risk while their
	// consent to the danger is.
	MustEnter, Risk bool
}

// Err returns why the destination may not be opened now, or nil.
func (j Judgement) Err() error {
	switch {
	case j.Refused != nil:
		return fault.Because(j.Refused, j.By)
	case j.MustEnter:
		return fmt.Errorf("%w: the user did not enter it", fault.ErrAddress)
	case j.Risk:
		return fault.ErrRisk
	default:
		return nil
	}
}

// Class returns the stricter of what an address is everywhere and what it is here.
func Class(near Near, addr netip.Addr) address.Class {
	//rule:local-addresses-are-not-public
	return max(address.Classify(addr), near.Class(addr))
}

// Before judges what is known without the network.
func Before(p *policy.Policy, near Near, r Request) Judgement {
	verdict := p.Judge(Query(r))
	j := Judgement{By: verdict.By, Prompt: verdict.Prompt}
	//rule:policy-refuses-before-resolution
	if !verdict.Allowed {
		j.Refused = forbidden(p)
	}
	public := true
	switch r.Host.Kind() {
	case address.Name:
		j.Place = Internet
		//rule:unaskable-names-refused-early
		if !r.Host.Askable() {
			// Before anybody is asked to allow what cannot be done.
			j.refuse(fault.ErrDNS)
		}
	case address.MulticastDNS:
		// It may lead to any device nearby, so it counts as one.
		public = false
		j.Place = Network
		//rule:mdns-name-needs-user-entry
		j.private(p, r, verdict)
	case address.Localhost:
		public = false
		j.Place = Computer
		//rule:localhost-needs-user-entry
		j.private(p, r, verdict)
	case address.Literal:
		class := Class(near, r.Host.Addr())
		public = class == address.Public
		j.Place = placeOf(class)
		switch class {
		case address.Public:
		case address.Never:
			//rule:never-addresses-are-refused
			j.never()
		default:
			j.private(p, r, verdict)
		}
	}
	if public && address.WatchedPort(r.Port) && !verdict.VouchesPort && !r.RiskAccepted {
		//rule:alg-port-needs-own-consent
		j.Risk = true
	}
	return j
}

// private judges a destination that is not public.
func (j *Judgement) private(p *policy.Policy, r Request, verdict policy.Verdict) {
	switch {
	case verdict.VouchesPrivate:
		//rule:admin-may-forbid-private-entry
	case !p.Settings.PrivateEntry.Value:
		if j.Refused == nil {
			j.By = p.Settings.PrivateEntry.By
		}
		j.refuse(forbidden(p))
		//rule:private-address-needs-user-entry
	case !r.UserEntered:
		j.MustEnter = true
	}
}

// forbidden is the refusal of the administrators, or of what stands in for them while
// they cannot be understood.
func forbidden(p *policy.Policy) error {
	//rule:broken-policy-is-the-reason
	if p.Broken() {
		return fault.ErrPolicyBroken
	}
	return fault.ErrPolicy
}

// Forbidden is the refusal that a setting of the administrators leads to.
func Forbidden(p *policy.Policy, by string) error { return fault.Because(forbidden(p), by) }

// never refuses what no setting opens.
func (j *Judgement) never() {
	if j.Refused == nil {
		j.By = ""
	}
	j.refuse(fault.ErrAddress)
}

// refuse keeps the first reason.
func (j *Judgement) refuse(err error) {
	if j.Refused == nil {
		j.Refused = err
	}
}

func placeOf(class address.Class) Place {
	switch class {
	case address.Public:
		return Internet
	case address.Private:
		return Network
	case address.Loopback:
		return Computer
	default:
		return Special
	}
}

// Resolved judges one address that the request's host has led to. It returns nil or
// an error of package fault.
func Resolved(p *policy.Policy, near Near, r Request, addr netip.Addr) error {
	if err := Before(p, near, r).Err(); err != nil {
		return err
	}
	verdict := p.JudgeAddress(Query(r), addr)
	//rule:policy-judges-each-address
	if !verdict.Allowed {
		return Forbidden(p, verdict.By)
	}
	class := Class(near, addr)
	//rule:name-to-never-address-refused
	if class == address.Never {
		return fmt.Errorf("%w: nobody can be reached there", fault.ErrAddress)
	}
	switch r.Host.Kind() {
	case address.Literal:
		//rule:literal-resolves-to-itself
		if address.Plain(addr) != address.Plain(r.Host.Addr()) {
			return fmt.Errorf("%w: not the one that was asked for", fault.ErrAddress)
		}
	case address.Localhost:
		//rule:localhost-only-to-loopback
		if class != address.Loopback {
			return fmt.Errorf("%w: localhost is this computer", fault.ErrAddress)
		}
	case address.MulticastDNS:
		// Anybody in the network may answer, and must not point at this computer.
		//rule:mdns-name-not-to-loopback
		if class == address.Loopback {
			return fmt.Errorf("%w: a name of the network led to this computer", fault.ErrAddress)
		}
	case address.Name:
		//rule:name-to-private-address-refused
		if class != address.Public && /*rule:name-to-never-address-refused.2*/ !verdict.VouchesName {
			return fmt.Errorf("%w: a name led into space that is not public", fault.ErrAddress)
		}
	default:
		//rule:no-host-is-refused
		return fmt.Errorf("%w: no host", fault.ErrAddress)
	}
	if class == address.Public && address.WatchedPort(r.Port) && !verdict.VouchesPort && !r.RiskAccepted {
		//rule:alg-port-of-resolved-public
		return fault.ErrRisk
	}
	return nil
}

// Query is what administrators are asked about a request.
func Query(r Request) policy.Query {
	return policy.Query{Origin: r.Origin, Protocol: r.Protocol, Host: r.Host, Port: r.Port, TLS: r.TLS}
}
