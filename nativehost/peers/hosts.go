package peers

import (
	"net/netip"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/address"
)

// maxHosts is how many addresses are remembered that hosts have led to.
const maxHosts = 256

// Hosts remembers which host has led to an address, so that what comes from there is
// judged by the host. Several goroutines may use it. Use NewHosts.
type Hosts struct {
	// Now is the clock; it is set before first use, and by nobody but tests.
	Now func() time.Time

	mu    sync.Mutex // guards hosts
	hosts map[netip.Addr]found
}

type found struct {
	host address.Host
	at   time.Time
}

// NewHosts returns Hosts that remember nothing.
func NewHosts() *Hosts { return &Hosts{Now: time.Now, hosts: map[netip.Addr]found{}} }

// Put remembers that a host has led to an address.
func (h *Hosts) Put(at netip.Addr, host address.Host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hosts[at] = found{host, h.Now()}
	//rule:hosts-of-peers-are-bounded
	if len(h.hosts) > maxHosts {
		h.dropOldest()
	}
}

// Of returns the host that has led to an address, unless that was too long ago.
func (h *Hosts) Of(at netip.Addr) (address.Host, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one, ok := h.hosts[at]
	if ok && /*rule:hosts-of-peers-are-forgotten*/ h.Now().Sub(one.at) >= idle {
		delete(h.hosts, at)
		return address.Host{}, false
	}
	return one.host, ok
}

// dropOldest forgets the address that a host led to the longest ago.
func (h *Hosts) dropOldest() {
	var oldest netip.Addr
	for at, one := range h.hosts {
		if !oldest.IsValid() || one.at.Before(h.hosts[oldest].at) {
			oldest = at
		}
	}
	delete(h.hosts, oldest)
}
