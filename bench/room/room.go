// Package room keeps count of the bytes that a page of the benchmark's bare ways has room
// for: the same credit for each, whatever carries the bytes.
package room

import "sync"

// Room is how much the page has room for, in bytes.
type Room struct {
	mu    sync.Mutex // guards what follows
	more  sync.Cond  // room has grown, or it has ended
	bytes int
	ended bool
}

// New returns room for so many bytes.
func New(bytes int) *Room {
	r := &Room{bytes: bytes}
	r.more.L = &r.mu
	return r
}

// Give adds n bytes.
func (r *Room) Give(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes += n
	r.more.Signal()
}

// End lets nobody wait any more.
func (r *Room) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.more.Signal()
}

// Take waits for room and takes up to most bytes of it; 0: it has ended.
func (r *Room) Take(most int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.bytes == 0 && !r.ended {
		r.more.Wait()
	}
	if r.ended {
		return 0
	}
	n := min(r.bytes, most)
	r.bytes -= n
	return n
}
