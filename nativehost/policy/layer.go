package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

// layer is what one source says: a file, or the browser's managed settings.
type layer struct {
	name    string
	managed bool
	// onlyRestricts: it stands below another layer, to which it can add refusals and
	// questions only.
	onlyRestricts bool
	said          protocol.PolicySettings
	// The lists are compiled from said. An allow list that is there but empty
	// admits nothing; one that is absent is nil.
	allowedOrigins, blockedOrigins           []originPattern
	allowedDestinations, blockedDestinations []rule
	localPorts                               []localPort
	dnsServers                               []netip.AddrPort
}

// by names a setting of the layer for people.
func (l *layer) by(setting string) string { return l.name + ": " + setting }

// opinion is what one layer says to a query. refusedBy is empty when it does not
// refuse, prompt when it says nothing about prompts.
type opinion struct {
	refusedBy string
	prompt    Prompt
	promptBy  string
	// silent is a rule that may decide and says nothing about prompts.
	silent                                   string
	vouchesPrivate, vouchesPort, vouchesName bool
}

// origin returns the setting that refuses the origin, and the one that admits it.
func (l *layer) origin(asked address.Origin) (refused, admitted string) {
	if l.said.Enabled != nil && !*l.said.Enabled {
		return "enabled", ""
	}
	//rule:blocked-origin-refused
	if i := firstOrigin(l.blockedOrigins, asked); i >= 0 {
		return fmt.Sprintf("blockedOrigins[%d]", i), ""
	}
	if l.allowedOrigins == nil {
		return "", ""
	}
	if i := firstOrigin(l.allowedOrigins, asked); i >= 0 {
		return "", fmt.Sprintf("allowedOrigins[%d]", i)
	}
	//rule:unlisted-origin-refused
	return "allowedOrigins", ""
}

func firstOrigin(patterns []originPattern, asked address.Origin) int {
	return slices.IndexFunc(patterns, func(p originPattern) bool { return p.fits(asked) })
}

// judge asks the settings of the layer in the order in which docs/POLICY.md names
// them: the whole, origins, blocked destinations, allowed destinations, prompts.
func (l *layer) judge(s *subject, say func(Reason)) opinion {
	var o opinion
	tell := func(setting string, effect Effect, prompt Prompt) {
		if effect == Refuses && o.refusedBy == "" {
			o.refusedBy = setting
		}
		if say != nil {
			say(Reason{By: l.by(setting), Effect: effect, Prompt: prompt})
		}
	}
	refused, admitted := l.origin(s.origin)
	if refused != "" {
		tell(refused, Refuses, "")
		if say == nil {
			return o
		}
	}
	if admitted != "" && say != nil {
		tell(admitted, Admits, "")
	}
	for i := range l.blockedDestinations {
		switch l.blockedDestinations[i].fits(s, true) {
		case yes:
			//rule:blocked-destination-refused
			tell(fmt.Sprintf("blockedDestinations[%d]", i), Refuses, "")
			if say == nil {
				return o
			}
		case maybe:
			if say != nil {
				tell(fmt.Sprintf("blockedDestinations[%d]", i), MayRefuse, "")
			}
		}
	}
	l.judgeAllowed(s, &o, tell)
	//rule:restricting-layer-vouches-not
	if l.onlyRestricts {
		o.vouchesPrivate, o.vouchesPort, o.vouchesName = false, false, false
	}
	return o
}

// judgeAllowed looks for the rules of the allow list that fit, or may fit once the
// address is known. Those that may fit stand in the way of a later one that does:
// which of them will decide about the prompt is not known yet, so the strictest of
// them counts.
func (l *layer) judgeAllowed(s *subject, o *opinion, tell func(string, Effect, Prompt)) {
	decided, listed, allNamePort, certain := false, false, true, false
	// wanting is the first rule that fits but for its TLS.
	wanting := ""
	for i := range l.allowedDestinations {
		r := &l.allowedDestinations[i]
		fit := r.fits(s, false)
		if fit == no {
			continue
		}
		setting := fmt.Sprintf("allowedDestinations[%d]", i)
		if /*rule:rule-may-require-tls*/ !r.tls.met(s.tls) {
			wanting = wantsTLS(setting, fit, decided, wanting, tell)
			continue
		}
		//rule:later-rule-waives-no-tls
		if wanting != "" && r.tls == "" {
			continue
		}
		listed = true
		allNamePort = allNamePort && r.namesPort(s.port)
		if fit == yes {
			certain = true
			o.vouchesPort = o.vouchesPort || r.namesPort(s.port)
			o.vouchesPrivate = o.vouchesPrivate || r.namesAddress()
			o.vouchesName = o.vouchesName || r.namesHostAndAddress()
		}
		if decided {
			continue
		}
		effect := Admits
		if fit == maybe {
			effect = MayAdmit
		}
		tell(setting, effect, "")
		l.promptOf(r, setting, o, tell)
		decided = fit == yes
	}
	if !certain {
		// One of these will fit, or nothing admits it.
		o.vouchesPort = listed && allNamePort
	}
	if listed {
		if o.silent != "" && o.prompt == Skip {
			// Should the silent rule turn out to decide, the user is asked.
			o.prompt, o.promptBy = Ask, o.silent
		}
		return
	}
	if l.allowedDestinations != nil {
		by := "allowedDestinations"
		if wanting != "" {
			by = wanting
		}
		//rule:unlisted-destination-refused
		tell(by, Refuses, "")
		return
	}
	l.promptOf(nil, "", o, tell)
}

// wantsTLS tells of a rule that fits but for its TLS, and returns the first such rule, of
// which it is certain that it fits: what it names is admitted only by rules that say
// something about TLS, so that a rule for all the rest does not take back what it asks for.
func wantsTLS(setting string, fit fit, decided bool, first string, tell func(string, Effect, Prompt)) string {
	switch {
	case decided:
		return first
	case fit == maybe:
		tell(setting, MayWantTLS, "")
		return first
	}
	tell(setting, WantsTLS, "")
	if first != "" {
		return first
	}
	return setting
}

// promptOf adds what the layer says about the prompt when rule r admits the query,
// or when there is no allow list: then r is nil.
func (l *layer) promptOf(r *rule, setting string, o *opinion, tell func(string, Effect, Prompt)) {
	prompt := Prompt(l.said.Prompt)
	by := "prompt"
	switch {
	case r != nil && r.prompt != "":
		prompt, by = r.prompt, setting
	case r == nil && prompt == Skip:
		// It covers what the list has; there is none.
		prompt = Ask
	}
	//rule:restricting-layer-skips-no-prompt
	if prompt == Skip && l.onlyRestricts {
		prompt = ""
	}
	if prompt == "" {
		if r != nil {
			o.silent = setting
		}
		return
	}
	tell(by, Prompts, prompt)
	if prompt.strictness() > o.prompt.strictness() {
		o.prompt, o.promptBy = prompt, by
	}
}

// fit tells whether a rule applies.
type fit int8

const (
	no fit = iota
	// maybe: only the address can tell, and it is not known yet.
	maybe
	yes
)

// rule is a compiled PolicyDestination: what is absent fits everything.
type rule struct {
	host     *hostPattern
	prefix   netip.Prefix
	ports    []portRange
	protocol string
	tls      tlsRule
	// origins is nil when the rule is for all.
	origins []originPattern
	prompt  Prompt
}

// fits judges a rule, apart from what it asks of TLS. A block rule also sees the IPv4 addresses inside an IPv6 one,
// which an allow rule would be wider by than it looks.
func (r *rule) fits(s *subject, block bool) fit {
	switch {
	case r.protocol != "" && r.protocol != s.protocol,
		r.ports != nil && !slices.ContainsFunc(r.ports, func(p portRange) bool { return p.lo <= s.port && s.port <= p.hi }),
		r.origins != nil && firstOrigin(r.origins, s.origin) < 0:
		return no
	}
	result := yes
	switch {
	case r.host == nil || r.host.any:
	case s.host.Kind() == 0:
		result = maybe
	case !r.host.fits(s, block):
		return no
	}
	switch {
	case !r.prefix.IsValid():
	case !s.addr.IsValid():
		result = maybe
		//rule:block-prefix-sees-embedded-ipv4
	//rule:allow-prefix-ignores-embedded-ipv4
	case r.prefix.Contains(s.addr), block && slices.ContainsFunc(s.embedded, r.prefix.Contains):
	default:
		return no
	}
	return result
}

// namesPort reports whether the rule has this very port, by itself: a range that
// happens to contain it was not written with its dangers in mind.
func (r *rule) namesPort(port uint16) bool {
	return /*rule:vouching-names-the-port*/ slices.Contains(r.ports, portRange{port, port})
}

// namesAddress reports whether who wrote the rule named addresses. A prefix of
// length 0 names none.
func (r *rule) namesAddress() bool {
	return r.prefix.IsValid() && r.prefix.Bits() > 0 || r.host != nil && r.host.Kind() == address.Literal
}

// namesHostAndAddress reports whether who wrote the rule tied a name to addresses.
func (r *rule) namesHostAndAddress() bool {
	return r.host != nil && !r.host.any && r.prefix.IsValid() && r.prefix.Bits() > 0
}

// portRange has both ends.
type portRange struct{ lo, hi uint16 }

// subject is a Query in the form in which rules compare it.
type subject struct {
	origin   address.Origin
	protocol string
	port     uint16
	tls      TLS
	// host is the zero Host while the user is still to name it.
	host address.Host
	// literal is the host as an address, addr what is connected to; both address.Plain,
	// and the zero Addr when there is none. embedded are the IPv4 addresses in addr.
	literal, addr netip.Addr
	embedded      []netip.Addr
}

func newSubject(q Query, addr netip.Addr) *subject {
	s := &subject{
		origin: askedOrigin(q.Origin), protocol: q.Protocol, port: q.Port, tls: q.TLS,
		host: q.Host, literal: address.Plain(q.Host.Addr()), addr: address.Plain(addr),
	}
	if s.literal.IsValid() {
		s.host = address.FromAddr(s.literal)
	}
	if !s.addr.IsValid() {
		s.addr = s.literal
	}
	s.embedded = address.Readings(s.addr)
	return s
}

// askedOrigin takes the origin of a query apart. One that no page can have is none,
// and only "*" fits it.
func askedOrigin(text string) address.Origin {
	origin, err := address.ParseOrigin(text)
	if err != nil {
		return address.Origin{}
	}
	return origin
}
