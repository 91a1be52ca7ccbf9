package limits

import "github.com/portside/portside/nativehost/fault"

// Accepted is one counted connection that a socket of an origin accepts. It is no
// Ticket: how often others connect is not the page's doing, so no attempt is counted and
// nothing costs double, and how many do takes no room from the sockets that pages open.
type Accepted struct {
	counter      *Counter
	side         *side
	origin, site *count
	spent        bool
}

// sitesAccepted is how many accepted connections a site may have: half of all, or what
// one origin may have where that is more.
func (c *Caps) sitesAccepted() int { return max(c.AcceptedOverall/2, c.AcceptedPerOrigin) }

// TakeAccepted counts a connection that the origin asker accepts, from before it is taken
// from the system until Return. A page can count its own, so exceeding the origin's cap
// is fault.ErrLimitOrigin; exceeding what its site or all origins may have is
// fault.ErrLimitOverall.
func (c *Counter) TakeAccepted(asker string, private bool) (*Accepted, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.side(private)
	s.sweep(c.Now())
	n, all, keep := s.counts(asker, &c.caps)
	switch {
	//rule:accepted-per-origin
	case n.accepted >= c.caps.AcceptedPerOrigin:
		return nil, fault.ErrLimitOrigin
	case /*rule:accepted-overall*/ s.accepted >= c.caps.AcceptedOverall ||
		//rule:site-has-half-the-accepted
		all.accepted >= c.caps.sitesAccepted():
		return nil, fault.ErrLimitOverall
	}
	n.accepted++
	all.accepted++
	s.accepted++
	keep()
	return &Accepted{counter: c, side: s, origin: n, site: all}, nil
}

// Return takes the connection out of the count. More than once is as good as once.
func (a *Accepted) Return() {
	a.counter.mu.Lock()
	defer a.counter.mu.Unlock()
	if a.spent {
		return
	}
	a.spent = true
	a.origin.accepted--
	a.site.accepted--
	a.side.accepted--
}
