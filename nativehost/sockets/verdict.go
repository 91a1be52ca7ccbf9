package sockets

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/network"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// Verdict says what the rules make of a destination before the user is asked. It does not
// touch the network, and counts no attempt. invalid is why the request is none, or nil.
func (r *Registry) Verdict(asked rules.Request, invalid error, salt string) protocol.PolicyJudgeResult {
	p := r.config.Policy.Current()
	result := protocol.PolicyJudgeResult{
		Prompt:        string(policy.Ask),
		Remember:      p.Settings.Remember.Value,
		CSPRule:       p.Settings.CSPRule.Value,
		InstalledOnly: p.Settings.InstalledOnly.Value,
		ErrorDetail:   map[bool]string{true: "reason", false: "none"}[p.Settings.ErrorDetail.Value],
	}
	err := invalid
	if err == nil {
		j := rules.Before(p, r.config.Near, asked)
		err = j.Refused
		//rule:required-audit-told-before-asking
		if missing := MustAudit(r.config.Audit, p); err == nil && missing != nil {
			err, j.By = missing, requests.Setting(missing)
		}
		result.By, result.Prompt, result.Place = j.By, string(j.Prompt), string(j.Place)
		result.MustEnter, result.Risk = j.MustEnter, j.Risk
		result.Host = asked.Host.String()
		if salt != "" && /*rule:public-destinations-have-no-network*/ network.DependsOn(asked.Host) {
			result.Network = network.Of(asked.Host, []byte(salt))
		}
	}
	if err != nil {
		result.Reason = fault.Describe(err).Reason
	}
	result.Allowed = err == nil
	return result
}

// NameOf names a verdict: the same for the same, and another for any other.
func NameOf(verdict protocol.PolicyJudgeResult) string {
	text, err := json.Marshal(verdict)
	if err != nil {
		return "" // no open has this name
	}
	digest := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(digest[:16])
}

// openAsked opens a connection that the page asks for, if what was decided of it still
// holds. Else the extension is to decide anew: nothing is opened, counted or written. fresh
// makes a request to open it, with the socket's id.
func (r *Registry) openAsked(
	ctx context.Context, id int64, asked protocol.OpenRequest,
	connect func(context.Context, *opening) (*connection, error), fresh func(socketID int64) *opening,
) *protocol.RPCError {
	o := fresh(asked.SocketID)
	o.request = id
	//rule:open-needs-its-verdict
	if !r.holds(o, asked) {
		return protocol.NewError(protocol.CodeVerdict)
	}
	k := r.outgoing(connect)
	if asked.Reopen && /*rule:reopening-needs-a-verdict*/ asked.Verdict != "" &&
		//rule:tls-is-opened-by-the-broker
		o.isPlain() {
		holds := func(o *opening) bool { return r.holds(o, asked) }
		o.reopen = &reopenable{of: asked.SocketID, fresh: fresh, holds: holds, k: k}
	}
	return r.open(ctx, o, k)
}

// isPlain reports whether it is opened without TLS, and stays so.
func (o *opening) isPlain() bool { return !o.options.Secure && !o.upgradable }

// holds reports whether the rules still say of an open what the extension has decided by.
// One that carries no verdict was decided by what they have just said.
func (r *Registry) holds(o *opening, asked protocol.OpenRequest) bool {
	if asked.Verdict == "" {
		return true
	}
	if o.parse() != nil {
		return false
	}
	wish := request(o.target)
	wish.RiskAccepted = false // as when the extension asked: it was to tell the user of the danger
	return NameOf(r.Verdict(wish, nil, asked.NetworkSalt)) == asked.Verdict
}

// parse reads who asks, and where to.
func (o *opening) parse() error {
	//rule:open-checks-origin
	if _, err := address.ParseOrigin(o.subject.Origin); err != nil {
		return err
	}
	host, err := address.ParseHost(o.subject.Host)
	if err != nil {
		return err
	}
	o.target.Host = host
	if o.options.Secure {
		o.target.TLS = o.options.TLS.Authentication(host.String())
	}
	o.subject.Host = host.String()
	return nil
}
