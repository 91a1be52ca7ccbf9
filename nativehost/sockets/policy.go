package sockets

import (
	"context"
	"net/netip"

	"github.com/portside/portside/nativehost/bound"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
)

// Rules returns what the Dialer must put every address before.
func Rules(store *policy.Store, near rules.Near) dial.Rules { return dialRules{store, near} }

type dialRules struct {
	store *policy.Store
	near  rules.Near
}

// Judge puts an address that a target has led to before the rules.
func (d dialRules) Judge(_ context.Context, target dial.Target, at netip.AddrPort) error {
	//rule:open-is-judged.2
	return rules.Resolved(d.store.Current(), d.near, request(target), at.Addr())
}

func request(target dial.Target) rules.Request {
	return rules.Request{
		Origin: target.Origin, Protocol: target.Network, Host: target.Host, Port: target.Port,
		TLS: policy.TLS(target.TLS), UserEntered: target.UserEntered, RiskAccepted: /*rule:host-sees-real-risk-consent*/ target.RiskAccepted,
	}
}

// judged is what a new policy is asked about: a copy of an entry's members.
type judged struct {
	*entry
	request *rules.Request
	local   *rules.LocalRequest
	remote  netip.AddrPort
	// bound is nil but for a bound UDP socket that is open.
	bound *bound.Socket
}

// Enforce ends the sockets that a new policy does not allow any more. The rules are asked
// without the mutex: they may look at the interfaces of this computer.
func (r *Registry) Enforce(p *policy.Policy) {
	var sockets []judged
	r.mu.Lock()
	for _, e := range r.sockets {
		//rule:policy-change-awaits-request
		if e.state == stateFailed || e.request == nil && e.local == nil {
			continue
		}
		one := judged{e, e.request, e.local, e.remote, nil}
		if e.conn != nil {
			one.bound = e.conn.bound
		}
		sockets = append(sockets, one)
	}
	r.mu.Unlock()
	for _, one := range sockets {
		err := r.forbidden(p, one)
		if err == nil && one.bound != nil {
			one.bound.Enforce(p)
		}
		r.mu.Lock()
		if err != nil && one.ended == nil && one.state != stateFailed {
			one.ended = err
			//rule:policy-change-ends-sockets
			one.cancel()
		}
		r.mu.Unlock()
	}
	// It may have made room for connections.
	r.accepts.freed()
}

// forbidden returns why a policy does not allow a socket, or nil.
func (r *Registry) forbidden(p *policy.Policy, one judged) error {
	if one.local != nil {
		return r.forbiddenLocal(p, *one.local, one.remote)
	}
	//rule:policy-change-judges-remote.2
	err := rules.Before(p, r.config.Near, *one.request).Err()
	if err == nil && one.remote.IsValid() {
		//rule:policy-change-judges-remote
		err = rules.Resolved(p, r.config.Near, *one.request, one.remote.Addr())
	}
	return err
}

// forbiddenLocal returns why others may not send to a socket, or why remote, unless it is
// zero, may not be connected to it.
func (r *Registry) forbiddenLocal(p *policy.Policy, local rules.LocalRequest, remote netip.AddrPort) error {
	//rule:policy-change-judges-listeners
	if err := rules.Local(p, r.config.Near, local); err != nil {
		return err
	}
	if !remote.IsValid() {
		return nil
	}
	//rule:policy-change-judges-accepted
	return rules.Inbound(p, r.config.Near, local, remote)
}
