package main

import (
	"math"
	"testing"
	"time"
)

// A packet takes its time at the rate behind those before it, and then the delay.
func TestRateAndDelay(t *testing.T) {
	l := newLine(1)
	l.set(condition{DelayMs: 10, Mbits: 12}) // 1,500 bytes a millisecond
	now := time.Unix(1, 0)
	for i, want := range []time.Duration{11, 12, 13} {
		arrives, ok := l.accept(now, 1500)
		if got := arrives.Sub(now).Round(time.Microsecond); !ok || got != want*time.Millisecond {
			t.Errorf("packet %d arrives after %v, %v", i, got, ok)
		}
	}
	// Nothing is saved up while nobody sends.
	now = now.Add(time.Second)
	if arrives, _ := l.accept(now, 1500); arrives.Sub(now).Round(time.Microsecond) != 11*time.Millisecond {
		t.Errorf("after a pause: %v", arrives.Sub(now))
	}
}

func TestQueueIsBounded(t *testing.T) {
	l := newLine(1)
	is := condition{DelayMs: 1, Mbits: 1}
	l.set(is)
	now := time.Unix(1, 0)
	most := int(is.queue())/1000 + 2
	for range 2 * most {
		l.accept(now, 1000)
	}
	if c := l.set(is); c.Packets != int64(2*most) || c.Full < int64(most-2) || c.Lost != 0 {
		t.Errorf("%+v", c)
	}
	if want := 1000.0 * 1000 / 8 * 2 * 80; (condition{DelayMs: 80, Mbits: 1000}).queue() != want {
		t.Errorf("the queue of a long link is not %v", want)
	}
}

func TestLoss(t *testing.T) {
	l := newLine(1)
	is := condition{Mbits: 1e9, Loss: 0.005}
	l.set(is)
	now := time.Unix(1, 0)
	arrived := 0
	for range 100_000 {
		if _, ok := l.accept(now, 1000); ok {
			arrived++
		}
	}
	c := l.set(is)
	if c.Lost != int64(100_000-arrived) || math.Abs(float64(c.Lost)-500) > 100 {
		t.Errorf("%+v, %d arrived", c, arrived)
	}
	if l.set(is) != (counts{}) {
		t.Error("counts go on under a new condition")
	}
}
