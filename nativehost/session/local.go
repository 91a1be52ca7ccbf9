package session

import (
	"context"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/network"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/printable"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// maxInterfaceName is how many bytes of an interface's name are told; the schema's bound
// is as many characters.
const maxInterfaceName = 64

// PolicyJudgeLocal says what the rules make of a socket that others can send to before
// the user is asked, and where it may be open. It looks at this computer's interfaces,
// sends nothing, and counts no attempt.
func (s calls) PolicyJudgeLocal(_ context.Context, id int64, params protocol.PolicyJudgeLocalParams) *protocol.RPCError {
	p := s.Policy.Current()
	prompt, by := p.LocalPrompt()
	result := protocol.PolicyJudgeLocalResult{
		Places: []protocol.LocalPlace{}, By: by, Prompt: string(prompt),
		Remember:      p.Settings.Remember.Value,
		CSPRule:       p.Settings.CSPRule.Value,
		InstalledOnly: p.Settings.InstalledOnly.Value,
		ErrorDetail:   map[bool]string{true: "reason", false: "none"}[p.Settings.ErrorDetail.Value],
	}
	places, err := s.places(p, params)
	if err == nil {
		err = sockets.MustAudit(s.Audit, p)
	}
	if err == nil {
		result.Allowed = true
		for _, place := range places {
			result.Places = append(result.Places, told(place, params.NetworkSalt))
		}
		if params.Protocol == "udp" {
			widest, _ := rules.PeersAllowed(p)
			result.Peers, result.Multicast = string(widest), p.Settings.Multicast.Value
		}
	} else {
		result.Reason, result.By = fault.Describe(err).Reason, requests.Setting(err)
	}
	s.requests.Result(id, result)
	return nil
}

// places judges what is known without the user, and lists what they may choose from.
func (s calls) places(p *policy.Policy, params protocol.PolicyJudgeLocalParams) ([]rules.LocalPlace, error) {
	err := rules.LocalBefore(p, rules.LocalRequest{
		Origin:/*rule:local-judgement-checks-origin*/ params.Origin, Protocol: params.Protocol, Port: uint16(params.LocalPort), Announce: params.Announce,
	})
	if err != nil {
		return nil, err
	}
	asked, err := address.ParseLocal(params.LocalAddress)
	if err != nil {
		return nil, err
	}
	// A sandbox may hide the interfaces. Loopback and the wildcards are left then; that
	// they cannot be read is what package nearby complains of.
	own, _ := nearby.Addresses()
	return rules.Places(p, s.Near, own, params.Protocol, asked, params.Ipv6Only)
}

// told is a place in the protocol's words.
func told(place rules.LocalPlace, salt string) protocol.LocalPlace {
	result := protocol.LocalPlace{
		Address: place.Address.String(), Reach: string(place.Reach), Public: place.Public,
		Interface: printable.Text(place.Interface, maxInterfaceName),
	}
	host := address.FromAddr(place.Address)
	if salt != "" && place.Reach == rules.ReachNetwork && network.DependsOn(host) {
		result.Network = network.Of(host, []byte(salt))
	}
	return result
}
