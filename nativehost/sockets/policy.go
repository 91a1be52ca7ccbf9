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
		Secure: target.Secure, UserEntered: target.UserEntered, RiskAccepted: /*rule:host-sees-real-risk-consent*/ target.RiskAccepted,
	}
}

// asked is a socket, and what a new policy is asked about it.
type asked struct {
	*entry
	request rules.Request
	remote  netip.Addr
	local   *rules.LocalRequest
	bound   *bound.Socket
}

// Enforce ends the sockets that a new policy does not allow any more. The rules are asked
// without the mutex: they may look at the interfaces of this computer.
func (r *Registry) Enforce(p *policy.Policy) {
	var sockets []asked
	r.mu.Lock()
	for _, e := range r.sockets {
		//rule:policy-change-awaits-request
		if e.state == stateFailed || e.request == nil && e.local == nil {
			continue
		}
		one := asked{entry: e, remote: e.remote, local: e.local}
		if e.local == nil {
			one.request = *e.request
		}
		if e.conn != nil {
			one.bound = e.conn.bound
		}
		sockets = append(sockets, one)
	}
	r.mu.Unlock()
	for _, one := range sockets {
		err := r.judgeAgain(p, one)
		r.mu.Lock()
		if err != nil && one.ended == nil && one.state != stateFailed {
			one.ended = err
			//rule:policy-change-ends-sockets
			one.cancel()
		}
		r.mu.Unlock()
	}
}

// judgeAgain puts a socket before a new policy.
func (r *Registry) judgeAgain(p *policy.Policy, one asked) error {
	if one.local != nil {
		//rule:policy-change-judges-bound
		if err := rules.Local(p, r.config.Near, *one.local); err != nil {
			return err
		}
		if one.bound != nil {
			one.bound.Enforce(p)
		}
		return nil
	}
	//rule:policy-change-judges-remote.2
	err := rules.Before(p, r.config.Near, one.request).Err()
	if err == nil && one.remote.IsValid() {
		//rule:policy-change-judges-remote
		err = rules.Resolved(p, r.config.Near, one.request, one.remote)
	}
	return err
}
