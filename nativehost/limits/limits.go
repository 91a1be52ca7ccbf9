// Package limits counts sockets and attempts to open them. It promises that no
// origin, and not all of them together, hold more sockets than the caps say, that a
// socket is counted from the first thought of opening it until it is gone, and that
// attempts come no faster than the rates say, so that pages cannot be turned into a
// flood (SECURITY.md, rule 3).
//
// Private windows and all others are counted apart, each by the same caps, so that
// neither takes room from the other, or learns from the room that it has what the other
// does. Together they are therefore bounded by twice the caps.
//
// Of what all origins have together, those of one site (registrable domain) may use
// half: whoever owns a domain has as many origins below it as they like.
//
// Sockets that listen or are bound are sockets like others, of which an origin may have
// fewer. Connections that they accept have caps of their own (accepted.go), and so have
// the peers that bound sockets begin to send to (peers.go).
//
// An attempt that was refused here costs nothing; one that failed costs its origin a
// second token, since probing and flooding fail more often than use does.
package limits

import (
	"maps"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
)

// Caps are the largest counts and rates. A rate of 0 does not limit.
type Caps struct {
	// Overall sockets, opening ones included.
	Overall int
	// PerOrigin sockets of one origin, opening ones included.
	PerOrigin int
	// PendingPerOrigin sockets of one origin that are still opening.
	PendingPerOrigin int
	// AttemptBurst attempts of one origin may come at once, and from then on
	// AttemptsPerSecond.
	AttemptBurst, AttemptsPerSecond int
	// AttemptsPerMinuteOverall is how many attempts of all origins may begin within
	// any minute.
	AttemptsPerMinuteOverall int
	// LocalPerOrigin sockets of one origin that listen or are bound, opening ones
	// included. They count among all of its sockets, too.
	LocalPerOrigin int
	// AcceptedPerOrigin and AcceptedOverall are how many accepted connections one
	// origin and all together may have. These count by themselves.
	AcceptedPerOrigin, AcceptedOverall int
	// NewPeersPerMinute is how many peers the bound UDP sockets of one origin, and of
	// one site, may begin to send to at once, and from then on in a minute.
	NewPeersPerMinute int
	// TypeOfService is the highest DSCP that packets may have (RFC 2474).
	TypeOfService int
}

// Standard returns the caps of SECURITY.md, rule 3.
func Standard() Caps {
	return Caps{
		Overall: 1024, PerOrigin: 256, PendingPerOrigin: 32,
		//rule:standard-limits
		AttemptBurst: 20, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 300,
		//rule:standard-limits-of-local-sockets
		LocalPerOrigin: 16, AcceptedPerOrigin: 512, AcceptedOverall: 1024, NewPeersPerMinute: 60,
		// What lies above is for the network's own control (RFC 4594, section 3).
		//rule:standard-dscp-limit
		TypeOfService: 47,
	}
}

// sweepEvery is how often origins that are back to nothing are looked for.
const sweepEvery = time.Minute

// Counter counts the sockets of one host process. Any number of goroutines may use it.
type Counter struct {
	// Now is the clock; it is set before first use, and by nobody but tests.
	Now func() time.Time

	mu   sync.Mutex // guards what follows
	caps Caps
	// normal and private are the two kinds of windows.
	normal, private *side
}

// side counts what all windows of one kind have.
type side struct {
	overall, accepted int
	minute            *bucket
	origins           map[string]*count
	sites             map[string]*count
	swept             time.Time
}

// count is that of an origin or of a site. It is kept while there are sockets or one of
// its buckets is owed tokens. How many can owe is bounded: each of them began an attempt that the overall rate let through,
// and none owes for longer than its bucket takes to fill.
type count struct {
	open, pending int
	// local are those of them that listen or are bound; accepted ones are none of them.
	local, accepted int
	// bucket has tokens for attempts, peers for new peers.
	bucket, peers *bucket
}

// full reports whether there are as many sockets as there may be.
func (n *count) full(most int) bool { return n.open+n.pending >= most }

// idle reports whether there is nothing to remember.
func (n *count) idle(now time.Time) bool {
	return n.open+n.pending+n.accepted == 0 && n.bucket.used(now) == 0 && /*rule:new-peers-outlive-sockets*/ n.peers.used(now) == 0
}

// New returns a Counter.
func New(caps Caps) *Counter {
	fresh := func() *side {
		return &side{minute: caps.perMinute(), origins: map[string]*count{}, sites: map[string]*count{}}
	}
	return &Counter{Now: time.Now, caps: caps, normal: fresh(), private: fresh()}
}

// perMinute returns a full bucket for the attempts of all origins, perOrigin and
// perSite for those of one.
func (c *Caps) perMinute() *bucket { return overMinutes(c.AttemptsPerMinuteOverall) }
func (c *Caps) perOrigin() *bucket { return newBucket(float64(c.AttemptsPerSecond), c.AttemptBurst) }

// perSite is half of what all origins have, or what one origin has where that is more.
func (c *Caps) perSite() *bucket {
	all, one := c.perMinute(), c.perOrigin()
	if all == nil || one == nil {
		return nil
	}
	return newBucket(max(float64(all.limiter.Limit())/2, float64(one.limiter.Limit())), max(all.size/2, one.size))
}

// sitesSockets is how many sockets a site may have, in the same way.
func (c *Caps) sitesSockets() int { return max(c.Overall/2, c.PerOrigin) }

// SetCaps changes the caps while sockets are open. Those that are too many now stay;
// what an origin has used of its burst remains used.
func (c *Counter) SetCaps(caps Caps) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if caps == c.caps {
		return
	}
	now := c.Now()
	for _, s := range []*side{c.normal, c.private} {
		s.minute = caps.perMinute().charged(s.minute.used(now), now)
		for _, n := range s.origins {
			n.bucket = caps.perOrigin().charged(n.bucket.used(now), now)
			n.peers = caps.newPeers().charged(n.peers.used(now), now)
		}
		for _, n := range s.sites {
			n.bucket = caps.perSite().charged(n.bucket.used(now), now)
			n.peers = caps.newPeers().charged(n.peers.used(now), now)
		}
	}
	c.caps = caps
}

// Take counts a socket of the origin asker as opening, in a private window or in another. The
// page can count its own sockets and attempts, so exceeding the origin's caps is
// fault.ErrLimitOrigin, and exceeding its rate is fault.ErrRateOrigin; it must not learn
// about other pages', so exceeding what its site or all origins may have is
// fault.ErrLimitOverall, and exceeding their rates fault.ErrRate. The origin's own come
// first: whatever others do, they are answered alike.
func (c *Counter) Take(asker string, private bool) (*Ticket, error) {
	return c.take(asker, private, false)
}

// TakeLocal is Take for a socket that is to listen or to be bound. Of these an origin
// may have fewer; more are fault.ErrLimitOrigin, too.
func (c *Counter) TakeLocal(asker string, private bool) (*Ticket, error) {
	return c.take(asker, private, true)
}

func (c *Counter) take(asker string, private, local bool) (*Ticket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	s := c.side(private)
	s.sweep(now)
	n, all, keep := s.counts(asker, &c.caps)
	switch {
	case /*rule:open-sockets-per-origin*/ n.full(c.caps.PerOrigin) ||
		//rule:pending-sockets-per-origin
		n.pending >= c.caps.PendingPerOrigin ||
		//rule:local-sockets-per-origin
		local && n.local >= c.caps.LocalPerOrigin:
		return nil, fault.ErrLimitOrigin
		//rule:attempts-limited-per-origin
	case /*rule:own-rate-checked-first*/ !n.bucket.has(now):
		return nil, fault.ErrRateOrigin
	case /*rule:open-sockets-overall*/ s.overall >= c.caps.Overall ||
		//rule:site-has-half-the-sockets
		all.full(c.caps.sitesSockets()):
		return nil, fault.ErrLimitOverall
	case /*rule:attempts-limited-overall*/ !s.minute.has(now) ||
		//rule:site-has-half-the-attempts
		!all.bucket.has(now):
		//rule:overall-rate-looks-like-refusal
		return nil, fault.ErrRate
	}
	t := &Ticket{counter: c, side: s, origin: n, site: all, pending: true, local: local}
	for _, n := range t.counts() {
		n.bucket.take(now)
		n.pending++
		if local {
			n.local++
		}
	}
	s.minute.take(now)
	s.overall++
	keep()
	return t, nil
}

// side returns what windows of one kind have.
func (c *Counter) side(private bool) *side {
	//rule:limits-apart-for-private
	if private {
		return c.private
	}
	return c.normal
}

// counts returns those of an origin and of its site, and what keeps them, which whoever
// takes something must call.
func (s *side) counts(asker string, caps *Caps) (n, all *count, keep func()) {
	//rule:limits-use-registrable-domain
	site := address.Site(asker)
	n, all = s.origins[asker], s.sites[site]
	if n == nil {
		n = &count{bucket: caps.perOrigin(), peers: caps.newPeers()}
	}
	if all == nil {
		all = &count{bucket: caps.perSite(), peers: caps.newPeers()}
	}
	return n, all, func() { s.origins[asker], s.sites[site] = n, all }
}

// sweep forgets origins and sites of which there is nothing to remember.
func (s *side) sweep(now time.Time) {
	if since := now.Sub(s.swept); since >= 0 && since < sweepEvery {
		return
	}
	s.swept = now
	idle := func(_ string, n *count) bool { return n.idle(now) }
	maps.DeleteFunc(s.origins, idle)
	maps.DeleteFunc(s.sites, idle)
}

// Ticket is one counted socket.
type Ticket struct {
	counter      *Counter
	side         *side
	origin, site *count
	pending      bool
	local        bool
	spent        bool
	failed       bool
}

func (t *Ticket) counts() [2]*count { return [2]*count{t.origin, t.site} }

// Opened counts the socket as open from now on.
func (t *Ticket) Opened() {
	t.counter.mu.Lock()
	defer t.counter.mu.Unlock()
	if !t.pending || t.spent {
		return
	}
	t.pending = false
	for _, n := range t.counts() {
		n.pending--
		n.open++
	}
}

// Failed makes the attempt cost its origin one token more, before or after Return.
// More than once is as good as once.
func (t *Ticket) Failed() {
	t.counter.mu.Lock()
	defer t.counter.mu.Unlock()
	if !t.failed {
		t.failed = true
		//rule:failed-attempt-costs-double
		t.origin.bucket.owe(t.counter.Now())
	}
}

// Return takes the socket out of the count. More than once is as good as once.
func (t *Ticket) Return() {
	t.counter.mu.Lock()
	defer t.counter.mu.Unlock()
	if t.spent {
		return
	}
	t.spent = true
	for _, n := range t.counts() {
		if t.pending {
			n.pending--
		} else {
			n.open--
		}
		if t.local {
			n.local--
		}
	}
	t.side.overall--
}
