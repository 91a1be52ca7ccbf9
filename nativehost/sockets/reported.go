package sockets

import (
	"net/netip"

	"github.com/portside/portside/nativehost/rules"
)

// reported writes down which setting would have refused a socket, if one of a file whose
// refusals are reported only would have. remote is where it leads, or zero when that is not
// known, or there is nobody at its other end.
func (r *Registry) reported(o *opening, remote netip.AddrPort) {
	p := r.config.Policy.Current()
	var by string
	switch {
	case o.local == nil:
		by = rules.Reported(p, request(o.target), remote.Addr())
	case !remote.IsValid():
		by = rules.ReportedLocal(p, *o.local)
	default:
		by = rules.ReportedInbound(p, *o.local, remote)
	}
	if by != "" {
		r.config.Audit.Reported(o.subject, by)
	}
}
