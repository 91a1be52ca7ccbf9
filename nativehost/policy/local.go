package policy

import (
	"fmt"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

// localPort is a compiled PolicyLocalPort: what is absent fits everything.
type localPort struct {
	ports    []portRange
	protocol string
	// origins is nil when the entry is for all.
	origins []originPattern
}

func (e *localPort) fits(asked address.Origin, protocol string, port uint16) bool {
	return (e.protocol == "" || e.protocol == protocol) &&
		slices.ContainsFunc(e.ports, func(p portRange) bool { return p.lo <= port && port <= p.hi }) &&
		(e.origins == nil || firstOrigin(e.origins, asked) >= 0)
}

// localPorts keeps the difference between an absent list and an empty one.
func (p *parser) localPorts(path string, said []protocol.PolicyLocalPort) []localPort {
	if said == nil {
		return nil
	}
	list := make([]localPort, 0, len(said))
	for i := range said {
		at := fmt.Sprintf("%s/%d", path, i)
		e := localPort{protocol: said[i].Protocol, origins: p.origins(at+"/origins", said[i].Origins)}
		for j, text := range said[i].Ports {
			ports, err := parsePortRange(text)
			if err != nil {
				p.fault(fmt.Sprintf("%s/ports/%d", at, j), err.Error(), fmt.Sprintf("%q: %v", text, err))
			}
			e.ports = append(e.ports, ports)
		}
		list = append(list, e)
	}
	return list
}

// OpensLowPort reports whether administrators open a port of this computer that pages
// may not use otherwise, and by which setting: the one that opens it, or the one that
// does not list it though another one does. by is empty when no setting lists it.
// Where several places have a list, each must list it.
func (p *Policy) OpensLowPort(origin, protocol string, port uint16) (opens bool, by string) {
	if p.broken != "" {
		return false, p.broken
	}
	asked := askedOrigin(origin)
	missing := ""
	for _, l := range p.layers {
		if l.localPorts == nil {
			continue
		}
		i := slices.IndexFunc(l.localPorts, func(e localPort) bool { return e.fits(asked, protocol, port) })
		switch {
		case i < 0:
			if missing == "" {
				missing = l.by("localPorts")
			}
			//rule:restricting-layer-opens-no-port
		case l.onlyRestricts:
		case by == "":
			by = l.by(fmt.Sprintf("localPorts[%d]", i))
		}
	}
	//rule:every-port-list-must-open
	if by != "" && missing != "" {
		return false, missing
	}
	return by != "", by
}

// LocalPrompt returns what the administrators want of the user's consent to a socket
// that others can send to, and the setting that says so. Nothing skips that question:
// no list says what it would skip it for.
func (p *Policy) LocalPrompt() (prompt Prompt, by string) {
	if p.broken != "" {
		return Forbid, p.broken
	}
	prompt = Ask
	for _, l := range p.layers {
		said := Prompt(l.said.Prompt)
		//rule:local-socket-has-strictest-prompt
		if said.strictness() > prompt.strictness() || by == "" && said == Ask {
			prompt, by = said, l.by("prompt")
		}
	}
	return prompt, by
}

// StricterThan reports whether p asks more of the user than q.
func (p Prompt) StricterThan(q Prompt) bool { return p.strictness() > q.strictness() }
