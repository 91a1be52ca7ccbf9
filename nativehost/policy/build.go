package policy

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// longestBy bounds Verdict.By, in characters, to what the protocol takes.
const longestBy = 512

// build makes a policy of what was read, publishes it and wakes who watches. The
// caller holds the mutex.
func (s *Store) build() {
	p := &Policy{Settings: usual(), Hashes: hashes(s.texts, s.managed)}
	s.conditions, s.met = nil, ""
	for _, one := range s.texts {
		switch {
		case one.demand:
			p.Required = one.name
		case one.err != "":
			s.refuse(p, one.name, []Fault{{Problem: one.err}})
		default:
			l, faults := parse(one.name, one.text, s.options.Validator)
			s.addFile(p, one.name, l, faults)
		}
	}
	if p.Required != "" && p.broken == "" &&
		//rule:missing-required-policy-refuses
		!slices.ContainsFunc(p.Sources, func(one Source) bool { return one.Elsewhere == "" }) {
		s.refuse(p, p.Required, []Fault{{Problem: "this computer has to have a policy, and no file of one is in force"}})
	}
	if len(bytes.TrimSpace(s.managed)) > 0 {
		l, faults := parse(managed, s.managed, s.options.Validator)
		if l != nil {
			l.managed, l.onlyRestricts = true, len( /*rule:any-file-restricts-managed*/ s.texts) > 0
			p.Notes = append(p.Notes, l.ignored()...)
		}
		//rule:broken-managed-settings-refuse
		s.add(p, managed, l, faults)
	}
	if p.broken != "" {
		//rule:broken-policy-settings-strictest
		p.Settings.close(p.broken)
	}
	for _, note := range p.Notes {
		s.options.Log.Warn().Str("note", note).Msg("policy")
	}
	if len(p.Sources) > 0 || s.policy.Load() != nil {
		s.options.Log.Info().Int("sources", len(p.Sources)).Bool("usable", p.broken == "").Msg("policy read")
	}
	s.policy.Store(p)
	for wake := range s.watchers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// addFile puts a file on top of those before it, if it is for here and now. Where that
// cannot be told, it refuses everything.
func (s *Store) addFile(p *Policy, name string, l *layer, faults []Fault) {
	if len(faults) > 0 || l.appliesTo == nil || s.options.Unconditional {
		s.add(p, name, l, faults)
		return
	}
	s.conditions = append(s.conditions, l.appliesTo)
	why, err := l.appliesTo.missing(s.here())
	s.met += outcome(why, err)
	switch {
	//rule:undecided-condition-refuses
	case err != nil:
		s.refuse(p, name, []Fault{{Setting: "appliesTo", Problem: err.Error()}})
	//rule:file-for-others-says-nothing
	case why != "":
		p.Sources = append(p.Sources, Source{Name: name, Elsewhere: why, Said: &l.said})
	default:
		s.add(p, name, l, nil)
	}
}

func (s *Store) here() Here {
	if s.options.Here != nil {
		return s.options.Here
	}
	return &s.system
}

// judgeConditions says which conditions hold now. The caller holds the mutex.
func (s *Store) judgeConditions() string {
	var all strings.Builder
	for _, c := range s.conditions {
		all.WriteString(outcome(c.missing(s.here())))
	}
	return all.String()
}

// outcome is what became of a file's conditions, to be compared with another time.
func outcome(why string, err error) string { return fmt.Sprintf("%s %v\n", why, err) }

// add puts a source on top of those before it.
func (s *Store) add(p *Policy, name string, l *layer, faults []Fault) {
	if len(faults) > 0 {
		s.refuse(p, name, faults)
		return
	}
	p.Sources = append(p.Sources, Source{Name: name, Browser: name == managed, Said: &l.said})
	if reflect.ValueOf(l.said).IsZero() {
		return // it says nothing, and is not asked
	}
	p.layers = append(p.layers, l)
	p.Settings.merge(l)
}

// refuse makes the policy refuse everything because of a source.
func (s *Store) refuse(p *Policy, name string, faults []Fault) {
	p.Sources = append(p.Sources, Source{Name: name, Browser: name == managed, Faults: faults})
	//rule:unusable-file-refuses-all
	if p.broken == "" {
		p.broken = fmt.Sprintf("%s: %v", name, faults[0])
		if long := []rune(p.broken); len(long) > longestBy {
			p.broken = string(long[:longestBy-1]) + "…"
		}
	}
	s.options.Log.Error().Str("file", name).Stringer("reason", faults[0]).
		Msg("a policy cannot be used, so every socket is refused")
}
