package listen

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/gate"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// open listens on 127.0.0.1 as change says, until the end of the test.
func open(t *testing.T, change func(*Config)) *Listener {
	t.Helper()
	config := Config{Address: netip.MustParseAddrPort("127.0.0.1:0")}
	if change != nil {
		change(&config)
	}
	l, err := Listen(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// connect connects to a listener, until the end of the test.
func connect(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", l.Addr().String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// accept wants a connection, and closes it at the end of the test.
func accept(t *testing.T, l *Listener) *dial.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := l.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// wantReset wants the listener's side to end a connection by RST.
func wantReset(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) || fault.Describe(fault.Classify(err)).Reason != "reset" {
		t.Errorf("not reset: %v", err)
	}
}

// say writes on one side and wants it on the other.
func say(t *testing.T, from *dial.Conn, to net.Conn, text string) {
	t.Helper()
	write(t, from, text)
	got := make([]byte, len(text))
	_ = to.SetDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Fatalf("got %q, %v; want %q", got, err, text)
	}
}

func write(t *testing.T, c *dial.Conn, text string) {
	t.Helper()
	g := gate.New()
	g.Enter()
	if _, err := c.Write(g, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestConnectionsComeInOrder(t *testing.T) {
	l := open(t, nil)
	first, second := connect(t, l), connect(t, l)
	say(t, accept(t, l), first, "one")
	say(t, accept(t, l), second, "two")
}

// Those who ask are served in order, too, each with one connection.
func TestManyWait(t *testing.T) {
	const waiters = 8
	l := open(t, nil)
	var waiting sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]bool{}
	for range waiters {
		waiting.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c, err := l.Accept(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			mu.Lock()
			defer mu.Unlock()
			seen[c.RemoteAddr().String()] = true
		})
	}
	for range waiters {
		connect(t, l)
	}
	waiting.Wait()
	if len(seen) != waiters {
		t.Errorf("%d connections for %d who asked", len(seen), waiters)
	}
}

func TestGivenUp(t *testing.T) {
	l := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error, 1)
	go func() {
		_, err := l.Accept(ctx)
		given <- err
	}()
	waitFor(t, "the one who waits", func() bool { return waiters(l) == 1 })
	cancel()
	if err := <-given; !errors.Is(err, fault.ErrAborted) {
		t.Errorf("given up with %v", err)
	}
	// Whoever asks next gets what comes next.
	c := connect(t, l)
	say(t, accept(t, l), c, "hello")
}

// A connection that came when nobody wanted it any more is the next one's.
func TestComesWhileGivenUp(t *testing.T) {
	l := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 200 {
		c := connect(t, l)
		taken, err := l.Accept(ctx)
		if err != nil {
			taken = accept(t, l)
		}
		if taken.RemoteAddr().String() != c.LocalAddr().String() {
			t.Fatal("a connection is lost")
		}
		c.Close()
		taken.Close()
	}
}

func TestCloseEndsWaitingOnly(t *testing.T) {
	l := open(t, nil)
	c := connect(t, l)
	taken := accept(t, l)
	given := make(chan error, 1)
	go func() {
		_, err := l.Accept(t.Context())
		given <- err
	}()
	waitFor(t, "the one who waits", func() bool { return waiters(l) == 1 })
	l.Close()
	if err := <-given; !errors.Is(err, fault.ErrAborted) {
		t.Errorf("given up with %v", err)
	}
	if _, err := l.Accept(t.Context()); !errors.Is(err, fault.ErrAborted) {
		t.Errorf("a closed listener says %v", err)
	}
	if _, err := net.DialTimeout("tcp", l.Addr().String(), patience); err == nil {
		t.Error("somebody listens still")
	}
	say(t, taken, c, "still there")
}

// What waited in the backlog when the listener closed is reset, not forgotten.
func TestCloseResetsBacklog(t *testing.T) {
	l := open(t, nil)
	c := connect(t, l)
	l.Close()
	wantReset(t, c)
}

func TestRefusedIsTurnedAway(t *testing.T) {
	refused := errors.New("not this one")
	var asked []netip.Addr
	l := open(t, func(c *Config) {
		c.Judge = func(remote netip.AddrPort) error {
			asked = append(asked, remote.Addr())
			if len(asked) < 3 {
				return refused
			}
			return nil
		}
	})
	first, second, third := connect(t, l), connect(t, l), connect(t, l)
	taken := accept(t, l)
	wantReset(t, first)
	wantReset(t, second)
	say(t, taken, third, "hello")
	if n := l.TurnedAway(); n != 2 {
		t.Errorf("%d were turned away", n)
	}
	for _, addr := range asked {
		if addr != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("judged %v", addr)
		}
	}
}

func TestUnwantedFloodHasPace(t *testing.T) {
	l := open(t, func(c *Config) { c.Judge = func(netip.AddrPort) error { return fault.ErrAddress } })
	l.unwanted = rate.NewLimiter(rate.Every(time.Hour), 3)
	for range 20 {
		connect(t, l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan struct{})
	go func() {
		defer close(given)
		_, _ = l.Accept(ctx)
	}()
	waitFor(t, "the pace", func() bool { return l.TurnedAway() >= 4 })
	time.Sleep(50 * time.Millisecond)
	if n := l.TurnedAway(); n != 4 {
		t.Errorf("%d were turned away at once", n)
	}
	cancel()
	<-given
	l.Close() // does not wait for the pace
}

// Nobody else gets the port while it is open; right after, whoever wants it does, though
// connections of the first are still there.
func TestPortIsNotShared(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"} {
		t.Run(address, func(t *testing.T) {
			l := open(t, func(c *Config) { c.Address = netip.MustParseAddrPort(address) })
			at := netip.AddrPortFrom(netip.MustParseAddrPort(address).Addr(), l.Addr().Port())
			rivals := []netip.AddrPort{at}
			if at.Addr().IsUnspecified() {
				rivals = append(rivals, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port()))
			}
			for _, rival := range rivals {
				if other, err := Listen(t.Context(), Config{Address: rival}); err == nil {
					other.Close()
					t.Errorf("%v is shared", rival)
				}
			}
			c := connect(t, l)
			taken := accept(t, l)
			l.Close()
			again := open(t, func(c *Config) { c.Address = at })
			say(t, taken, c, "the first one's")
			next := connect(t, again)
			say(t, accept(t, again), next, "the second one's")
		})
	}
}

// Nothing remains of a connection that has ended.
func TestManyInTurn(t *testing.T) {
	const rounds, inRound = 20, 1000
	if testing.Short() {
		t.Skip("it takes seconds: -short")
	}
	l := open(t, func(c *Config) { c.Judge = func(netip.AddrPort) error { return nil } })
	used := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var goroutines int
	var memory int64
	for round := range rounds {
		for range inRound {
			visitor, err := net.DialTimeout("tcp", l.Addr().String(), patience)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := l.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.Reset()
			visitor.Close()
		}
		if round == 0 {
			goroutines, memory = runtime.NumGoroutine(), used()
		}
	}
	if grown := used() - memory; grown > 1<<20 { // 55 bytes for each connection
		t.Errorf("%d bytes more than at the beginning", grown)
	}
	if now := runtime.NumGoroutine(); now > goroutines+2 {
		t.Errorf("%d goroutines, %d at the beginning", now, goroutines)
	}
}

// waiters returns how many wait for a connection.
func waiters(l *Listener) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiters)
}

// waitFor waits until something is true.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waiting for %s: it does not come", what)
		}
	}
}
