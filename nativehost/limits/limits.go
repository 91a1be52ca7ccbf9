// Package limits counts sockets and attempts to open them. It promises that no
// origin, and not all of them together, hold more sockets than the caps say, that a
// socket is counted from the first thought of opening it until it is gone, and that
// attempts come no faster than the rates say, so that pages cannot be turned into a
// flood (SECURITY.md, rule 3).
//
// An attempt that was refused here costs nothing; one that failed costs its origin a
// second token, since probing and flooding fail more often than use does.
package limits

import (
	"sync"
	"time"

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
}

// Standard returns the caps of SECURITY.md, rule 3.
func Standard() Caps {
	return Caps{
		Overall: 1024, PerOrigin: 256, PendingPerOrigin: 32,
		AttemptBurst: 20, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 300,
	}
}

// sweepEvery is how often origins that are back to nothing are looked for.
const sweepEvery = time.Minute

// Counter counts the sockets of one host process. Any number of goroutines may use it.
type Counter struct {
	// Now is the clock; it is set before first use, and by nobody but tests.
	Now func() time.Time

	mu      sync.Mutex // guards what follows
	caps    Caps
	overall int
	minute  *bucket
	origins map[string]*count
	swept   time.Time
}

// count is kept while the origin has sockets or owes its bucket tokens. How many can
// owe is bounded: each of them began an attempt that the overall rate let through,
// and none owes for longer than its bucket takes to fill.
type count struct {
	open, pending int
	bucket        *bucket
}

// New returns a Counter.
func New(caps Caps) *Counter {
	return &Counter{Now: time.Now, caps: caps, minute: overMinutes(caps.AttemptsPerMinuteOverall), origins: map[string]*count{}}
}

// SetCaps changes the caps while sockets are open. Those that are too many now stay;
// what an origin has used of its burst remains used.
func (c *Counter) SetCaps(caps Caps) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if caps == c.caps {
		return
	}
	now := c.Now()
	c.minute = overMinutes(caps.AttemptsPerMinuteOverall).charged(c.minute.used(now), now)
	for _, n := range c.origins {
		n.bucket = newBucket(float64(caps.AttemptsPerSecond), caps.AttemptBurst).charged(n.bucket.used(now), now)
	}
	c.caps = caps
}

// Take counts a socket of origin as opening. The page can count its own sockets and
// attempts, so exceeding the origin's caps is fault.ErrLimitOrigin, and exceeding its
// rate is fault.ErrRateOrigin; it must not learn about other pages', so exceeding the
// overall cap is fault.ErrLimitOverall, and exceeding the overall rate fault.ErrRate.
// The origin's own come first: whatever others do, they are answered alike.
func (c *Counter) Take(origin string) (*Ticket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	c.sweep(now)
	n := c.origins[origin]
	if n == nil {
		n = &count{bucket: newBucket(float64(c.caps.AttemptsPerSecond), c.caps.AttemptBurst)}
	}
	switch {
	case n.open+n.pending >= c.caps.PerOrigin || n.pending >= c.caps.PendingPerOrigin:
		return nil, fault.ErrLimitOrigin
	case !n.bucket.has(now):
		return nil, fault.ErrRateOrigin
	case c.overall >= c.caps.Overall:
		return nil, fault.ErrLimitOverall
	case !c.minute.has(now):
		return nil, fault.ErrRate
	}
	n.bucket.take(now)
	c.minute.take(now)
	n.pending++
	c.overall++
	c.origins[origin] = n
	return &Ticket{counter: c, count: n, pending: true}, nil
}

// sweep forgets origins of which there is nothing to remember.
func (c *Counter) sweep(now time.Time) {
	if since := now.Sub(c.swept); since >= 0 && since < sweepEvery {
		return
	}
	c.swept = now
	for origin, n := range c.origins {
		if n.open+n.pending == 0 && n.bucket.used(now) == 0 {
			delete(c.origins, origin)
		}
	}
}

// Ticket is one counted socket.
type Ticket struct {
	counter *Counter
	count   *count
	pending bool
	spent   bool
	failed  bool
}

// Opened counts the socket as open from now on.
func (t *Ticket) Opened() {
	t.counter.mu.Lock()
	defer t.counter.mu.Unlock()
	if t.pending && !t.spent {
		t.pending = false
		t.count.pending--
		t.count.open++
	}
}

// Failed makes the attempt cost its origin one token more, before or after Return.
// More than once is as good as once.
func (t *Ticket) Failed() {
	t.counter.mu.Lock()
	defer t.counter.mu.Unlock()
	if !t.failed {
		t.failed = true
		t.count.bucket.owe(t.counter.Now())
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
	if t.pending {
		t.count.pending--
	} else {
		t.count.open--
	}
	t.counter.overall--
}
