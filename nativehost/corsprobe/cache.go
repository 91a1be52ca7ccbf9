package corsprobe

import (
	"context"
	"time"
)

const (
	// cacheTime is how long an answer holds.
	cacheTime = 5 * time.Minute
	// maxEntries bounds what is remembered, of private windows and of the others. Each
	// takes a consent of the user, so this is plenty.
	maxEntries = 1024
)

// entry is a probe that is under way or was made.
type entry struct {
	// done is closed when err may be read.
	done chan struct{}
	err  error
	// The prober's mutex guards what follows.
	until   time.Time // zero while under way
	waiting int
	cancel  context.CancelFunc
}

// cached takes an answer from the cache, waits for a probe that is under way, or makes one.
func (p *Prober) cached(ctx context.Context, k Question) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	e := p.entries[k]
	if e != nil && !e.until.IsZero() && !p.now().Before(e.until) {
		e = nil
	}
	if e == nil {
		e = p.begin(ctx, k)
	}
	e.waiting++
	p.mu.Unlock()
	defer p.leave(k, e)
	select {
	case <-e.done:
		return e.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin starts a probe. The caller holds the mutex and waits for it.
func (p *Prober) begin(ctx context.Context, k Question) *entry {
	p.makeRoom(k.Private)
	// One caller's end must not take the answer from the others.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e := &entry{done: make(chan struct{}), cancel: cancel}
	if p.entries == nil {
		p.entries = map[Question]*entry{}
	}
	p.entries[k] = e
	go func() {
		defer close(e.done)
		defer cancel()
		err, known := p.ask(ctx, k)
		e.err = err
		p.mu.Lock()
		defer p.mu.Unlock()
		e.until = p.now().Add(cacheTime)
		if !known && p.entries[k] == e {
			delete(p.entries, k)
		}
	}()
	return e
}

// leave ends a probe that nobody waits for any more, and waits for its end: no
// goroutine outlives those who asked.
func (p *Prober) leave(k Question, e *entry) {
	p.mu.Lock()
	e.waiting--
	last := e.waiting == 0 && e.until.IsZero()
	if last && p.entries[k] == e {
		delete(p.entries, k) // whoever comes now begins anew
	}
	p.mu.Unlock()
	if last {
		e.cancel()
		<-e.done
	}
}

// makeRoom forgets what is old and, if that is not enough, whatever comes first, of
// private windows or of the others: neither sees what the other does. The caller holds
// the mutex.
func (p *Prober) makeRoom(private bool) {
	count := 0
	for k := range p.entries {
		if k.Private == private {
			count++
		}
	}
	now := p.now()
	for _, old := range []bool{true, false} {
		for k, e := range p.entries {
			if count < maxEntries {
				return
			}
			if /*rule:cors-memory-apart-for-private*/ k.Private == private && !e.until.IsZero() && (!old || !now.Before(e.until)) {
				delete(p.entries, k)
				count--
			}
		}
	}
}

func (p *Prober) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}
