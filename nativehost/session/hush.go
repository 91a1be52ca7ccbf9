package session

import (
	"context"
	"time"
)

const (
	// beat is when refusals are answered: this long after the request, or a multiple
	// of it. A page must not learn from the time which rule refused, or how far a
	// name got before it did.
	beat = time.Second
	// maxHushed refusals of one origin, and maxHushedOverall of all, may wait for the
	// beat, in private windows and in others each. Beyond that only a flood gets, and it is answered at once. The extension
	// lets fewer opens of a site be under way than an origin has room for here, so
	// that one site's flood takes nobody else's beat away.
	maxHushed        = 512
	maxHushedOverall = 16 * maxHushed
)

// hushed counts the refusals that wait for the beat.
type hushed struct {
	all      int
	byOrigin map[string]int
}

// add reports whether there was room for another one.
func (h *hushed) add(origin string) bool {
	if h.all >= maxHushedOverall || h.byOrigin[origin] >= maxHushed {
		return false
	}
	if h.byOrigin == nil {
		h.byOrigin = make(map[string]int)
	}
	h.all++
	h.byOrigin[origin]++
	return true
}

func (h *hushed) remove(origin string) {
	h.all--
	h.byOrigin[origin]--
	if h.byOrigin[origin] == 0 {
		delete(h.byOrigin, origin)
	}
}

// hush waits for the next beat after started, unless ctx ends before.
func (s *Session) hush(ctx context.Context, private bool, origin string, started time.Time) {
	waiting := &s.hushed
	if private {
		waiting = &s.privateHushed
	}
	s.mu.Lock()
	room := waiting.add(origin)
	s.mu.Unlock()
	if !room {
		return
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		waiting.remove(origin)
	}()
	timer := time.NewTimer(beat - time.Since(started)%beat)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
