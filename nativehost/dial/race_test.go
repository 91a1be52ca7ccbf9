package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

func at(texts ...string) []netip.AddrPort {
	var all []netip.AddrPort
	for _, text := range texts {
		all = append(all, netip.AddrPortFrom(netip.MustParseAddr(text), 7))
	}
	return all
}

func TestFamiliesTakeTurns(t *testing.T) {
	for given, want := range map[string]string{
		"":                            "",
		"1.1.1.1":                     "1.1.1.1",
		"::1 ::2 1.1.1.1":             "::1 1.1.1.1 ::2",
		"1.1.1.1 ::1 ::2 2.2.2.2 ::3": "1.1.1.1 ::1 2.2.2.2 ::2 ::3",
		"1.1.1.1 2.2.2.2 3.3.3.3 ::1": "1.1.1.1 ::1 2.2.2.2 3.3.3.3",
	} {
		if got := interleave(at(strings.Fields(given)...)); !slices.Equal(got, at(strings.Fields(want)...)) {
			t.Errorf("%s: %v", given, got)
		}
	}
}

// slow connects to a listener after a while, even when nobody waits for it any more.
func slow(after time.Duration, to netip.AddrPort) func(context.Context, netip.AddrPort) (net.Conn, error) {
	return func(context.Context, netip.AddrPort) (net.Conn, error) {
		time.Sleep(after)
		return net.Dial("tcp", to.String())
	}
}

func TestRaceClosesLateConnections(t *testing.T) {
	late, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	prompt := listen(t, "tcp4", "127.0.0.1:0")
	began := time.Now()
	conn, err := race(t.Context(), at("::1", "127.0.0.1"), nil, func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		if to.Addr().Is6() {
			return slow(attemptDelay+150*time.Millisecond, late.Addr().(*net.TCPAddr).AddrPort())(ctx, to)
		}
		return slow(0, prompt)(ctx, to)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if took := time.Since(began); took < attemptDelay || conn.RemoteAddr().(*net.TCPAddr).AddrPort() != prompt {
		t.Errorf("connected to %v after %v", conn.RemoteAddr(), took)
	}
	// race has waited for the loser.
	peer, err := late.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the loser's peer reads %v", err)
	}
}

func TestRaceWithoutWinner(t *testing.T) {
	var mu sync.Mutex
	var tried []netip.AddrPort
	failing := func(failure error) func(context.Context, netip.AddrPort) (net.Conn, error) {
		return func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			tried = append(tried, to)
			return nil, failure
		}
	}
	many := at("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "10.0.0.9", "10.0.0.10")
	began := time.Now()
	if _, err := race(t.Context(), many, nil, failing(syscall.ECONNREFUSED)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("all refuse: %v", err)
	}
	// One fails after the other, not one every attemptDelay, and not too many.
	if !slices.Equal(tried, many[:maxAttempts]) || time.Since(began) >= (maxAttempts-1)*attemptDelay {
		t.Errorf("tried %v in %v", tried, time.Since(began))
	}
	tried = nil
	if _, err := race(t.Context(), many, nil, failing(refusal{fault.ErrAddress})); !errors.Is(err, fault.ErrAddress) || len(tried) != 1 {
		t.Errorf("refused: %v after %v", err, tried)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := race(ctx, many, nil, func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody answers: %v", err)
	}
}

func TestSameDestination(t *testing.T) {
	lo, err := net.InterfaceByIndex(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"192.0.2.1:7", "192.0.2.1:7", true},
		{"[::ffff:192.0.2.1]:7", "192.0.2.1:7", true},
		{"192.0.2.1:7", "192.0.2.1:8", false},
		{"192.0.2.1:7", "192.0.2.2:7", false},
		{"[fe80::1%" + lo.Name + "]:7", "[fe80::1%1]:7", true},
		{"[fe80::1%" + lo.Name + "]:7", "[fe80::1]:7", false},
		{"[fe80::1%" + lo.Name + "]:7", "[fe80::1%2]:7", false},
	} {
		if got := same(netip.MustParseAddrPort(c.a), netip.MustParseAddrPort(c.b)); got != c.want {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}
