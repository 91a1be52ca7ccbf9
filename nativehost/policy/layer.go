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
	// appliesTo is nil when the file is for everybody, everywhere and always.
	appliesTo *conditions
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
	// reportedBy is what would refuse it, if its refusals were not reported only.
	reportedBy string
	prompt     Prompt
	promptBy   string
	// silent is a rule that may decide and says nothing about prompts.
	silent                                   string
	vouchesPrivate, vouchesPort, vouchesName bool
}

// origin returns the setting that refuses the origin, and the one that admits it.
func (l *layer) origin(asked address.Origin) (refused, admitted string) {
	if l.said.Enabled != nil && !*l.said.Enabled {
		return enabledSetting, ""
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
	if l.reportsOnly() {
		return l.report(s, say)
	}
	return l.enforce(s, say)
}

// enforce is judge for lists that bind.
func (l *layer) enforce(s *subject, say func(Reason)) opinion {
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
