package audit

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

// A page can have opens refused, or fail, as often as it likes, and documents, origins
// and whole sites cost its owner nothing. So lines about such opens have bounds: for an
// origin, for its site, and in all, within each period. Whatever is beyond them is
// counted, and the counts are written when the period is over and when the log closes.
// Sockets that really opened and closed are bounded elsewhere, and always written.
//
// Who connects to a page is not bounded at all. Lines about that have the same bounds, once
// more and apart, so that they take none away from the page's own, and the end of what has
// no line has none.

const (
	// period is how long the bounds hold, and the counts are gathered.
	period = protocol.AuditPeriodSeconds * time.Second
	// mostCounts is how many different things are counted one by one in a period; what
	// comes beyond them is counted without its origin.
	mostCounts = 64
	// mostOfSite of them may be of one site.
	mostOfSite = 8
)

// omission is what lines that were not written have in common.
type omission struct {
	// private: of a private window; hidden: and nothing is told of its origin.
	private, hidden bool
	// site and origin are empty where they are hidden, and where there are too many.
	site, origin      string
	event, by, reason string
}

func (l *Log) omission(s Subject, event, by, reason string) omission {
	return omission{s.Private, l.hides(s), address.Site(s.Origin), s.Origin, event, by, reason}
}

// omitted is how many of them there are, and when the first came.
type omitted struct {
	omission
	lines int64
	since time.Time
}

// budget is how many lines were written in a period. Its maps are no longer than the
// bound of all lines.
type budget struct {
	lines          int
	origins, sites map[string]int
}

// take reports whether another line about an origin may be written, and counts it.
func (b *budget) take(origin, site string) bool {
	if /*rule:host-audit-lines-overall*/ b.lines >= protocol.AuditLinesOverall ||
		//rule:host-audit-lines-per-site
		b.sites[site] >= protocol.AuditLinesPerSite ||
		//rule:host-audit-lines-per-origin
		b.origins[origin] >= protocol.AuditLinesPerOrigin {
		return false
	}
	if b.lines == 0 {
		b.origins, b.sites = map[string]int{}, map[string]int{}
	}
	b.lines++
	b.origins[origin]++
	b.sites[site]++
	return true
}

// budgets are those of the two kinds of windows, so that neither takes lines away from the
// other.
type budgets struct{ normal, private budget }

// flood decides which lines are written, and counts the others.
type flood struct {
	now func() time.Time
	// over is called, on a goroutine of its own, when a period is over in which
	// something was counted.
	over func()

	mu    sync.Mutex // guards what follows
	began time.Time
	timer *time.Timer
	// own is for what pages do, accepted for who connects to them.
	own, accepted budgets
	counts        map[omission]*omitted
	closed        bool
}

// admit reports whether a line about s may be written; else it is counted. due are
// the counts of a period that is over, to be written first.
func (f *flood) admit(s Subject, o omission) (ok bool, due []omitted) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	due = f.rollLocked(now)
	of := &f.own
	//rule:accepted-audit-lines-apart
	if o.event == "accept" {
		of = &f.accepted
	}
	b := &of.normal
	if s.Private {
		b = &of.private
	}
	if b.take(s.Origin, o.site) {
		return true, due
	}
	f.countLocked(o, 1, now)
	return false, due
}

// count counts lines that are not written, whatever the bounds.
func (f *flood) count(o omission, lines int64) (due []omitted) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	due = f.rollLocked(now)
	f.countLocked(o, lines, now)
	return due
}

// rollLocked begins a new period when the one before is over, whose counts it returns.
func (f *flood) rollLocked(now time.Time) (due []omitted) {
	age := now.Sub(f.began)
	if !f.began.IsZero() && age >= 0 && age < period {
		return nil
	}
	due = f.takeLocked()
	f.began, f.own, f.accepted = now, budgets{}, budgets{}
	return due
}

// countLocked counts lines that are not written.
func (f *flood) countLocked(o omission, lines int64, now time.Time) {
	//rule:audit-counts-without-private-origin
	if o.hidden {
		o.site, o.origin = "", ""
	}
	if f.counts == nil {
		f.counts = map[omission]*omitted{}
	}
	if f.counts[o] == nil && o.origin != "" {
		ofSite := 0
		for other := range f.counts {
			if other.site == o.site {
				ofSite++
			}
		}
		if len(f.counts) >= mostCounts || /*rule:audit-counts-leave-room*/ ofSite >= mostOfSite {
			o.site, o.origin = "", ""
		}
	}
	c := f.counts[o]
	if c == nil {
		c = &omitted{omission: o, since: now}
		f.counts[o] = c
	}
	c.lines += lines
	//rule:audit-counts-written-in-time
	if f.timer == nil && !f.closed {
		f.timer = time.AfterFunc(max(0, period-now.Sub(f.began)), f.over)
	}
}

// take empties the counts, and gives those that there were, the oldest first.
func (f *flood) take() []omitted {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.takeLocked()
}

func (f *flood) takeLocked() []omitted {
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
	list := make([]omitted, 0, len(f.counts))
	for _, c := range f.counts {
		list = append(list, *c)
	}
	f.counts = nil
	slices.SortFunc(list, func(a, b omitted) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(b.lines, a.lines), cmp.Compare(a.origin, b.origin))
	})
	return list
}

// close is take for the last time: nothing is left to a timer from then on.
func (f *flood) close() []omitted {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return f.takeLocked()
}
