package sockets

import (
	"sync"

	"github.com/portside/portside/nativehost/datagram"
)

// backlogRoom is the memory for datagrams that were read and are not yet delivered, of
// all sockets, in bytes. What finds none stays with the system.
const backlogRoom = 32 << 20

// maxBacklogs sockets of one origin may leave datagrams that have no credit with the
// host and the system, which keep megabytes for each (package datagram). The system has
// one memory for everybody's datagrams, names included: a page that reads nothing must not
// fill it. Those beyond lose at once what they have no credit for.
const maxBacklogs = 4

// backlogs shares the room for datagrams that wait, and counts the sockets that have any.
type backlogs struct {
	room *datagram.Room

	mu    sync.Mutex // guards count
	count map[owner]int
}

// owner is whose sockets are counted together.
type owner struct {
	origin  string
	private bool
}

// take reports whether one more socket may let datagrams wait; if so, over gives its
// place back.
func (b *backlogs) take(origin string, private bool) (over func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	who := owner{origin, private}
	if /*rule:waiting-sockets-per-origin*/ b.count[who] >= maxBacklogs {
		return nil, false
	}
	if b.count == nil {
		b.count = map[owner]int{}
	}
	b.count[who]++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.count[who]--; b.count[who] == 0 {
			delete(b.count, who)
		}
	}, true
}
