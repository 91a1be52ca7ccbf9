package limits

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

// Sockets that others can send to are sockets like others, of which there are fewer.
func TestLocalSockets(t *testing.T) {
	c := New(Caps{Overall: 8, PerOrigin: 4, PendingPerOrigin: 3, LocalPerOrigin: 2})
	local := func(origin string) *Ticket {
		t.Helper()
		ticket, err := c.TakeLocal(origin, false)
		if err != nil {
			t.Fatalf("%s: %v", origin, err)
		}
		return ticket
	}
	refused := func(origin string, want error) {
		t.Helper()
		if _, err := c.TakeLocal(origin, false); !errors.Is(err, want) {
			t.Fatalf("%s: %v, want %v", origin, err, want)
		}
	}
	first, second := local("a"), local("a")
	refused("a", fault.ErrLimitOrigin) // two while they open
	first.Opened()
	second.Opened()
	refused("a", fault.ErrLimitOrigin) // and two when they are open
	others := []*Ticket{take(t, c, "a"), take(t, c, "a")}
	refuse(t, c, "a", fault.ErrLimitOrigin) // four in all
	first.Return()
	first.Return()      // once is enough
	third := local("a") // there is room again
	refused("a", fault.ErrLimitOrigin)
	third.Return()
	second.Return()
	for range 2 {
		local("b").Opened() // another origin has its own
	}
	refused("b", fault.ErrLimitOrigin)
	for _, ticket := range others {
		ticket.Return()
	}
	if n := c.normal.origins["a"]; n.local != 0 || n.open+n.pending != 0 || c.normal.sites["a"].local != 0 {
		t.Errorf("%+v", n)
	}
}

// Listening and binding are attempts, and cost what others cost.
func TestLocalSocketsAreAttempts(t *testing.T) {
	c, _ := timed(Standard())
	for i := range 10 {
		ticket, err := c.TakeLocal("a", false)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		ticket.Failed()
		ticket.Return()
	}
	if _, err := c.TakeLocal("a", false); !errors.Is(err, fault.ErrRateOrigin) {
		t.Errorf("after ten that failed: %v", err)
	}
	refuse(t, c, "a", fault.ErrRateOrigin)
}

// accept takes connections until one is refused, and returns how many and why not more.
func accept(c *Counter, origin string, private bool) (held []*Accepted, err error) {
	for {
		one, err := c.TakeAccepted(origin, private)
		if err != nil {
			return held, err
		}
		held = append(held, one)
	}
}

// Accepted connections have caps of their own, and take no room from other sockets.
func TestAccepted(t *testing.T) {
	c, at := timed(Standard())
	held, err := accept(c, "https://a.example", false)
	if len(held) != 512 || !errors.Is(err, fault.ErrLimitOrigin) {
		t.Errorf("%d of one origin: %v", len(held), err)
	}
	// Its site has no more; what that has is not the page's to know.
	if more, err := accept(c, "https://b.a.example", false); len(more) != 0 || !errors.Is(err, fault.ErrLimitOverall) {
		t.Errorf("%d more of its site: %v", len(more), err)
	}
	other, err := accept(c, "https://b.test", false)
	if len(other) != 512 || !errors.Is(err, fault.ErrLimitOrigin) {
		t.Errorf("%d of another site: %v", len(other), err)
	}
	if more, err := accept(c, "https://c.test", false); len(more) != 0 || !errors.Is(err, fault.ErrLimitOverall) {
		t.Errorf("%d more in all: %v", len(more), err)
	}
	// Private windows have as many, and pages open sockets as before.
	private, err := accept(c, "https://a.example", true)
	if len(private) != 512 || !errors.Is(err, fault.ErrLimitOrigin) {
		t.Errorf("%d in private windows: %v", len(private), err)
	}
	if n := passing(c, "https://a.example", 100); n != 20 {
		t.Errorf("%d attempts beside them", n)
	}
	held[0].Return()
	held[0].Return() // once is enough
	if again, _ := accept(c, "https://a.example", false); len(again) != 1 {
		t.Errorf("%d instead of one that went", len(again))
	}
	for _, one := range append(append(held[1:], other...), private...) {
		one.Return()
	}
	at.pass(time.Hour)
	take(t, c, "https://last.example").Return()
	if len(c.normal.origins) != 2 || c.normal.accepted != 1 || c.private.accepted != 0 {
		t.Errorf("%d origins are kept, %d accepted", len(c.normal.origins), c.normal.accepted)
	}
}

// Where an administrator gives one origin more than half, it has that.
func TestOneOriginAcceptsWhatItWasGiven(t *testing.T) {
	c := New(Caps{AcceptedPerOrigin: 9, AcceptedOverall: 10})
	if held, err := accept(c, "https://a.example", false); len(held) != 9 || !errors.Is(err, fault.ErrLimitOrigin) {
		t.Errorf("%d: %v", len(held), err)
	}
	if held, err := accept(c, "https://b.test", false); len(held) != 1 || !errors.Is(err, fault.ErrLimitOverall) {
		t.Errorf("%d: %v", len(held), err)
	}
	if held, err := accept(New(Caps{}), "https://a.example", false); len(held) != 0 || !errors.Is(err, fault.ErrLimitOrigin) {
		t.Errorf("%d without a cap: %v", len(held), err)
	}
}

// peers counts how many of n new peers are let through, and why others are not.
func peers(c *Counter, origin string, private bool, n int) (passed int, last error) {
	for range n {
		if err := c.TakePeer(origin, private); err == nil {
			passed++
		} else {
			last = err
		}
	}
	return passed, last
}

func TestNewPeers(t *testing.T) {
	c, at := timed(Standard())
	if n, err := peers(c, "https://a.example", false, 500); n != 60 || !errors.Is(err, fault.ErrRateOrigin) {
		t.Errorf("%d at once: %v", n, err)
	}
	// Origins below one domain have no more together, and do not learn of each other.
	if n, err := peers(c, "https://b.a.example", false, 5); n != 0 || !errors.Is(err, fault.ErrRate) {
		t.Errorf("%d of another origin of the site: %v", n, err)
	}
	for _, other := range []struct {
		origin  string
		private bool
	}{{"https://b.test", false}, {"https://a.example", true}} {
		if n, _ := peers(c, other.origin, other.private, 500); n != 60 {
			t.Errorf("%+v has %d", other, n)
		}
	}
	at.pass(900 * time.Millisecond)
	if n, _ := peers(c, "https://a.example", false, 1); n != 0 {
		t.Error("one came before its second")
	}
	passed := 0
	for range 600 {
		at.pass(100 * time.Millisecond)
		n, _ := peers(c, "https://a.example", false, 1)
		passed += n
	}
	if passed < 59 || passed > 61 {
		t.Errorf("%d in the minute after", passed)
	}
	// What was refused has cost nothing, and attempts are apart.
	if n := passing(c, "https://a.example", 100); n != 20 {
		t.Errorf("%d attempts", n)
	}
}

// Neither a socket that goes nor limits that change give an origin new peers.
func TestNewPeersOutliveSockets(t *testing.T) {
	c, at := timed(Standard())
	take(t, c, "https://b.test").Return() // the first sweep
	at.pass(sweepEvery - 10*time.Second)
	if n, _ := peers(c, "https://a.example", false, 60); n != 60 {
		t.Fatalf("%d at once", n)
	}
	at.pass(10 * time.Second) // the next sweep; 10 are back
	take(t, c, "https://b.test").Return()
	if n, _ := peers(c, "https://a.example", false, 60); n != 10 {
		t.Errorf("%d after 10 seconds", n)
	}
	caps := Standard()
	caps.NewPeersPerMinute = 100
	c.SetCaps(caps)
	if n, _ := peers(c, "https://a.example", false, 100); n != 40 {
		t.Errorf("%d of 100 were left", n)
	}
	caps.NewPeersPerMinute = 0
	c.SetCaps(caps)
	if n, _ := peers(c, "https://a.example", false, 1000); n != 1000 {
		t.Errorf("%d without a rate", n)
	}
	c.SetCaps(Standard())
	at.pass(time.Hour)
	take(t, c, "https://b.test").Return()
	if len(c.normal.origins) != 1 {
		t.Errorf("%d origins are kept", len(c.normal.origins))
	}
}

func TestManyGoroutinesInbound(t *testing.T) {
	c := New(Standard())
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			origin := fmt.Sprintf("https://%d.example", i%3)
			var held []*Accepted
			for n := range 500 {
				if one, err := c.TakeAccepted(origin, i%2 == 0); err == nil {
					held = append(held, one)
				}
				if rand.N(3) == 0 && len(held) > 0 {
					held[0].Return()
					held = held[1:]
				}
				if ticket, err := c.TakeLocal(origin, i%2 == 0); err == nil {
					ticket.Opened()
					ticket.Return()
				}
				_ = c.TakePeer(origin, i%2 == 0)
				if n%100 == 0 {
					caps := Standard()
					caps.NewPeersPerMinute += n
					c.SetCaps(caps)
				}
			}
			for _, one := range held {
				one.Return()
			}
		})
	}
	all.Wait()
	for _, s := range []*side{c.normal, c.private} {
		if s.accepted != 0 || s.overall != 0 {
			t.Errorf("%d accepted, %d sockets remain", s.accepted, s.overall)
		}
		for origin, n := range s.origins {
			if n.accepted+n.local+n.open+n.pending != 0 {
				t.Errorf("%s: %+v", origin, n)
			}
		}
	}
}
