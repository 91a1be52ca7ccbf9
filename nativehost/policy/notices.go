package policy

import "fmt"

// Notice is something in a policy that is right by itself and probably not what was meant.
type Notice struct {
	// Source is the file that it is in, or empty when it is about several together.
	Source string
	Text   string
}

// mostNotices bounds how many are told of one list.
const mostNotices = 20

// Notices lists rules that never decide anything, and lists that leave nothing over.
func (p *Policy) Notices() []Notice {
	var all []Notice
	for _, l := range p.layers {
		told := 0
		note := func(format string, args ...any) {
			if told++; told <= mostNotices {
				all = append(all, Notice{l.name, fmt.Sprintf(format, args...)})
			}
		}
		l.shadowed(note)
		l.excluded(note)
	}
	return append(all, p.exclusive()...)
}

// shadowed tells of rules behind others that fit all that they fit.
func (l *layer) shadowed(note func(string, ...any)) {
	for i := range l.blockedDestinations {
		if j := coveredBefore(l.blockedDestinations, i); j >= 0 {
			note("blockedDestinations[%d] adds nothing: blockedDestinations[%d] blocks all of it", i, j)
		}
	}
	for i := range l.allowedDestinations {
		r := &l.allowedDestinations[i]
		j := coveredBefore(l.allowedDestinations, i)
		switch {
		case j < 0:
		case r.prompt != l.allowedDestinations[j].prompt:
			note("allowedDestinations[%d] says nothing about the prompt that counts: allowedDestinations[%d] comes before it and fits all of it", i, j)
		case !r.vouches():
			note("allowedDestinations[%d] adds nothing: allowedDestinations[%d] comes before it and fits all of it", i, j)
		}
	}
}

// coveredBefore returns the first rule that covers a later one, or -1.
func coveredBefore(list []rule, at int) int {
	for j := range at {
		if list[j].covers(&list[at]) {
			return j
		}
	}
	return -1
}

// excluded tells of what one list has and another one of the same file takes away.
func (l *layer) excluded(note func(string, ...any)) {
	for i, origin := range l.allowedOrigins {
		for j, blocked := range l.blockedOrigins {
			if blocked.covers(origin) {
				note("allowedOrigins[%d] allows nothing: blockedOrigins[%d] blocks all of it", i, j)
				break
			}
		}
	}
	for i := range l.allowedDestinations {
		r := &l.allowedDestinations[i]
		if j := blocking(l.blockedDestinations, r); j >= 0 {
			note("allowedDestinations[%d] allows nothing: blockedDestinations[%d] blocks all of it", i, j)
		}
		if r.origins == nil || l.allowedOrigins == nil {
			continue
		}
		if allOf(r.origins, func(o originPattern) bool { return !meetsOrigin(l.allowedOrigins, o) }) {
			note("allowedDestinations[%d] allows nothing: allowedOrigins has none of its origins", i)
		}
	}
}

// blocking returns the first rule that blocks all that an allow rule fits, or -1.
func blocking(list []rule, allowed *rule) int {
	for j := range list {
		if list[j].covers(allowed) {
			return j
		}
	}
	return -1
}

// exclusive tells of allow lists of which no socket can be in both.
func (p *Policy) exclusive() []Notice {
	var all []Notice
	for i, a := range p.layers {
		for _, b := range p.layers[i+1:] {
			if a.allowedDestinations != nil && b.allowedDestinations != nil && !haveInCommon(a.allowedDestinations, b.allowedDestinations) {
				all = append(all, Notice{Text: fmt.Sprintf("%s and %s have nothing in common, so nothing is allowed",
					a.by("allowedDestinations"), b.by("allowedDestinations"))})
			}
			if a.allowedOrigins != nil && b.allowedOrigins != nil &&
				allOf(a.allowedOrigins, func(o originPattern) bool { return !meetsOrigin(b.allowedOrigins, o) }) {
				all = append(all, Notice{Text: fmt.Sprintf("%s and %s have nothing in common, so no page is allowed",
					a.by("allowedOrigins"), b.by("allowedOrigins"))})
			}
			if len(all) >= mostNotices {
				return all
			}
		}
	}
	return all
}

func haveInCommon(a, b []rule) bool {
	for i := range a {
		for j := range b {
			if a[i].meets(&b[j]) {
				return true
			}
		}
	}
	return false
}
