package peers

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

var errRefused = errors.New("refused")

// world is a Table with a clock, a ration and a judge of the test's.
type world struct {
	*Table
	now      time.Time
	ration   int
	judged   int
	asked    bool
	local    bool
	admitted bool
}

func newWorld() *world {
	w := &world{now: time.Unix(1_000_000, 0), ration: 1 << 30, admitted: true}
	w.Table = New(func() error {
		if w.ration == 0 {
			return errRefused
		}
		w.ration--
		return nil
	}, func(_ netip.AddrPort, asked, local bool) error {
		w.judged++
		w.asked, w.local = asked, local
		if !w.admitted {
			return errRefused
		}
		return nil
	})
	w.Now = func() time.Time { return w.now }
	return w
}

// number returns a peer for each number.
func number(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 9)
}

func (w *world) receive(t *testing.T, from netip.AddrPort) {
	t.Helper()
	if _, ok := w.Received(nil, from, false, false); !ok {
		t.Fatalf("%v is not admitted", from)
	}
}

// sends sends until it is refused, at most 10 datagrams.
func (w *world) sends(to netip.AddrPort, bytes int) (n int, err error) {
	for ; n < 10; n++ {
		if err = w.Send(to, bytes, false); err != nil {
			return n, err
		}
	}
	return n, nil
}

func TestSilentPeers(t *testing.T) {
	for _, c := range []struct{ bytes, want int }{{1, 3}, {1365, 3}, {1366, 2}, {2048, 2}, {2049, 1}, {4096, 1}, {4097, 0}} {
		w := newWorld()
		if n, err := w.sends(number(1), c.bytes); n != c.want || !errors.Is(err, ErrUnanswered) {
			t.Errorf("%d datagrams of %d bytes, %v; want %d", n, c.bytes, err, c.want)
		}
		// Time alone changes nothing, as long as it is remembered.
		w.now = w.now.Add(idle - time.Second)
		if n, _ := w.sends(number(1), c.bytes); n != 0 {
			t.Error("it is sent more after a while")
		}
		// Another port is another peer.
		w.receive(t, netip.AddrPortFrom(number(1).Addr(), 10))
		if n, _ := w.sends(number(1), c.bytes); n != 0 {
			t.Error("another port has answered for it")
		}
		w.receive(t, number(1))
		if n, _ := w.sends(number(1), 60000); n != 10 {
			t.Error("an answer does not open the way")
		}
	}
	// Who has spoken first, and groups, have no limit.
	w := newWorld()
	w.receive(t, number(2))
	if n, _ := w.sends(number(2), 60000); n != 10 {
		t.Error("who has spoken first is silent")
	}
	for range 10 {
		if err := w.Send(number(3), 60000, true); err != nil {
			t.Errorf("a group: %v", err)
		}
	}
}

// A peer costs the ration once, and again when it was forgotten: nobody gets more by that.
func TestRation(t *testing.T) {
	w := newWorld()
	w.ration = 2
	for i := range 2 {
		if n, _ := w.sends(number(i), 1); n != maxUnanswered {
			t.Errorf("peer %d: %d datagrams", i, n)
		}
	}
	if n, err := w.sends(number(2), 1); n != 0 || !errors.Is(err, errRefused) {
		t.Errorf("beyond the ration: %d, %v", n, err)
	}
	if w.Count() != 2 {
		t.Errorf("%d peers", w.Count())
	}
	w.now = w.now.Add(idle)
	if n, err := w.sends(number(0), 1); n != 0 || !errors.Is(err, errRefused) {
		t.Errorf("after it was forgotten: %d, %v", n, err)
	}
	w.ration = 1
	if n, _ := w.sends(number(0), 1); n != maxUnanswered || w.ration != 0 {
		t.Errorf("with a new ration: %d datagrams, %d left", n, w.ration)
	}
	// Who has spoken first costs nothing, nor does one that is paid for.
	w.receive(t, number(5))
	w.Introduce(number(6))
	for _, i := range []int{5, 6} {
		if err := w.Send(number(i), 1, false); err != nil {
			t.Errorf("peer %d: %v", i, err)
		}
	}
}

// Peers have a number. Those go first that were never sent to, then the silent ones, the
// longest unused first of each.
func TestPeersAreBounded(t *testing.T) {
	w := newWorld()
	send := func(i int) {
		t.Helper()
		if err := w.Send(number(i), 1, false); err != nil {
			t.Fatal(err)
		}
	}
	has := func(i int) bool { return w.peers[number(i)] != nil }
	for i := range maxPeers {
		send(i)
	}
	w.receive(t, number(1)) // answered
	send(0)                 // used again
	for i := range 100 {
		w.receive(t, number(maxPeers+i)) // strangers
	}
	if len(w.peers) != maxPeers || w.Count() != maxPeers {
		t.Errorf("%d peers", len(w.peers))
	}
	// The first stranger took the place of the silent one that was unused the longest, and
	// all others that of the stranger before them.
	if has(2) || !has(0) || !has(1) || !has(3) || has(maxPeers) || !has(maxPeers+99) {
		t.Errorf("remembered: %v %v %v %v, strangers %v %v", has(2), has(0), has(1), has(3), has(maxPeers), has(maxPeers+99))
	}
	for i := range maxPeers {
		send(2*maxPeers + i)
	}
	if len(w.peers) != maxPeers || !has(1) || has(0) || has(maxPeers+99) {
		t.Errorf("%d peers; of those before, answered %v, silent %v, stranger %v", len(w.peers), has(1), has(0), has(maxPeers+99))
	}
	n := 0
	for i := range w.lists {
		for p := w.lists[i].next; p != &w.lists[i]; p = p.next {
			n++
		}
	}
	if n != maxPeers {
		t.Errorf("%d in lists", n)
	}
	w.now = w.now.Add(idle)
	if w.Count() != 0 || len(w.peers) != 0 {
		t.Errorf("%d peers are left", len(w.peers))
	}
}

// A sender is judged once in a while, again when the rules change, and when it comes another
// way. Who is not admitted leaves nothing behind.
func TestSendersAreJudged(t *testing.T) {
	w := newWorld()
	w.admitted = false
	if header, ok := w.Received([]byte("dst"), number(1), false, false); ok || string(header) != "dst" || len(w.peers) != 0 {
		t.Errorf("%q, %v, %d peers", header, ok, len(w.peers))
	}
	w.admitted, w.judged = true, 0
	for range 10 {
		w.receive(t, number(1))
	}
	if w.judged != 1 || w.asked {
		t.Errorf("judged %d times, asked %v", w.judged, w.asked)
	}
	w.Expire()
	w.receive(t, number(1))
	w.now = w.now.Add(fresh)
	w.receive(t, number(1))
	if w.judged != 3 {
		t.Errorf("judged %d times", w.judged)
	}
	if _, ok := w.Received(nil, number(1), true, false); !ok || w.judged != 4 || !w.local {
		t.Errorf("judged %d times, local %v", w.judged, w.local)
	}
	if err := w.Send(number(1), 1, false); err != nil {
		t.Fatal(err)
	}
	w.receive(t, number(1))
	if w.judged != 5 || !w.asked {
		t.Errorf("judged %d times, asked %v", w.judged, w.asked)
	}
	w.admitted = false
	w.receive(t, number(1))
	w.Expire()
	if _, ok := w.Received(nil, number(1), false, false); ok {
		t.Error("admitted though the rules have changed")
	}
	// A group's senders are judged by the group; that says nothing of what they send to the
	// socket itself.
	if _, ok := w.Received(nil, number(2), false, true); !ok {
		t.Error("a group's sender is not admitted")
	}
	if _, ok := w.Received(nil, number(2), false, false); ok {
		t.Error("admitted, since it has sent to a group")
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld()
	for _, text := range []string{"192.0.2.1:5", "[2001:db8::1]:6", "[fe80::1%eth0]:7"} {
		from := netip.MustParseAddrPort(text)
		for range 2 {
			header, ok := w.Received(nil, from, false, false)
			p, payload, err := protocol.ReadPeer(append(header, "payload"...))
			if !ok || err != nil || p.Address != from.Addr().String() || p.Port != from.Port() || string(payload) != "payload" {
				t.Errorf("%s: %+v, %v, %v", text, p, ok, err)
			}
		}
	}
	from := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone("a b"), 7)
	if _, ok := w.Received(nil, from, false, false); ok {
		t.Error("a zone that the wire cannot have")
	}
}

func TestRoutes(t *testing.T) {
	r := NewRoutes()
	now := time.Unix(1_000_000, 0)
	r.Now = func() time.Time { return now }
	header := func(i int) []byte { return fmt.Append(nil, i) }
	want := func(i int, fresh, known bool) {
		t.Helper()
		to, isFresh, isKnown := r.Get(header(i))
		if isFresh != fresh || isKnown != known || fresh && to != number(i) {
			t.Errorf("%d: %v, %v, %v", i, to, isFresh, isKnown)
		}
	}
	want(1, false, false)
	r.Put(header(1), number(1))
	now = now.Add(fresh - 1)
	want(1, true, true)
	now = now.Add(1)
	want(1, false, true)
	r.Put(header(1), number(1))
	want(1, true, true)
	r.Expire()
	want(1, false, true)
	r.Drop(header(1))
	want(1, false, false)
	r.Drop(header(1))
	r.Put(header(1), number(1))
	now = now.Add(idle)
	want(1, false, false)
	// They have a number; the one that was used the longest ago goes.
	for i := range maxRoutes {
		r.Put(header(i), number(i))
	}
	want(0, true, true)
	r.Put(header(maxRoutes), number(maxRoutes))
	want(1, false, false)
	want(0, true, true)
	want(2, true, true)
	if len(r.routes) != maxRoutes || r.order.Len() != maxRoutes {
		t.Errorf("%d routes, %d in order", len(r.routes), r.order.Len())
	}
}

func TestHosts(t *testing.T) {
	h := NewHosts()
	now := time.Unix(1_000_000, 0)
	h.Now = func() time.Time { return now }
	host, err := address.ParseHost("device.local")
	if err != nil {
		t.Fatal(err)
	}
	h.Put(number(0).Addr(), host)
	if got, ok := h.Of(number(0).Addr()); !ok || got != host {
		t.Errorf("%v, %v", got, ok)
	}
	if _, ok := h.Of(number(1).Addr()); ok {
		t.Error("an address of nobody")
	}
	now = now.Add(idle)
	if _, ok := h.Of(number(0).Addr()); ok || len(h.hosts) != 0 {
		t.Error("it is not forgotten")
	}
	for i := range 2 * maxHosts {
		now = now.Add(1)
		h.Put(number(i).Addr(), host)
	}
	if _, ok := h.Of(number(maxHosts).Addr()); len(h.hosts) != maxHosts || !ok {
		t.Errorf("%d addresses", len(h.hosts))
	}
	if _, ok := h.Of(number(maxHosts - 1).Addr()); ok {
		t.Error("an old one is there")
	}
}

// What comes again from a peer that is remembered takes no memory.
func TestReceivingAllocatesNothing(t *testing.T) {
	w := newWorld()
	dst := make([]byte, 0, protocol.MaxPeerBytes)
	from := number(1)
	if n := testing.AllocsPerRun(100, func() { _, _ = w.Received(dst[:0], from, false, false) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	r := NewRoutes()
	header := []byte("header")
	r.Put(header, from)
	if n := testing.AllocsPerRun(100, func() { _, _, _ = r.Get(header) }); n != 0 {
		t.Errorf("%v allocations for a route", n)
	}
}
