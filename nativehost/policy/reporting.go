package policy

// A file can be tried on real sockets before it refuses any: with reportOnly its four
// lists (origins and destinations, allowed and blocked) are judged, and what they would
// refuse is told in Verdict.Reported, for the audit log. That is all that they do: they
// allow nothing, vouch for nothing and skip no question, so that nothing is looser while a
// file is on trial than it would be without it. Every other setting of the file holds, and
// no rule of Portside's own is ever among what is reported only.

// enabledSetting is the one setting beside the lists that refuses by itself.
const enabledSetting = "enabled"

func (l *layer) reportsOnly() bool { return l.said.ReportOnly != nil && *l.said.ReportOnly }

// reports reports whether a refusal by a setting of the layer is reported only.
func (l *layer) reports(setting string) bool {
	//rule:switched-off-is-not-reported-only
	return l.reportsOnly() && setting != enabledSetting
}

// report is judge for lists whose refusals are reported only.
func (l *layer) report(s *subject, say func(Reason)) opinion {
	var o opinion
	listen := say
	if say != nil {
		listen = func(r Reason) {
			switch r.Effect {
			case Refuses:
				if r.By != l.by(enabledSetting) {
					r.Effect = Reports
				}
			case MayRefuse:
				r.Effect = MayReport
			case Prompts, Admits, MayAdmit:
				return
			}
			say(r)
		}
	}
	strict := l.enforce(s, listen)
	//rule:reported-lists-allow-nothing
	if l.reports(strict.refusedBy) {
		o.reportedBy = strict.refusedBy
	} else {
		o.refusedBy = strict.refusedBy
	}
	if prompt := Prompt(l.said.Prompt); prompt != Skip && prompt != "" {
		o.prompt, o.promptBy = prompt, "prompt"
		if say != nil {
			say(Reason{By: l.by("prompt"), Effect: Prompts, Prompt: prompt})
		}
	}
	return o
}
