// Package peers keeps account of those that a bound UDP socket exchanges datagrams with.
// It promises that a peer which has not answered gets a few small datagrams and no more,
// as in QUIC (RFC 9000, section 8); that whoever is sent to for the first time is asked
// for at a ration first; and that what is remembered has a bound, in number and time,
// which an attacker cannot use to get more than the ration.
//
// It knows no rules about addresses and no sockets.
package peers

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

const (
	// maxPeers of one socket are remembered.
	maxPeers = 4096
	// idle is how long a peer is remembered with which nothing is exchanged.
	idle = 5 * time.Minute
	// maxUnanswered datagrams, and maxUnansweredBytes of payload, are sent to a peer that
	// has never sent anything.
	maxUnanswered, maxUnansweredBytes = 3, 4 << 10
)

// ErrUnanswered says that a peer has been sent as much as it may be without an answer.
var ErrUnanswered = fmt.Errorf("%w: the peer has not answered", fault.ErrRateOrigin)

// kind says what a peer has done; those of a lower kind are forgotten first.
type kind int

const (
	// stranger has sent something, and nothing was sent to it.
	stranger kind = iota
	// silent was sent something, and has sent nothing.
	silent
	// answered has done both, or needs not: a group that the socket has joined.
	answered
	kinds
)

// peer is one that something is exchanged with. It is in the list of its kind.
type peer struct {
	at        netip.AddrPort
	kind      kind
	last      time.Time
	sent      int // datagrams, while it is silent
	sentBytes int
	header    []byte // what stands before its datagrams, nil until there is one
	// judged is when it was admitted, in which epoch and coming how; the zero Time: it was
	// not.
	judged     time.Time
	epoch      int
	local      bool
	prev, next *peer
}

// Table is the peers of one socket. Several goroutines may use it. Use New.
type Table struct {
	// Now is the clock; it is set before first use, and by nobody but tests.
	Now   func() time.Time
	meet  func() error
	admit func(from netip.AddrPort, asked, local bool) error

	mu    sync.Mutex // guards what follows
	peers map[netip.AddrPort]*peer
	lists [kinds]peer // rings, the most recently used first
	epoch int         // grows with the rules
}

// New returns a Table without peers. meet is asked before something is sent to a peer
// that is not remembered, admit before something is let in: asked tells whether something
// was sent to it. The error of either refuses. Neither may wait, or ask the Table.
func New(meet func() error, admit func(from netip.AddrPort, asked, local bool) error) *Table {
	t := &Table{Now: time.Now, meet: meet, admit: admit, peers: map[netip.AddrPort]*peer{}}
	for i := range t.lists {
		t.lists[i].prev, t.lists[i].next = &t.lists[i], &t.lists[i]
	}
	return t
}

// Introduce remembers a peer whose ration is paid.
func (t *Table) Introduce(at netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.Now(); t.find(at, now) == nil {
		t.add(at, silent, now)
	}
}

// Send counts a datagram of so many bytes, and says why it may not be sent, if so. group:
// it goes to a multicast group that the socket has joined, from whose address nobody will
// ever answer.
func (t *Table) Send(to netip.AddrPort, bytes int, group bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	p := t.find(to, now)
	switch {
	case p == nil:
		//rule:new-peers-are-rationed
		if err := t.meet(); err != nil {
			return err
		}
		p = t.add(to, silent, now)
	case p.kind == stranger:
		// It has spoken first.
		t.move(p, answered)
	}
	if group {
		t.move(p, answered)
	}
	if p.kind == silent && (
	//rule:silent-peer-gets-few-datagrams
	p.sent >= maxUnanswered ||
		//rule:silent-peer-gets-few-bytes
		p.sentBytes+bytes > maxUnansweredBytes) {
		return ErrUnanswered
	}
	p.sent++
	p.sentBytes += bytes
	t.touch(p, now)
	return nil
}

// Received counts a datagram that came, and appends the header that stands before it. It
// returns false for one that is not admitted. local: it came from this computer itself.
// group: it came to a multicast group, and was judged by that.
func (t *Table) Received(dst []byte, from netip.AddrPort, local, group bool) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	p := t.find(from, now)
	judged := time.Time{}
	if p != nil && p.epoch == t.epoch && p.local == local && now.Sub(p.judged) < fresh {
		judged = p.judged
	}
	if !group && judged.IsZero() {
		// Before it is remembered, so that who is not admitted leaves nothing behind.
		//rule:senders-are-judged
		if t.admit(from, p != nil && p.kind != stranger, local) != nil {
			return dst, false
		}
		judged = now
	}
	if p == nil {
		p = t.add(from, stranger, now)
	}
	p.judged, p.epoch, p.local = judged, t.epoch, local
	if p.header == nil {
		header, err := Header(from)
		if err != nil {
			return dst, false
		}
		p.header = header
	}
	if p.kind == silent {
		t.move(p, answered)
	}
	t.touch(p, now)
	return append(dst, p.header...), true
}

// Expire has all peers judged again.
func (t *Table) Expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epoch++
}

// Count returns how many peers are remembered.
func (t *Table) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	for i := range t.lists {
		for last := t.lists[i].prev; last != &t.lists[i] && t.stale(last, now); last = t.lists[i].prev {
			t.forget(last)
		}
	}
	return len(t.peers)
}

// Header returns what stands before the datagrams of a peer.
func Header(from netip.AddrPort) ([]byte, error) {
	return protocol.AppendPeer(nil, protocol.Peer{Address: from.Addr().String(), Port: from.Port()})
}

// find returns a peer that is remembered, or nil. The caller holds the mutex.
func (t *Table) find(at netip.AddrPort, now time.Time) *peer {
	p := t.peers[at]
	if p != nil && /*rule:idle-peers-are-forgotten*/ t.stale(p, now) {
		t.forget(p)
		return nil
	}
	return p
}

func (t *Table) stale(p *peer, now time.Time) bool { return now.Sub(p.last) >= idle }

// add remembers a peer, and forgets another where there are too many: of the lowest kind
// that there is, the one that was used the longest ago. The caller holds the mutex.
func (t *Table) add(at netip.AddrPort, as kind, now time.Time) *peer {
	//rule:peers-are-bounded
	if len(t.peers) >= maxPeers {
		for i := range t.lists {
			if last := t.lists[i].prev; last != &t.lists[i] {
				t.forget(last)
				break
			}
		}
	}
	p := &peer{at: at, kind: as}
	t.peers[at] = p
	t.push(p)
	p.last = now
	return p
}

func (t *Table) forget(p *peer) {
	delete(t.peers, p.at)
	p.prev.next, p.next.prev = p.next, p.prev
}

func (t *Table) push(p *peer) {
	head := &t.lists[p.kind]
	p.prev, p.next = head, head.next
	p.prev.next, p.next.prev = p, p
}

func (t *Table) move(p *peer, to kind) {
	p.prev.next, p.next.prev = p.next, p.prev
	p.kind = to
	t.push(p)
}

func (t *Table) touch(p *peer, now time.Time) {
	p.last = now
	t.move(p, p.kind)
}
