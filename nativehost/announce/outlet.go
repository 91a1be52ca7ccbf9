package announce

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

const (
	// spacing is between two multicasts of one record (RFC 6762, section 6); defenceSpacing,
	// when somebody is about to take the name.
	spacing, defenceSpacing = time.Second, 250 * time.Millisecond
	// repliesPerSecond is how many packets are sent to single askers, on one link.
	repliesPerSecond = 20
	// freshFor is how long ago a record may have been multicast that is sent to a single
	// asker of multicast DNS, who asked for that (section 5.4).
	freshFor = ttl * time.Second / 4
)

// outlet is one way to the link, by IPv4 or IPv6, with what was sent there and what is to be.
type outlet struct {
	send    func(packet []byte) error
	sendTo  func(packet []byte, to netip.AddrPort) error
	replies *rate.Limiter
	// sent is when a kind of record was multicast last; due, when it is to be, or zero.
	sent, due [kinds]time.Time
}

func newOutlet(send func([]byte) error, sendTo func([]byte, netip.AddrPort) error) *outlet {
	return &outlet{send: send, sendTo: sendTo, replies: rate.NewLimiter(repliesPerSecond, repliesPerSecond)}
}

// want has the kinds of s multicast at that time, or later if they were a short time ago.
func (o *outlet) want(s set, at time.Time, spacing time.Duration) {
	for k := range kinds {
		if !s.has(k) {
			continue
		}
		when := at
		//rule:announcement-multicasts-are-spaced
		if earliest := o.sent[k].Add(spacing); when.Before(earliest) {
			when = earliest
		}
		if o.due[k].IsZero() || when.Before(o.due[k]) {
			o.due[k] = when
		}
	}
}

// next returns when something is to be multicast, or zero.
func (o *outlet) next() time.Time {
	var next time.Time
	for _, due := range o.due {
		next = earlier(next, due)
	}
	return next
}

// earlier returns the earlier of two times; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// flush multicasts what is due.
func (o *outlet) flush(z *zone, now time.Time) {
	var s set
	for k, due := range o.due {
		if !due.IsZero() && !now.Before(due) {
			s |= setOf(kind(k))
		}
	}
	if s == 0 {
		return
	}
	for k := range kinds {
		if s.has(k) {
			o.sent[k], o.due[k] = now, time.Time{}
		}
	}
	o.multicast(pack(z.all(s, unchanged), z.all(further(s), unchanged)))
}

// multicast sends packets to everybody. A link that cannot be sent to has nobody who hears.
func (o *outlet) multicast(packets [][]byte) {
	for _, packet := range packets {
		_ = o.send(packet)
	}
}

// reply sends a packet to who asked, unless too many were sent already.
func (o *outlet) reply(packet []byte, to netip.AddrPort, now time.Time) {
	//rule:announcement-replies-are-bounded
	if !o.replies.AllowN(now, 1) {
		return
	}
	_ = o.sendTo(packet, to)
}

// fresh reports whether all of s was multicast not long ago.
func (o *outlet) fresh(s set, now time.Time) bool {
	for k := range kinds {
		if s.has(k) && now.Sub(o.sent[k]) > freshFor {
			return false
		}
	}
	return true
}

// forget drops what is to be multicast.
func (o *outlet) forget() { o.due = [kinds]time.Time{} }
