package limits

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

// clock is one that stands still until it is told to go on.
type clock struct{ now time.Time }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func timed(caps Caps) (*Counter, *clock) {
	at := &clock{time.Unix(1_800_000_000, 0)}
	c := New(caps)
	c.Now = func() time.Time { return at.now }
	return c, at
}

func take(t *testing.T, c *Counter, origin string) *Ticket {
	t.Helper()
	ticket, err := c.Take(origin, false)
	if err != nil {
		t.Fatalf("%s: %v", origin, err)
	}
	return ticket
}

func refuse(t *testing.T, c *Counter, origin string, want error) {
	t.Helper()
	if _, err := c.Take(origin, false); !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", origin, err, want)
	}
}

// passing counts how many of n attempts are let through.
func passing(c *Counter, origin string, n int) int {
	passed := 0
	for range n {
		if ticket, err := c.Take(origin, false); err == nil {
			ticket.Return()
			passed++
		}
	}
	return passed
}

func TestCaps(t *testing.T) {
	c := New(Caps{Overall: 5, PerOrigin: 3, PendingPerOrigin: 2})
	first, second := take(t, c, "a"), take(t, c, "a")
	refuse(t, c, "a", fault.ErrLimitOrigin) // two are opening
	first.Opened()
	first.Opened() // once is enough
	third := take(t, c, "a")
	refuse(t, c, "a", fault.ErrLimitOrigin) // two are opening again
	second.Opened()
	refuse(t, c, "a", fault.ErrLimitOrigin) // three in all
	take(t, c, "b")
	take(t, c, "b")
	refuse(t, c, "c", fault.ErrLimitOverall)
	first.Return()
	first.Return()
	first.Opened()
	take(t, c, "c")
	refuse(t, c, "c", fault.ErrLimitOverall)
	third.Return()
	second.Return()
	if n := c.normal.origins["a"]; n.open != 0 || n.pending != 0 {
		t.Errorf("%+v", n)
	}
}

func TestStandardIsWhatWasPromised(t *testing.T) {
	if Standard() != (Caps{
		Overall: 1024, PerOrigin: 256, PendingPerOrigin: 32,
		AttemptBurst: 20, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 300,
		LocalPerOrigin: 16, AcceptedPerOrigin: 512, AcceptedOverall: 1024, NewPeersPerMinute: 60,
		TypeOfService: 47,
	}) {
		t.Errorf("%+v", Standard())
	}
}

func TestRatePerOrigin(t *testing.T) {
	c, at := timed(Standard())
	if n := passing(c, "a", 100); n != 20 {
		t.Errorf("%d at once", n)
	}
	refuse(t, c, "a", fault.ErrRateOrigin)
	if n := passing(c, "b", 1); n != 1 {
		t.Error("another origin is held up")
	}
	at.pass(900 * time.Millisecond)
	refuse(t, c, "a", fault.ErrRateOrigin)
	at.pass(100 * time.Millisecond)
	if n := passing(c, "a", 100); n != 1 {
		t.Errorf("%d a second later", n)
	}
	at.pass(time.Hour)
	if n := passing(c, "a", 100); n != 20 {
		t.Errorf("%d an hour later", n)
	}
}

// What the caps or the overall rate refuse is no attempt.
func TestRefusalsCostNothing(t *testing.T) {
	c, at := timed(Caps{Overall: 10, PerOrigin: 10, PendingPerOrigin: 1, AttemptBurst: 3, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 10})
	ticket := take(t, c, "a")
	for range 50 {
		refuse(t, c, "a", fault.ErrLimitOrigin)
	}
	ticket.Return()
	take(t, c, "b") // the second of 2 at once
	for range 50 {
		refuse(t, c, "a", fault.ErrRate)
	}
	if used := c.normal.origins["a"].bucket.used(at.now); used != 1 {
		t.Errorf("a has used %d", used)
	}
}

// What a page has used up by itself is its own affair, and told as that. What all use
// up together is not, and never stands before it.
func TestOwnRateComesFirst(t *testing.T) {
	for what, caps := range map[string]Caps{
		"the overall cap":  {Overall: 1, PerOrigin: 9, PendingPerOrigin: 9, AttemptBurst: 1, AttemptsPerSecond: 1},
		"the overall rate": {Overall: 9, PerOrigin: 9, PendingPerOrigin: 9, AttemptBurst: 1, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 1},
	} {
		c, _ := timed(caps)
		take(t, c, "a")
		refuse(t, c, "a", fault.ErrRateOrigin)
		if _, err := c.Take("b", false); errors.Is(err, fault.ErrRateOrigin) || err == nil {
			t.Errorf("%s: another origin hears %v", what, err)
		}
	}
}

func TestFailuresCostDouble(t *testing.T) {
	c, at := timed(Standard())
	for range 10 {
		ticket := take(t, c, "a")
		ticket.Return()
		ticket.Failed()
		ticket.Failed() // once is enough
	}
	refuse(t, c, "a", fault.ErrRateOrigin)
	at.pass(time.Second)
	ticket := take(t, c, "a")
	ticket.Failed()
	ticket.Return()
	at.pass(time.Second)
	refuse(t, c, "a", fault.ErrRateOrigin) // that one is for the failure
	at.pass(time.Second)
	take(t, c, "a").Return()
	// In the long run only every other second.
	passed := 0
	for range 100 {
		at.pass(time.Second)
		if ticket, err := c.Take("a", false); err == nil {
			passed++
			ticket.Failed()
			ticket.Return()
		}
	}
	if passed < 49 || passed > 51 {
		t.Errorf("%d of 100", passed)
	}
}

// The worst that an origin can do to itself: 32 pending sockets that all fail.
func TestDebtIsBounded(t *testing.T) {
	c, at := timed(Caps{Overall: 1000, PerOrigin: 1000, PendingPerOrigin: 1000, AttemptBurst: 20, AttemptsPerSecond: 1})
	var tickets []*Ticket
	for range 60 {
		if ticket, err := c.Take("a", false); err == nil {
			tickets = append(tickets, ticket)
		}
		at.pass(500 * time.Millisecond)
	}
	for _, ticket := range tickets {
		ticket.Failed()
		ticket.Return()
	}
	at.pass(20 * time.Second)
	refuse(t, c, "a", fault.ErrRateOrigin)
	at.pass(time.Second)
	take(t, c, "a")
}

// No half-open minute has more than the rate says, however attempts are timed.
func TestOverallRateHoldsInEveryMinute(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, most := range []int{1, 2, 4, 5, 9, 10, 300, 600} {
		c, at := timed(Caps{Overall: 1e6, PerOrigin: 1e6, PendingPerOrigin: 1e6, AttemptsPerMinuteOverall: most})
		var began []time.Time
		total := 0
		end := at.now.Add(20 * time.Minute) // with pauses in between
		for at.now.Before(end) {
			if r.IntN(100) == 0 {
				at.pass(time.Duration(r.Int64N(int64(2 * time.Minute))))
			}
			at.pass(time.Duration(r.Int64N(int64(time.Second))))
			for range 1 + r.IntN(most) {
				if ticket, err := c.Take(fmt.Sprint(r.IntN(50)), false); err == nil {
					ticket.Return()
					began = append(began, at.now)
					total++
				}
			}
			for len(began) > 0 && at.now.Sub(began[0]) >= time.Minute {
				began = began[1:]
			}
			if len(began) > most {
				t.Fatalf("%d within a minute, not %d", len(began), most)
			}
		}
		if total < most*20/4 {
			t.Errorf("only %d in 20 minutes at %d a minute", total, most)
		}
	}
}

func TestCapsChangeWhileSocketsAreOpen(t *testing.T) {
	caps := Standard()
	c, at := timed(caps)
	var tickets []*Ticket
	for range 10 {
		tickets = append(tickets, take(t, c, "a"))
	}
	caps.PerOrigin, caps.AttemptBurst, caps.AttemptsPerMinuteOverall = 5, 12, 60
	c.SetCaps(caps)
	refuse(t, c, "a", fault.ErrLimitOrigin) // all ten are still there
	for _, ticket := range tickets {
		ticket.Return()
	}
	if n := passing(c, "a", 100); n != 2 {
		t.Errorf("%d of the 12 were left", n)
	}
	caps.AttemptBurst, caps.AttemptsPerMinuteOverall = 100, 6000
	c.SetCaps(caps)
	if n := passing(c, "a", 200); n != 88 {
		t.Errorf("%d of the 100 were left", n)
	}
	c.SetCaps(caps)
	caps.AttemptBurst, caps.AttemptsPerSecond, caps.AttemptsPerMinuteOverall = 0, 0, 0
	c.SetCaps(caps)
	if n := passing(c, "a", 1000); n != 1000 {
		t.Errorf("%d without rates", n)
	}
	c.SetCaps(Standard())
	if n := passing(c, "a", 100); n != 20 {
		t.Errorf("%d with rates again", n)
	}
	at.pass(0)
}

// Whoever opens a socket on each of a million origins leaves nothing behind.
func TestOriginsAreForgotten(t *testing.T) {
	c, at := timed(Standard())
	held := take(t, c, "held")
	most := 0
	for i := range 20_000 {
		if ticket, err := c.Take(fmt.Sprint(i), false); err == nil {
			ticket.Failed()
			ticket.Return()
		}
		at.pass(50 * time.Millisecond)
		most = max(most, len(c.normal.origins))
	}
	if most > 2*300+1 {
		t.Errorf("%d origins were kept at a time", most)
	}
	at.pass(2 * sweepEvery)
	take(t, c, "last")
	if len(c.normal.origins) != 2 || c.normal.origins["held"].pending != 1 {
		t.Errorf("%d origins are kept", len(c.normal.origins))
	}
	held.Return()
}

func TestManyGoroutines(t *testing.T) {
	c := New(Caps{Overall: 10, PerOrigin: 4, PendingPerOrigin: 4, AttemptBurst: 1000, AttemptsPerSecond: 1000, AttemptsPerMinuteOverall: 100_000})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 300 {
				ticket, err := c.Take(fmt.Sprint(i%3), false)
				if err == nil {
					ticket.Opened()
					ticket.Failed()
					ticket.Return()
				}
				if n%100 == 0 {
					caps := Standard()
					caps.AttemptBurst += n
					c.SetCaps(caps)
				}
			}
		})
	}
	all.Wait()
	if c.normal.overall != 0 {
		t.Errorf("%d sockets remain", c.normal.overall)
	}
	for origin, n := range c.normal.origins {
		if n.open != 0 || n.pending != 0 {
			t.Errorf("%s: %+v", origin, n)
		}
	}
}

// What one kind of windows has used up, the other has not.
func TestPrivateWindowsAreApart(t *testing.T) {
	caps := Caps{Overall: 4, PerOrigin: 2, PendingPerOrigin: 1, AttemptBurst: 2, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 20}
	use := func(c *Counter, at *clock, private bool) (told []error) {
		start := at.now
		for i := range 80 {
			if i == 40 {
				at.pass(time.Hour)
			}
			ticket, err := c.Take(fmt.Sprintf("https://%d.example", i%5), private)
			told = append(told, err)
			if err == nil && i < 40 {
				ticket.Failed()
				ticket.Return()
			}
		}
		at.now = start
		return told
	}
	alone, at := timed(caps)
	want := use(alone, at, true)
	beside, at := timed(caps)
	if normal := use(beside, at, false); fmt.Sprint(normal) != fmt.Sprint(want) {
		t.Errorf("%v in normal windows, %v in private ones", normal, want)
	}
	if got := use(beside, at, true); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v beside normal windows, %v alone", got, want)
	}
	caps.Overall = 2
	beside.SetCaps(caps)
	for _, private := range []bool{false, true} {
		if _, err := beside.Take("https://new.test", private); !errors.Is(err, fault.ErrLimitOverall) {
			t.Errorf("private is %v: %v with fewer sockets than there are", private, err)
		}
	}
	refused := map[error]int{}
	for _, err := range want {
		refused[err]++
	}
	if len(refused) != 5 {
		t.Errorf("not every limit was met: %v", refused)
	}
}

// However many origins a site has, others have half of everything.
func TestSitesLeaveRoomForOthers(t *testing.T) {
	c, at := timed(Standard())
	var held []*Ticket
	greedy := func() {
		for i := range 40 {
			// A final dot makes another origin, and no other site.
			dot := strings.Repeat(".", i%2)
			if ticket, err := c.Take(fmt.Sprintf("https://h%d.greedy.example%s:%d", i, dot, 1000+i), false); err == nil {
				held = append(held, ticket)
				ticket.Opened()
			}
		}
	}
	greedy()
	if len(held) != 30 {
		t.Errorf("%d of 60 at once", len(held))
	}
	if n := passing(c, "https://modest.example", 100); n != 20 {
		t.Errorf("another site had %d at once", n)
	}
	for range 60 {
		at.pass(time.Second)
		greedy()
		if _, err := c.Take("https://h1.greedy.example", false); !errors.Is(err, fault.ErrRate) {
			t.Fatalf("%v: what its site may is no origin's to know", err)
		}
		if n := passing(c, "https://modest.example", 1); n != 1 {
			t.Fatal("another site is held up")
		}
	}
	if len(held) != 150 {
		t.Errorf("%d of 300 in a minute", len(held))
	}
	for range 400 {
		at.pass(time.Second)
		greedy()
	}
	if len(held) != 512 {
		t.Errorf("%d of 1024 sockets", len(held))
	}
	if _, err := c.Take("https://more.greedy.example", false); !errors.Is(err, fault.ErrLimitOverall) {
		t.Errorf("one more: %v", err)
	}
	take(t, c, "https://modest.example").Return()
	for _, ticket := range held {
		ticket.Return()
	}
	at.pass(time.Hour)
	take(t, c, "https://modest.example").Return()
	if len(c.normal.sites) != 1 {
		t.Errorf("%d sites are kept", len(c.normal.sites))
	}
}

// Where an administrator gives one origin more than half, it has that.
func TestOneOriginHasWhatItWasGiven(t *testing.T) {
	few, _ := timed(Caps{Overall: 10, PerOrigin: 10, PendingPerOrigin: 10, AttemptBurst: 10, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 60})
	for range 10 {
		take(t, few, "https://a.example").Opened()
	}
	c, at := timed(Caps{Overall: 1000, PerOrigin: 1000, PendingPerOrigin: 1000, AttemptBurst: 5, AttemptsPerSecond: 3, AttemptsPerMinuteOverall: 300})
	for range 60 {
		if n := passing(c, "https://a.example", 3); n != 3 {
			t.Fatalf("%d a second", n)
		}
		at.pass(time.Second)
	}
}

func BenchmarkTake(b *testing.B) {
	c := New(Caps{Overall: 10, PerOrigin: 10, PendingPerOrigin: 10, AttemptBurst: 1e9, AttemptsPerSecond: 1e9, AttemptsPerMinuteOverall: 1e9})
	b.ReportAllocs()
	for b.Loop() {
		ticket, err := c.Take("https://app.example", false)
		if err != nil {
			b.Fatal(err)
		}
		ticket.Return()
	}
}
