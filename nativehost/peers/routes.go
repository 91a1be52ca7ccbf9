package peers

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxRoutes is how many peers' addresses are remembered, by the header in which a page
	// names a peer.
	maxRoutes = 1024
	// fresh is how long an address counts as the one of its name. After that it is looked
	// up, and judged, again.
	fresh = time.Minute
)

// Routes remembers where the peers are that a page names. Several goroutines may use it.
// Use NewRoutes.
type Routes struct {
	// Now is the clock; it is set before first use, and by nobody but tests.
	Now func() time.Time

	mu     sync.Mutex // guards what follows
	routes map[string]*list.Element
	order  list.List // of *route, the most recently used first
}

type route struct {
	header string
	to     netip.AddrPort
	until  time.Time
	used   time.Time
}

// NewRoutes returns Routes that know nobody.
func NewRoutes() *Routes { return &Routes{Now: time.Now, routes: map[string]*list.Element{}} }

// Get returns where the peer is that a header names. known: it was looked up before, and
// was used since; isFresh: it needs not be looked up again.
func (r *Routes) Get(header []byte) (to netip.AddrPort, isFresh, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.routes[string(header)]
	if e == nil {
		return to, false, false
	}
	one, now := e.Value.(*route), r.Now()
	if now.Sub(one.used) >= idle {
		r.remove(e)
		return to, false, false
	}
	//rule:peer-addresses-are-looked-up-again
	if !now.Before(one.until) {
		return to, false, true
	}
	one.used = now
	r.order.MoveToFront(e)
	return one.to, true, true
}

// Put remembers where a peer is. The one that was used the longest ago goes, where there
// are too many.
func (r *Routes) Put(header []byte, to netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Now()
	if e := r.routes[string(header)]; e != nil {
		r.remove(e)
	}
	//rule:peer-routes-are-bounded
	if len(r.routes) >= maxRoutes {
		r.remove(r.order.Back())
	}
	one := &route{header: string(header), to: to, until: now.Add(fresh), used: now}
	r.routes[one.header] = r.order.PushFront(one)
}

// Drop forgets where a peer is.
func (r *Routes) Drop(header []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.routes[string(header)]; e != nil {
		r.remove(e)
	}
}

// Expire has all peers looked up again, and judged by the rules of now.
func (r *Routes) Expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.routes {
		e.Value.(*route).until = time.Time{}
	}
}

func (r *Routes) remove(e *list.Element) {
	delete(r.routes, e.Value.(*route).header)
	r.order.Remove(e)
}
