package limits

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/portside/portside/nativehost/fault"
)

func take(t *testing.T, c *Counter, origin string) *Ticket {
	t.Helper()
	ticket, err := c.Take(t.Context(), origin)
	if err != nil {
		t.Fatalf("%s: %v", origin, err)
	}
	return ticket
}

func refuse(t *testing.T, c *Counter, origin string, want error) {
	t.Helper()
	if _, err := c.Take(t.Context(), origin); !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", origin, err, want)
	}
}

func TestCaps(t *testing.T) {
	c := New(Caps{Overall: 5, PerOrigin: 3, PendingPerOrigin: 2}, nil)
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
	if _, kept := c.origins["a"]; kept {
		t.Error("an origin without sockets is remembered")
	}
}

type gate struct{ err error }

func (g gate) Pass(context.Context, string) error { return g.err }

func TestGateIsAskedLast(t *testing.T) {
	c := New(Caps{Overall: 1, PerOrigin: 1, PendingPerOrigin: 1}, gate{fault.ErrLimitOverall})
	refuse(t, c, "a", fault.ErrLimitOverall)
	if c.overall != 0 || len(c.origins) != 0 {
		t.Error("a refused socket counts")
	}
	take(t, New(Standard(), gate{}), "a")
}

func TestStandardIsWhatWasPromised(t *testing.T) {
	if Standard() != (Caps{Overall: 1024, PerOrigin: 256, PendingPerOrigin: 32}) {
		t.Errorf("%+v", Standard())
	}
}

func TestManyGoroutines(t *testing.T) {
	c := New(Caps{Overall: 10, PerOrigin: 4, PendingPerOrigin: 4}, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 300 {
				ticket, err := c.Take(context.Background(), fmt.Sprint(i%3))
				if err == nil {
					ticket.Opened()
					ticket.Return()
				}
			}
		})
	}
	wg.Wait()
	if c.overall != 0 || len(c.origins) != 0 {
		t.Errorf("%d sockets of %d origins remain", c.overall, len(c.origins))
	}
}
