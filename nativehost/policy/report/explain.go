package report

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/origin"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
)

// explain says what becomes of one socket. What it says is what package rules decides:
// nothing is judged here.
func (c *command) explain() error {
	if err := origin.Check(c.origin); err != nil {
		return advise("it is written as in https://mail.example.org, without a path; http only has sockets on this computer",
			"%w%q is not the origin of a secure page", errUsage, c.origin)
	}
	const how = "as in mail.example.org:993 or [2001:db8::1]:22"
	q, err := policy.ParseQuery(c.origin, c.protocol, c.to, c.tls)
	if err != nil {
		return advise(how, "%w--to: %w", errUsage, err)
	}
	// The host that is asked for is read as it is when a page asks for it.
	host, err := address.ParseHost(q.Host)
	if err != nil {
		return advise(how, "%w--to: %w", errUsage, err)
	}
	var addr netip.Addr
	if c.address != "" {
		if host.Kind() == address.Literal {
			return misuse("--address goes with a name, and %s is an address", host)
		}
		if addr, err = netip.ParseAddr(c.address); err != nil || addr.Zone() != "" {
			return misuse("--address: %q is no address", c.address)
		}
	}
	p := c.load()
	err = c.tell(p, rules.Request{Origin: c.origin, Protocol: c.protocol, Host: host, Port: q.Port, Secure: c.tls}, addr)
	if err != nil {
		return errors.Join(append(refused(p), err)...)
	}
	return nil
}

// outcome is what becomes of a socket.
type outcome struct {
	rules.Judgement
	// addr is where it leads, or the zero Addr while nobody knows.
	addr  netip.Addr
	class address.Class
	// late is why the address is refused though nothing else was, or nil.
	late error
}

// decide does what the host does: it judges the request, lets the person say what is
// asked of them, and judges the address.
func (c *command) decide(p *policy.Policy, r rules.Request, addr netip.Addr) outcome {
	o := outcome{Judgement: rules.Before(p, c.near, r), addr: addr.Unmap()}
	if r.Host.Kind() == address.Literal {
		o.addr = r.Host.Addr().Unmap()
	}
	if !o.addr.IsValid() {
		return o
	}
	o.class = rules.Class(c.near, o.addr)
	if o.Refused == nil {
		r.UserEntered, r.RiskAccepted = o.MustEnter, o.Risk
		o.late = rules.Resolved(p, c.near, r, o.addr)
	}
	return o
}

// tell says what was asked, which settings have a say, and what becomes of it.
func (c *command) tell(p *policy.Policy, r rules.Request, addr netip.Addr) error {
	o := c.decide(p, r, addr)
	c.question(r, o)
	verdict, reasons := p.Explain(rules.Query(r), o.addr)
	c.say("")
	if len(reasons) == 0 {
		c.say("No setting has a say.")
	} else {
		c.say("Settings that have a say, in order")
	}
	for _, reason := range reasons {
		effect := string(reason.Effect)
		if reason.Effect == policy.Prompts {
			effect = "prompt: " + string(reason.Prompt)
		}
		c.say("  %-36s %s", effect, reason.By)
	}
	c.say("")
	return c.answer(p, r, o, verdict)
}

// question repeats what was asked, as it was understood.
func (c *command) question(r rules.Request, o outcome) {
	tls := "without TLS"
	if r.Secure {
		tls = "with TLS from the first byte"
	}
	host := r.Host.String()
	if r.Host.Addr().Is6() {
		host = "[" + host + "]"
	}
	c.say("%s asks for %s to %s, port %d, %s", r.Origin, strings.ToUpper(r.Protocol), host, r.Port, tls)
	if o.addr.IsValid() {
		c.say("  %s is %s", o.addr, c.kind(o.addr))
	} else {
		c.say("  its addresses will be judged once they are known; --address tries one")
	}
}

// answer says what becomes of it. verdict is what administrators say of the address.
func (c *command) answer(p *policy.Policy, r rules.Request, o outcome, verdict policy.Verdict) error {
	switch {
	case errors.Is(o.Refused, fault.ErrPolicy) && verdict.Allowed:
		c.say("Refused")
		c.say("  it leads to no public address, and the person may not name it: refused%s", because(o.By))
		return errTold
	case errors.Is(o.Refused, fault.ErrAddress):
		c.say("Refused%s", because(o.By))
		c.say("  nobody can be reached there")
		return errTold
	case errors.Is(o.Refused, fault.ErrDNS):
		c.say("Refused%s", because(o.By))
		c.say("  no name server can be asked for it")
		return errTold
	case o.Refused != nil:
		c.say("Refused%s", because(o.By))
		return errTold
	case errors.Is(o.late, fault.ErrPolicy):
		c.say("Refused%s", because(fault.Setting(o.late)))
		return errTold
	case o.Prompt == policy.Forbid:
		c.say("Refused, since the person would have to be asked%s", because(o.By))
		return errTold
	case o.late != nil:
		c.say("Refused")
		c.say("  %s", unreached(r, o))
		return errTold
	}
	c.consent(p, o)
	c.conditions(p)
	switch {
	case o.addr.IsValid() && o.MustEnter:
		c.say("  the address is not public, and no administrator has named it: the person has to type it")
	case o.MustEnter:
		c.say("  the name is this computer's or its network's, and no administrator has named where it leads: the person has to type it")
	case o.addr.IsValid() && o.class != address.Public:
		c.say("  the address is not public; an administrator has named it")
	}
	if o.Risk {
		c.say("  routers watch port %d: the person is asked with a warning", r.Port)
	}
	if !o.addr.IsValid() {
		c.say("  as long as no rule refuses the address that the name leads to")
	} else if verdict.VouchesPort {
		c.say("  an administrator has named port %d", r.Port)
	}
	if verdict.Prompt != o.Prompt {
		c.say("  the person is asked before the address is known: the strictest rule that may fit counts")
	}
	return nil
}

// consent says whether the person is asked.
func (c *command) consent(p *policy.Policy, o outcome) {
	remember := p.Settings.Remember
	switch {
	case o.Prompt == policy.Skip && !o.MustEnter && !o.Risk:
		c.say("Allowed without a question%s", because(o.By))
	case o.Prompt == policy.Always:
		c.say("Asked every time, whatever was remembered%s", because(o.By))
	case !remember.Value:
		c.say("Asked every time, since nothing is remembered%s", because(remember.By))
	case o.Prompt == policy.Skip:
		c.say("Asked, unless the person's answer is remembered: the rule that skips the question does not stand for what is missing%s", because(o.By))
	default:
		c.say("Asked, unless the person's answer is remembered%s", because(o.By))
	}
}

// conditions are those of the page, which nobody knows here.
func (c *command) conditions(p *policy.Policy) {
	if p.Settings.InstalledOnly.Value {
		c.say("  only if the page is an installed app%s", because(p.Settings.InstalledOnly.By))
	}
	if p.Settings.CSPRule.Value == policy.RequireEvalBlocked {
		c.say("  only if the page blocks eval%s", because(p.Settings.CSPRule.By))
	}
}

// unreached says why an address is refused that no administrator refuses.
func unreached(r rules.Request, o outcome) string {
	switch {
	case errors.Is(o.late, fault.ErrRisk):
		return fmt.Sprintf("routers watch port %d, and the person was not asked about that", r.Port)
	case r.Host.Kind() == address.Name && o.class != address.Never:
		return "but the address is not public, and no rule has both this host and cidr: Portside refuses it"
	default:
		return strings.TrimPrefix(o.late.Error(), fault.ErrAddress.Error()+": ")
	}
}

// because adds the setting that decided, if one did.
func because(setting string) string {
	if setting == "" {
		return ""
	}
	return ": " + setting
}

// kind says what an address is. Whether it is public, this computer's and so on is what
// package rules says; the words for it come from the registries' names.
func (c *command) kind(addr netip.Addr) string {
	class, everywhere := rules.Class(c.near, addr), address.Classify(addr)
	switch {
	case class == address.Public:
		return publicAddress
	case class == address.Never && class != everywhere:
		return "an address of everybody on a link, not public"
	case class == address.Loopback && class != everywhere:
		return "an address of this computer, not public"
	case everywhere == address.Public:
		return "an address on a link of this computer, not public"
	default:
		return registered(addr, everywhere) + ", not public"
	}
}

const publicAddress = "a public address"

// registered names an address of a class as the special-purpose registries do.
func registered(addr netip.Addr, class address.Class) string {
	if inner, ok := address.Embedded(addr); ok && address.Classify(inner) == class {
		addr = inner
	}
	for _, k := range kinds() {
		for _, text := range strings.Fields(k.prefixes) {
			if netip.MustParsePrefix(text).Contains(addr) {
				return k.text
			}
		}
	}
	if class == address.Private {
		return "an address of a private network"
	}
	return "a special address"
}

// kinds are names of addresses that are not public, after the special-purpose
// registries of IANA (RFC 6890). The first that fits counts.
func kinds() []kindOf {
	return []kindOf{
		{"127.0.0.0/8 ::1/128", "this computer"},
		{"0.0.0.0/8 ::/128", "an unspecified address"},
		{"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10", "an address of a private network"},
		{"100.64.0.0/10", "an address behind a provider's NAT"},
		{"169.254.0.0/16 fe80::/10", "an address of the local link"},
		{"224.0.0.0/4 ff00::/8", "a multicast address"},
		{"255.255.255.255/32", "the broadcast address"},
		{"192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20", "an address for documentation"},
	}
}

type kindOf struct{ prefixes, text string }
