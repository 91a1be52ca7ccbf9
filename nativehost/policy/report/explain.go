package report

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
)

// explain says what becomes of one socket. What it says is what package rules decides:
// nothing is judged here.
func (c *command) explain() error {
	if c.to == "" {
		return c.explainLocal()
	}
	r, addr, err := request(asked{c.origin, c.protocol, c.to, c.address, policy.TLS(c.tls)})
	if err != nil {
		return err
	}
	p, err := c.load()
	if err != nil {
		return err
	}
	return withFaults(p, c.tell(p, r, addr))
}

// withFaults adds what makes a policy unusable to what is told of a socket.
func withFaults(p *policy.Policy, told error) error {
	problems := append(refused(p), told)
	if p.Broken() {
		problems = append(problems, errUnusable)
	}
	return errors.Join(problems...)
}

// fate is what becomes of a socket.
type fate string

// The fates, as tests of a policy name them.
const (
	allowed fate = "allow"
	asks    fate = "ask"
	refuses fate = "refuse"
)

// err has the exit code of a fate.
func (f fate) err() error {
	return map[fate]error{asks: errAsked, refuses: errRefused}[f]
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

// decide does what the host does: it judges the request, lets the user say what is
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
		//rule:explanation-is-judgement
		r.UserEntered, r.RiskAccepted = o.MustEnter, o.Risk
		o.late = rules.Resolved(p, c.near, r, o.addr)
	}
	return o
}

// fate says in one word what becomes of it, if the user does whatever they are asked for.
func (o outcome) fate() fate {
	switch {
	case o.Refused != nil, o.late != nil, o.Prompt == policy.Forbid:
		return refuses
	case o.Prompt == policy.Skip && !o.MustEnter && !o.Risk:
		return allowed
	default:
		return asks
	}
}

// tell says what was asked, what becomes of it, and which settings have a say.
func (c *command) tell(p *policy.Policy, r rules.Request, addr netip.Addr) error {
	o := c.decide(p, r, addr)
	c.asked(r, o)
	verdict, reasons := p.Explain(rules.Query(r), o.addr)
	c.say("")
	c.say("%s", o.headline(p))
	if o.fate() == refuses {
		c.refusal(r, o, verdict)
	} else {
		c.details(p, r, o, verdict)
	}
	if verdict.Reported != "" {
		c.say("  it would be refused if it were not reported only: %s", verdict.Reported)
	}
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
	return o.fate().err()
}

// protections are the kinds of TLS in words.
var protections = map[policy.TLS]string{
	policy.NoTLS:     "without TLS",
	policy.Verified:  "with TLS from the first byte",
	policy.Pinned:    "with TLS from the first byte, accepting what the page lists (pinned)",
	policy.OtherName: "with TLS from the first byte, verified for another name",
}

// asked repeats what was asked, as it was understood.
func (c *command) asked(r rules.Request, o outcome) {
	host := r.Host.String()
	if r.Host.Addr().Is6() {
		host = "[" + host + "]"
	}
	c.say("%s asks for %s to %s, port %d, %s", r.Origin, strings.ToUpper(r.Protocol), host, r.Port, protections[r.TLS])
	if o.addr.IsValid() {
		c.say("  %s is %s", o.addr, c.kind(o.addr))
	} else {
		c.say("  its addresses will be judged once they are known; --address tries one")
	}
}

// headline says what becomes of it, and by which setting.
func (o outcome) headline(p *policy.Policy) string {
	switch {
	case o.Refused != nil:
		return "Refused" + because(o.By)
	case errors.Is(o.late, fault.ErrPolicy):
		return "Refused" + because(fault.Setting(o.late))
	case o.Prompt == policy.Forbid:
		return "Refused, since the user would have to be asked" + because(o.By)
	case o.late != nil:
		return "Refused"
	default:
		return consent(p, o)
	}
}

// refusal says why it is refused, where that is not the headline's setting alone. verdict
// is what administrators say of the address.
func (c *command) refusal(r rules.Request, o outcome, verdict policy.Verdict) {
	switch {
	case errors.Is(o.Refused, fault.ErrPolicy) && verdict.Allowed:
		c.say("  it leads to no public address, and the user may not name it")
	case errors.Is(o.Refused, fault.ErrAddress):
		c.say("  nobody can be reached there")
	case errors.Is(o.Refused, fault.ErrDNS):
		c.say("  no name server can be asked for it")
	case o.late != nil && !errors.Is(o.late, fault.ErrPolicy) && o.Prompt != policy.Forbid:
		c.say("  %s", unreached(r, o))
	}
}

// details says on what it depends that is not refused.
func (c *command) details(p *policy.Policy, r rules.Request, o outcome, verdict policy.Verdict) {
	c.conditions(p)
	switch {
	case o.addr.IsValid() && o.MustEnter:
		c.say("  the address is not public, and no administrator has named it: the user has to type it")
	case o.MustEnter:
		c.say("  the name is this computer's or its network's, and no administrator has named where it leads: the user has to type it")
	case o.addr.IsValid() && o.class != address.Public:
		c.say("  the address is not public; an administrator has named it")
	}
	if o.Risk {
		c.say("  routers watch port %d: the user is asked with a warning", r.Port)
	}
	if !o.addr.IsValid() {
		c.say("  as long as no rule refuses the address that the name leads to")
	} else if verdict.VouchesPort {
		c.say("  an administrator has named port %d", r.Port)
	}
	if verdict.Prompt != o.Prompt {
		c.say("  the user is asked before the address is known: the strictest rule that may fit counts")
	}
}

// consent says whether the user is asked.
func consent(p *policy.Policy, o outcome) string {
	remember := p.Settings.Remember
	switch {
	case o.fate() == allowed:
		return "Allowed without a question" + because(o.By)
	case o.Prompt == policy.Always:
		return "Asked every time, whatever was remembered" + because(o.By)
	case !remember.Value:
		return "Asked every time, since nothing is remembered" + because(remember.By)
	case o.Prompt == policy.Skip:
		return "Asked, unless the user's answer is remembered: the rule that skips the question does not stand for what is missing" + because(o.By)
	default:
		return "Asked, unless the user's answer is remembered" + because(o.By)
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
		return fmt.Sprintf("routers watch port %d, and the user was not asked about that", r.Port)
	case r.Host.Kind() == address.Name && o.class != address.Never:
		return "the address is not public, and no rule has both this host and cidr: Portside refuses it"
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
// package rules says; the words for what it is everywhere are the address table's.
func (c *command) kind(addr netip.Addr) string {
	class, everywhere := rules.Class(c.near, addr), address.Classify(addr)
	switch {
	case class == address.Public:
		return address.Describe(addr)
	case class == address.Never && class != everywhere:
		return "an address of everybody on a link, not public"
	case class == address.Loopback && class != everywhere:
		return "an address of this computer, not public"
	case everywhere == address.Public:
		return "an address on a link of this computer, not public"
	default:
		return address.Describe(addr) + ", not public"
	}
}
