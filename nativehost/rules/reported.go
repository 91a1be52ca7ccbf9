package rules

import (
	"net/netip"

	"github.com/portside/portside/nativehost/policy"
)

// Administrators can have the lists of a file refuse nothing and be written down instead
// (reportOnly). These functions return the setting that would have refused something that
// the rules allow, or "".

// Reported is about a destination; addr is where it led, or the zero Addr.
func Reported(p *policy.Policy, r Request, addr netip.Addr) string {
	if !addr.IsValid() {
		return p.Judge(Query(r)).Reported
	}
	return p.JudgeAddress(Query(r), addr).Reported
}

// ReportedLocal is about a socket that others can send to.
func ReportedLocal(p *policy.Policy, r LocalRequest) string { return p.JudgeOrigin(r.Origin).Reported }

// ReportedInbound is about who has connected to one.
func ReportedInbound(p *policy.Policy, r LocalRequest, remote netip.AddrPort) string {
	return p.JudgeAddress(localQuery(r, remote), remote.Addr().Unmap()).Reported
}
