package sockets

import (
	"context"
	"sync"
	"testing"
	"time"
)

// So many may wait; whoever comes then is answered at once.
func TestFloodOfRefusalsIsBounded(t *testing.T) {
	var r refusals
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range maxDelayed {
		waiting.Go(func() { r.delay(ctx, false, "https://flood.test", time.Now()) })
	}
	full := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.delayed.all == maxDelayed
	}
	for !full() {
		time.Sleep(time.Millisecond)
	}
	asked := time.Now()
	r.delay(ctx, false, "https://flood.test", asked)
	if took := time.Since(asked); took >= refusalDelay {
		t.Errorf("one too many waited for %v", took)
	}
	// Other origins keep their delay, and private windows also those of the same origin.
	asked = time.Now()
	var others sync.WaitGroup
	for origin, private := range map[string]bool{"https://other.test": false, "https://flood.test": true} {
		others.Go(func() {
			r.delay(ctx, private, origin, asked)
			if took := time.Since(asked); took < refusalDelay {
				t.Errorf("%s, private is %v: the refusal came after %v", origin, private, took)
			}
		})
	}
	others.Wait()
	cancel()
	waiting.Wait()
	if r.private.all != 0 || r.delayed.all != 0 || len(r.delayed.byOrigin) != 0 {
		t.Errorf("%v wait for ever", r.delayed)
	}
}
