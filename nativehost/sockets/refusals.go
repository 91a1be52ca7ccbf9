package sockets

import (
	"context"
	"sync"
	"time"
)

const (
	// refusalDelay is when refusals are answered: this long after the request, or a
	// multiple of it. A page must not learn from the time which rule refused, or how far
	// a name got before it did.
	refusalDelay = time.Second
	// maxDelayed refusals of one origin, and maxDelayedOverall of all, may wait for their
	// delay to be over, in private windows and in others each. Beyond that only a flood
	// gets, and it is answered at once. The extension lets fewer opens of a site be under
	// way than an origin has room for here, so that one site's flood takes nobody else's
	// delay away.
	maxDelayed        = 512
	maxDelayedOverall = 16 * maxDelayed
)

// refusals delays refusals. The zero value is ready.
type refusals struct {
	mu               sync.Mutex // guards what follows
	delayed, private delayed
}

// delayed counts the refusals that wait.
type delayed struct {
	all      int
	byOrigin map[string]int
}

// add reports whether there was room for another one.
func (d *delayed) add(origin string) bool {
	if d.all >= maxDelayedOverall ||
		//rule:delayed-refusals-are-bounded
		//rule:delayed-refusals-per-origin
		d.byOrigin[origin] >= maxDelayed {
		return false
	}
	if d.byOrigin == nil {
		d.byOrigin = make(map[string]int)
	}
	d.all++
	d.byOrigin[origin]++
	return true
}

func (d *delayed) remove(origin string) {
	d.all--
	d.byOrigin[origin]--
	if d.byOrigin[origin] == 0 {
		delete(d.byOrigin, origin)
	}
}

// delay waits until the time since the request started is a multiple of refusalDelay,
// unless ctx ends before.
func (r *refusals) delay(ctx context.Context, private bool, origin string, started time.Time) {
	waiting := &r.delayed
	//rule:delayed-refusals-apart-for-private
	if private {
		waiting = &r.private
	}
	r.mu.Lock()
	room := waiting.add(origin)
	r.mu.Unlock()
	if !room {
		return
	}
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		waiting.remove(origin)
	}()
	timer := time.NewTimer(refusalDelay - time.Since(started)%refusalDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
		//rule:closing-ends-refusal-delay
	case <-ctx.Done():
	}
}
