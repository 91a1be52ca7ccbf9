// Package limits counts sockets. It promises that no origin, and not all of them
// together, hold more sockets than the caps say, and that a socket is counted from
// the first thought of opening it until it is gone.
//
// How often sockets may be opened is a question for a Gate.
package limits

import (
	"context"
	"sync"

	"github.com/portside/portside/nativehost/fault"
)

// Caps are the largest counts.
type Caps struct {
	// Overall sockets, opening ones included.
	Overall int
	// PerOrigin sockets of one origin, opening ones included.
	PerOrigin int
	// PendingPerOrigin sockets of one origin that are still opening.
	PendingPerOrigin int
}

// Standard returns the caps of SECURITY.md, rule 3.
func Standard() Caps { return Caps{Overall: 1024, PerOrigin: 256, PendingPerOrigin: 32} }

// A Gate decides whether an origin may open one more socket now, apart from how
// many it has. It is asked after the caps, and must not block.
type Gate interface {
	Pass(ctx context.Context, origin string) error
}

// Counter counts the sockets of one host process.
type Counter struct {
	caps Caps
	gate Gate

	mu      sync.Mutex // guards what follows
	overall int
	origins map[string]*count
}

type count struct{ open, pending int }

// New returns a Counter. gate may be nil.
func New(caps Caps, gate Gate) *Counter {
	return &Counter{caps: caps, gate: gate, origins: map[string]*count{}}
}

// Take counts a socket of origin as opening. The page can count its own sockets,
// so exceeding the origin's caps is fault.ErrLimitOrigin; it must not learn about
// other pages', so exceeding the overall cap is fault.ErrLimitOverall.
func (c *Counter) Take(ctx context.Context, origin string) (*Ticket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.origins[origin]
	if n == nil {
		n = &count{}
	}
	if n.open+n.pending >= c.caps.PerOrigin || n.pending >= c.caps.PendingPerOrigin {
		return nil, fault.ErrLimitOrigin
	}
	if c.overall >= c.caps.Overall {
		return nil, fault.ErrLimitOverall
	}
	if c.gate != nil {
		if err := c.gate.Pass(ctx, origin); err != nil {
			return nil, err
		}
	}
	n.pending++
	c.overall++
	c.origins[origin] = n
	return &Ticket{counter: c, origin: origin, pending: true}, nil
}

// Ticket is one counted socket.
type Ticket struct {
	counter *Counter
	origin  string
	pending bool
	spent   bool
}

// Opened counts the socket as open from now on.
func (t *Ticket) Opened() {
	t.counter.mu.Lock()
	defer t.counter.mu.Unlock()
	if t.pending && !t.spent {
		t.pending = false
		n := t.counter.origins[t.origin]
		n.pending--
		n.open++
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
	n := t.counter.origins[t.origin]
	if t.pending {
		n.pending--
	} else {
		n.open--
	}
	t.counter.overall--
	if *n == (count{}) {
		delete(t.counter.origins, t.origin)
	}
}

// Failed counts the attempt double.
func (t *Ticket) Failed() {}
