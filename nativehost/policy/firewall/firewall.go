package firewall

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/policy"
	schema "github.com/portside/portside/protocol"
)

const (
	// mostRules and mostPorts are the schema's.
	mostRules = 1024
	mostPorts = 64
)

// Policy returns the policy that a table comes to, and what is worth knowing about it; or
// the faults of the table, and no policy.
func Policy(text []byte) (said *schema.PolicySettings, notes, faults []Remark) {
	table, faults := rows(text)
	if len(faults) > 0 {
		return nil, nil, faults
	}
	c := converter{said: &schema.PolicySettings{}}
	for i, r := range table {
		c.add(r)
		if c.done && i < len(table)-1 {
			c.note(table[i+1].line, "neither this line nor any behind it counts: a line before it fits everything")
			break
		}
	}
	c.finish()
	if len(c.faults) > 0 {
		return nil, nil, c.faults
	}
	return c.said, c.notes, nil
}

// converter builds a policy of rules, the first first.
type converter struct {
	said          *schema.PolicySettings
	notes, faults []Remark
	// allowedAt are the lines of the rules of the allow list.
	allowedAt []int
	// done: a line fits everything, so that none behind it counts.
	done bool
}

func (c *converter) note(line int, format string, args ...any) {
	if len(c.notes) < mostRemarks {
		c.notes = append(c.notes, Remark{line, fmt.Sprintf(format, args...)})
	}
}

func (c *converter) fault(line int, format string, args ...any) {
	if len(c.faults) < mostRemarks {
		c.faults = append(c.faults, Remark{line, fmt.Sprintf(format, args...)})
	}
}

// add puts the rule of a line into the list where it belongs.
func (c *converter) add(r row) {
	before := len(c.faults)
	allow := c.allows(r)
	rule := schema.PolicyDestination{Protocol: c.protocol(r), Ports: c.ports(r), Origins: c.origins(r)}
	rules := c.destinations(r, rule)
	if len(c.faults) > before {
		return
	}
	for i := range rules {
		everything := rules[i].Host == "" && rules[i].CIDR == "" && rules[i].Ports == nil && rules[i].Protocol == "" && rules[i].Origins == nil
		c.done = c.done || everything
		switch {
		case allow:
			c.said.AllowedDestinations = append(c.said.AllowedDestinations, rules[i])
			c.allowedAt = append(c.allowedAt, r.line)
		case everything && c.said.AllowedDestinations != nil:
			// The allow list says that already.
		default:
			c.block(r.line, &rules[i])
		}
	}
	if len(c.said.AllowedDestinations) > mostRules || len(c.said.BlockedDestinations) > mostRules {
		c.fault(r.line, "a policy has at most %d rules in a list", mostRules)
		c.done = true
	}
}

// block adds a rule to the block list. A line before it that allows some of the same comes
// first in a firewall, and second in a policy.
func (c *converter) block(line int, rule *schema.PolicyDestination) {
	for i := range c.said.AllowedDestinations {
		allowed := &c.said.AllowedDestinations[i]
		if !apart(allowed, rule) && !apart(rule, allowed) && policy.Overlap(allowed, rule) {
			c.note(line, "it blocks some of what line %d allows before it: in a policy that is blocked", c.allowedAt[i])
			break
		}
	}
	c.said.BlockedDestinations = append(c.said.BlockedDestinations, *rule)
}

// apart reports whether one rule is for a name and the other for addresses: whether the
// name has one of them is not known here.
func apart(named, addressed *schema.PolicyDestination) bool {
	return named.Host != "" && named.CIDR == "" && addressed.Host == "" && addressed.CIDR != ""
}

// finish says what the policy does where the table says nothing.
func (c *converter) finish() {
	switch {
	case c.said.AllowedDestinations == nil && c.said.BlockedDestinations == nil && c.faults == nil:
		c.fault(0, "it has no rules")
	case c.said.AllowedDestinations == nil:
		c.note(0, "no line allows anything: what is not blocked is asked, as without a policy")
	case !c.done:
		c.note(0, "what no line fits is refused, as in a firewall whose last rule denies everything")
	}
	if c.said.AllowedDestinations != nil {
		if slices.ContainsFunc(c.said.AllowedDestinations, func(d schema.PolicyDestination) bool { return d.CIDR != "" }) {
			c.note(0, "where a rule that allows has an address (cidr), the user need not type it, though it may be in your own network")
		}
		c.note(0, `the user is asked before a destination is used first; "prompt": "skip" in a rule spares that`)
	}
}

func (c *converter) allows(r row) bool {
	switch text := strings.ToLower(r.cells[action]); text {
	case "allow", "accept", "permit", "pass":
		return true
	case "deny", "drop", "reject", "block":
		return false
	default:
		c.fault(r.line, "the action %q is neither allow (accept, permit, pass) nor deny (drop, reject, block)", short(text))
		return false
	}
}

// anything reports whether a cell is for everything.
func anything(text string) bool {
	return slices.Contains([]string{"", "any", "all", "*"}, strings.ToLower(text))
}

// protocol returns tcp, udp, or nothing for both.
func (c *converter) protocol(r row) string {
	switch text := strings.ToLower(r.cells[protocol]); {
	case anything(text), slices.Contains([]string{"ip", "tcp/udp", "udp/tcp", "tcp,udp", "udp,tcp", "tcpudp"}, text):
		return ""
	case text == "tcp", text == "6":
		return "tcp"
	case text == "udp", text == "17":
		return "udp"
	default:
		c.fault(r.line, "the protocol is %q: there are tcp and udp only, so take the line out", short(text))
		return ""
	}
}

// parts takes a cell with several values apart.
func parts(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ;|,\n\t", r) })
}

func (c *converter) ports(r row) []string {
	text := r.cells[port]
	if anything(text) || text == "0-65535" || text == "1-65535" {
		return nil
	}
	var list []string
	for _, part := range parts(text) {
		from, to, isRange := strings.Cut(strings.Replace(part, ":", "-", 1), "-")
		lo, err := address.ParsePort(from)
		hi := lo
		if err == nil && isRange {
			hi, err = address.ParsePort(to)
		}
		switch {
		case err != nil || hi < lo:
			c.fault(r.line, "the port %q is neither a number from 1 to 65535 nor a range, as in 5900-5910", short(part))
		case isRange:
			list = append(list, fmt.Sprintf("%d-%d", lo, hi))
		default:
			list = append(list, fmt.Sprint(lo))
		}
	}
	if len(list) > mostPorts {
		c.fault(r.line, "it has %d ports; a rule has at most %d", len(list), mostPorts)
	}
	return list
}

// origins are the pages that a rule is for. A firewall knows computers, not pages.
func (c *converter) origins(r row) []string {
	text := r.cells[source]
	if anything(text) {
		return nil
	}
	if !strings.HasPrefix(text, "https://") {
		c.fault(r.line, "the source is %q: who asks here is always a page, so it is an origin, as in https://app.example.org, or any", short(text))
		return nil
	}
	list := parts(text)
	for _, one := range list {
		if err := policy.CheckOrigin(one); err != nil {
			c.fault(r.line, "the source %q: %v", short(one), err)
		}
	}
	return list
}

// destinations makes a rule for each destination of a line.
func (c *converter) destinations(r row, rule schema.PolicyDestination) []schema.PolicyDestination {
	text := r.cells[destination]
	if anything(text) || text == "0.0.0.0/0" || text == "::/0" {
		return []schema.PolicyDestination{rule}
	}
	var list []schema.PolicyDestination
	for _, part := range parts(text) {
		one := rule
		prefix, err := address.ParsePrefix(part)
		written, asPrefix := netip.ParsePrefix(part)
		switch {
		case err == nil:
			one.CIDR = prefix.String()
		case asPrefix == nil:
			c.fault(r.line, "the destination %q has bits beyond the prefix length; %v has none", short(part), written.Masked())
		default:
			if err := policy.CheckHost(part); err != nil {
				c.fault(r.line, "the destination %q: %v", short(part), err)
			}
			one.Host = part
		}
		list = append(list, one)
	}
	return list
}
