package session

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/network"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/printable"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// Rules returns what the Dialer must put every address before.
func Rules(store *policy.Store, near rules.Near) dial.Rules { return dialRules{store, near} }

type dialRules struct {
	store *policy.Store
	near  rules.Near
}

// Judge puts an address that a target has led to before the rules.
func (d dialRules) Judge(_ context.Context, target dial.Target, at netip.AddrPort) error {
	return rules.Resolved(d.store.Current(), d.near, request(target), at.Addr())
}

func request(target dial.Target) rules.Request {
	return rules.Request{
		Origin: target.Origin, Protocol: target.Network, Host: target.Host, Port: target.Port,
		Secure: target.Secure, UserEntered: target.UserEntered, RiskAccepted: target.RiskAccepted,
	}
}

// PolicyManaged takes over the settings that the browser keeps for its administrator.
func (s calls) PolicyManaged(_ context.Context, id int64, params protocol.PolicyManagedParams) *protocol.RPCError {
	valid := s.Policy.SetManaged([]byte(params.Settings))
	if !valid {
		s.Log.Error().Msg("the browser's managed settings do not fit their schema: everything is refused")
	}
	s.result(id, protocol.PolicyManagedResult{Valid: valid})
	return nil
}

// PolicyJudge says what the rules make of a destination before the user is asked. It
// does not touch the network, and counts no attempt.
func (s calls) PolicyJudge(_ context.Context, id int64, params protocol.PolicyJudgeParams) *protocol.RPCError {
	p := s.Policy.Current()
	result := protocol.PolicyJudgeResult{
		Prompt:        string(policy.Ask),
		Remember:      p.Settings.Remember.Value,
		CSPRule:       p.Settings.CSPRule.Value,
		InstalledOnly: p.Settings.InstalledOnly.Value,
		ErrorDetail:   map[bool]string{true: "reason", false: "none"}[p.Settings.ErrorDetail.Value],
	}
	var host address.Host
	_, err := address.ParseOrigin(params.Origin)
	if err == nil && params.Host != "" {
		host, err = address.ParseHost(params.Host)
	}
	if err == nil {
		j := rules.Before(p, s.Near, rules.Request{
			Origin: params.Origin, Protocol: params.Protocol, Host: host, Port: uint16(params.Port),
			Secure: params.Secure, UserEntered: params.UserEntered,
		})
		err = j.Refused
		result.By, result.Prompt, result.Place = j.By, string(j.Prompt), string(j.Place)
		result.MustEnter, result.Risk = j.MustEnter, j.Risk
		result.Host = host.String()
		if params.NetworkSalt != "" && network.DependsOn(host) {
			result.Network = network.Of(host, []byte(params.NetworkSalt))
		}
	}
	if err != nil {
		result.Reason = fault.Describe(err).Reason
	}
	result.Allowed = err == nil
	s.result(id, result)
	return nil
}

const (
	// maxSources and maxPolicyText, in bytes, are the schema's.
	maxSources, maxPolicyText = 64, 512
	// maxSourcesBytes is what all sources may take of a control message.
	maxSourcesBytes = 60 << 10
)

// PolicyGet tells which policy is in force, and by whom. Of too many sources, those that
// cannot be used are told before others.
func (s calls) PolicyGet(_ context.Context, id int64, params protocol.PolicyGetParams) *protocol.RPCError {
	p := s.Policy.Current()
	result := protocol.PolicyGetResult{Sources: []protocol.PolicySource{}}
	told, left, room := make([]bool, len(p.Sources)), maxSources, maxSourcesBytes
	for _, broken := range []bool{true, false} {
		for i := range p.Sources {
			if (len(p.Sources[i].Faults) > 0) != broken || left == 0 {
				continue
			}
			if bytes := size(sourceOf(&p.Sources[i])); bytes < room {
				told[i], left, room = true, left-1, room-bytes-1
			}
		}
	}
	for i := range p.Sources {
		if told[i] {
			result.Sources = append(result.Sources, sourceOf(&p.Sources[i]))
		}
	}
	if params.Origin != "" {
		verdict := p.JudgeOrigin(params.Origin)
		_, err := address.ParseOrigin(params.Origin)
		allowed := verdict.Allowed && err == nil
		result.SiteAllowed, result.SiteBy = &allowed, printable.Text(verdict.By, maxPolicyText)
	}
	s.result(id, result)
	return nil
}

// sourceOf is a source in the protocol's words.
func sourceOf(source *policy.Source) protocol.PolicySource {
	told := protocol.PolicySource{Name: printable.Text(source.Name, maxPolicyText), Kind: "file"}
	if source.Browser {
		told.Kind = "browser"
	}
	if len(source.Faults) > 0 {
		told.Fault = printable.Text(source.Faults[0].String(), maxPolicyText)
	}
	return told
}

// policyChanged ends what a new policy does not allow any more. Only then it writes that
// down and tells others, which may wait for a disk.
func (s *Session) policyChanged(p *policy.Policy) {
	s.enforce(p)
	s.Log.Info().Msg("the policy has changed")
	if s.PolicyChanged != nil {
		s.PolicyChanged(p)
	}
}

// enforce ends what a new policy does not allow any more: sockets, searches, lanes, and
// the page to try it with. The rules are asked without the mutex: they may look at the
// interfaces of this computer.
func (s *Session) enforce(p *policy.Policy) {
	type asked struct {
		*entry
		request rules.Request
		remote  netip.Addr
	}
	var sockets []asked
	var lanes []*laneOf
	s.mu.Lock()
	for _, e := range s.sockets {
		if e.state == stateFailed || e.request == nil {
			continue
		}
		sockets = append(sockets, asked{e, *e.request, e.remote})
	}
	browsings := slices.Collect(maps.Values(s.browsings))
	if !allowsLanes(p) {
		lanes = slices.Collect(maps.Keys(s.lanes))
	}
	if s.trying != nil && !p.Settings.Enabled.Value {
		s.trying.cancel()
	}
	s.mu.Unlock()

	for _, one := range sockets {
		err := rules.Before(p, s.Near, one.request).Err()
		if err == nil && one.remote.IsValid() {
			err = rules.Resolved(p, s.Near, one.request, one.remote)
		}
		s.mu.Lock()
		if err != nil && one.ended == nil && one.state != stateFailed {
			one.ended = err
			one.cancel()
		}
		s.mu.Unlock()
	}
	for _, b := range browsings {
		s.revoke(p, b)
	}
	for _, l := range lanes {
		l.conn.Close() // its sockets end with it
	}
}
