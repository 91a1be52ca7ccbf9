package session

import "sync"

// backlogRoom is the memory for datagrams that were read and are not yet delivered, of
// all sockets. What finds none stays with the system.
const backlogRoom = 32 << 20

// maxWaits sockets of one origin may leave datagrams that have no credit with the
// host and the system, which keep megabytes for each (package datagram). The system has
// one memory for everybody's datagrams, names included: a page that reads nothing must not fill it.
// Those beyond lose at once what they have no credit for.
const maxWaits = 4

// waits counts these sockets. The zero value is ready.
type waits struct {
	mu    sync.Mutex // guards count
	count map[waiter]int
}

type waiter struct {
	origin  string
	private bool
}

// take reports whether one more may wait; if so, over gives its place back.
func (w *waits) take(origin string, private bool) (over func(), ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	who := waiter{origin, private}
	if w.count[who] >= maxWaits {
		return nil, false
	}
	if w.count == nil {
		w.count = map[waiter]int{}
	}
	w.count[who]++
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.count[who]--; w.count[who] == 0 {
			delete(w.count, who)
		}
	}, true
}
