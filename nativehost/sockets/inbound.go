package sockets

import (
	"context"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// newLocal is a request for a socket that others can send to, as far as it says the same
// for TCP and UDP. Whether the address makes sense shows when it is admitted.
func newLocal(network string, id int64, asked protocol.LocalRequest) *opening {
	return &opening{
		request: id,
		subject: audit.Subject{
			SocketID: asked.SocketID, Protocol: network, Origin: asked.Origin, Document: asked.Document,
			Host: asked.LocalAddress, Port: asked.LocalPort, Local: true, Private: asked.Private,
			Admitted: asked.Admitted,
		},
		local: &rules.LocalRequest{
			Origin: asked.Origin, Protocol: network, Port: uint16(asked.LocalPort),
			Reach: rules.Reach(asked.Reach), Announce: asked.Announce != nil,
		},
		announce: asked.Announce,
	}
}

// inbound is a socket that others can send to.
func (r *Registry) inbound(
	bind func(context.Context, *opening) (*connection, error), result func(*opening, *connection) any,
) kind {
	return kind{
		admit: r.admitLocal,
		connect: func(ctx context.Context, o *opening) (*connection, error) {
			c, err := bind(ctx, o)
			if err != nil {
				return nil, err
			}
			return r.announced(o, c), nil
		},
		judge: func(_ context.Context, o *opening, _ *connection) error {
			//rule:policy-change-judges-binding
			return rules.Local(r.config.Policy.Current(), r.config.Near, *o.local)
		},
		result: result,
		audited: func(o *opening, c *connection, took time.Duration) {
			r.config.Audit.Listening(o.subject, c.local.String(), string(o.local.Reach), took)
		},
	}
}

// admitLocal is admit for a socket that others can send to. It completes o.local, which
// does not change afterwards.
func (r *Registry) admitLocal(e *entry, o *opening) (*limits.Ticket, error) {
	addr, err := address.ParseLocal(o.subject.Host)
	if err != nil {
		return nil, err
	}
	o.local.Address, o.subject.Host = addr, addr.String()
	r.mu.Lock()
	e.local = o.local
	r.mu.Unlock()
	p, _ := r.policy()
	o.subject.Policy = p.Hashes.Files
	//rule:listening-shares-the-limits
	//rule:listening-counted-by-window-kind
	ticket, err := r.limits.TakeLocal(o.subject.Origin, o.subject.Private)
	if err != nil {
		return nil, err
	}
	// After the limits, so that not even refusals are to be had without end.
	err = rules.Local(p, r.config.Near, *o.local)
	//rule:listening-needs-required-audit
	if err == nil {
		err = MustAudit(r.config.Audit, p)
	}
	//rule:listening-is-judged
	if err != nil {
		ticket.Failed()
		ticket.Return()
		return nil, err
	}
	return ticket, nil
}
