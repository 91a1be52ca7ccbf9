package session

import (
	"context"
	"maps"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/printable"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// PolicyManaged takes over the settings that the browser keeps for its administrator.
func (s calls) PolicyManaged(_ context.Context, id int64, params protocol.PolicyManagedParams) *protocol.RPCError {
	valid := s.Policy.SetManaged([]byte(params.Settings))
	if !valid {
		s.Log.Error().Msg("the browser's managed settings do not fit their schema: everything is refused")
	}
	s.requests.Result(id, protocol.PolicyManagedResult{Valid: valid})
	return nil
}

// PolicyJudge says what the rules make of a destination before the user is asked. It
// does not touch the network, and counts no attempt.
func (s calls) PolicyJudge(_ context.Context, id int64, params protocol.PolicyJudgeParams) *protocol.RPCError {
	var host address.Host
	_, err := address.ParseOrigin( /*rule:judgement-checks-origin*/ params.Origin)
	if err == nil && params.Host != "" {
		host, err = address.ParseHost(params.Host)
	}
	result := s.sockets.Verdict(rules.Request{
		Origin: params.Origin, Protocol: params.Protocol, Host: host, Port: uint16(params.Port),
		TLS: policy.ClaimedTLS(params.Secure, params.TLS), UserEntered: params.UserEntered,
	}, err, params.NetworkSalt)
	if s.version >= verdictSince {
		result.Verdict = sockets.NameOf(result)
	}
	s.requests.Result(id, result)
	return nil
}

const (
	// verdictSince is the version of the protocol in which verdicts have names.
	verdictSince = 4
	// maxSources is the schema's.
	maxSources = 64
	// maxSourcesBytes is what all sources may take of a control message.
	maxSourcesBytes = 60 << 10
)

// PolicyGet tells which policy is in force, and by whom. Of too many sources, those that
// cannot be used are told before others.
func (s calls) PolicyGet(_ context.Context, id int64, params protocol.PolicyGetParams) *protocol.RPCError {
	p := s.Policy.Current()
	result := protocol.PolicyGetResult{Sources: []protocol.PolicySource{}}
	told, left, room := make([]bool, len(p.Sources)), maxSources, maxSourcesBytes
	for _, broken := range /*rule:unusable-policies-told-first*/ []bool{true, false} {
		for i := range p.Sources {
			// A file for others is none of this user's.
			if (len(p.Sources[i].Faults) > 0) != broken || left == 0 || p.Sources[i].Elsewhere != "" {
				continue
			}
			if bytes := requests.Size(sourceOf(&p.Sources[i])); bytes < room {
				told[i], left, room = true, left-1, room-bytes-1
			}
		}
	}
	for i := range p.Sources {
		if told[i] {
			result.Sources = append(result.Sources, sourceOf(&p.Sources[i]))
		}
	}
	s.tellOfAudit(p, &result)
	if params.Origin != "" {
		verdict := p.JudgeOrigin(params.Origin)
		_, err := address.ParseOrigin(params.Origin)
		//rule:insecure-origin-shown-as-refused
		allowed := verdict.Allowed && err == nil
		result.SiteAllowed, result.SiteBy = &allowed, printable.Text(verdict.By, requests.MaxSettingBytes)
	}
	s.requests.Result(id, result)
	return nil
}

// tellOfAudit tells the user what they should know of the audit log.
func (s *Session) tellOfAudit(p *policy.Policy, result *protocol.PolicyGetResult) {
	set := p.Settings.Audit
	if set.By == "" {
		return
	}
	if err := s.Audit.Failing(); err != nil {
		result.AuditFault, result.AuditRequired = printable.Text(err.Error(), requests.MaxSettingBytes), &set.Value.Required
	}
	if set.Value.Private == audit.AsOthers {
		private := true
		result.AuditPrivate = &private
	}
}

// sourceOf is a source in the protocol's words.
func sourceOf(source *policy.Source) protocol.PolicySource {
	told := protocol.PolicySource{Name: printable.Text(source.Name, requests.MaxSettingBytes), Kind: "file"}
	if source.Browser {
		told.Kind = "browser"
	}
	if len(source.Faults) > 0 {
		told.Fault = printable.Text(source.Faults[0].String(), requests.MaxSettingBytes)
	}
	return told
}

// policyChanged ends what a new policy does not allow any more. Only then it writes that
// down and tells others, which may wait for a disk.
func (s *Session) policyChanged(p *policy.Policy) {
	//rule:policy-change-ends-sockets-first
	s.enforce(p)
	s.Log.Info().Msg("the policy has changed")
	if s.PolicyChanged != nil {
		s.PolicyChanged(p)
	}
}

// enforce ends what a new policy does not allow any more: the self-test page, sockets,
// searches, and lanes.
func (s *Session) enforce(p *policy.Policy) {
	//rule:selftest-ends-when-disabled
	if !p.Settings.Enabled.Value {
		s.endSelfTest()
	}
	s.sockets.Enforce(p)
	var lanes []*openLane
	s.mu.Lock()
	browsings := slices.Collect(maps.Values(s.browsings))
	if !allowsLanes(p) {
		lanes = slices.Collect(maps.Keys(s.lanes))
	}
	s.mu.Unlock()
	for _, b := range browsings {
		s.revoke(p, b)
	}
	for _, l := range lanes {
		l.conn.Close() // its sockets end with it
	}
}
