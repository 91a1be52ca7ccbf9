package policy

import (
	"fmt"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/limits"
)

// managed is the name of the source that is no file.
const managed = "managed storage"

// Managed settings are whatever the extension says they are. Where root has written a
// policy file, they may only make it stricter: they vouch for nothing, skip no
// question, open no low port, raise no limit and choose no name server.
// layer.onlyRestricts and Limits.merge see to that; here is what an administrator is told of it.

// ignored says, for people, which of the managed settings do not count, or not in
// full, because they stand beside a policy file.
func (l *layer) ignored() []string {
	var notes []string
	if l.said.Audit != nil {
		notes = append(notes, l.by("audit")+" is ignored: only a file can say where the audit log is")
	}
	if l.appliesTo != nil {
		notes = append(notes, l.by("appliesTo")+" is ignored: the browser's own policies say for whom these settings are")
	}
	if !l.onlyRestricts {
		return notes
	}
	const beside = "only the policy file beside it may do that"
	if first, more := l.loosening(); first >= 0 {
		others := ""
		if more > 0 {
			others = fmt.Sprintf("(and %d more) ", more)
		}
		notes = append(notes, l.by(fmt.Sprintf("allowedDestinations[%d] %svouches for nothing and skips no question: %s", first, others, beside)))
	}
	if l.said.Limits != nil {
		usual := limits.Standard()
		for _, limit := range each(l.said.Limits, &Limits{}, &usual) {
			if limit.said != nil && int(*limit.said) > *limit.cap {
				notes = append(notes, l.by(limit.name+" raises nothing: "+beside))
			}
		}
	}
	if len(l.localPorts) > 0 {
		notes = append(notes, l.by("localPorts opens nothing: "+beside))
	}
	if len(l.dnsServers) > 0 {
		notes = append(notes, l.by("dnsServers is ignored: "+beside))
	}
	return notes
}

// loosening returns the first of the rules that would vouch or skip the question, or
// -1, and how many more do.
func (l *layer) loosening() (first, more int) {
	first = -1
	for i := range l.allowedDestinations {
		r := &l.allowedDestinations[i]
		skips := r.prompt == Skip || r.prompt == "" && Prompt(l.said.Prompt) == Skip
		if !skips && !r.namesAddress() && !r.namesWatchedPort() {
			continue
		}
		if first < 0 {
			first = i
		} else {
			more++
		}
	}
	return first, more
}

// namesWatchedPort reports whether the rule has a port by itself that takes a consent
// of its own without it.
func (r *rule) namesWatchedPort() bool {
	for _, ports := range r.ports {
		if ports.lo == ports.hi && address.WatchedPort(ports.lo) {
			return true
		}
	}
	return false
}
