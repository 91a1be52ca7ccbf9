package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/mdnstest"
	"github.com/portside/portside/nativehost/internal/netns"
)

// want resolves and compares.
func want(t *testing.T, text string, family Family, expected []netip.Addr) {
	t.Helper()
	began := time.Now()
	got, err := addresses(t.Context(), new(Resolver), host(t, text), family)
	if err != nil || !slices.Equal(got, expected) {
		t.Errorf("%s %s: %v, %v; want %v", text, family, got, err, expected)
	}
	t.Logf("%s %s: %v", text, family, time.Since(began).Round(time.Millisecond))
}

func wantNothing(t *testing.T, text string, family Family) {
	t.Helper()
	if got, err := addresses(t.Context(), new(Resolver), host(t, text), family); !errors.Is(err, fault.ErrDNS) {
		t.Errorf("%s %s: %v, %v", text, family, got, err)
	}
}

func TestLocalNamesFromAvahi(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	log := netns.Dnsmasq(t, "--host-record=printer.local,192.0.2.66", "--host-record=known.example,192.0.2.1")
	h.Second.Avahi(t, [2]string{"printer.local", "10.78.0.50"}, [2]string{"scanner.local", "fd78::50"}, [2]string{"both.local", "10.78.0.51"},
		[2]string{"both.local", "fd78::51"}, [2]string{"trap.local", "127.0.0.9"})
	want(t, "printer.local", Any, addrs("10.78.0.50"))
	want(t, "PRINTER.local.", IPv4, addrs("10.78.0.50"))
	wantNothing(t, "printer.local", IPv6)
	want(t, "scanner.local", Any, addrs("fd78::50"))
	want(t, "both.local", Any, addrs("10.78.0.51", "fd78::51"))
	want(t, "both.local", IPv6, addrs("fd78::51"))
	wantNothing(t, "trap.local", Any)
	wantNothing(t, "absent.local", Any)
	// Its own name has its own addresses, the link-local one with our name of the link.
	got, err := addresses(t.Context(), new(Resolver), host(t, "avahi.local"), Any)
	if err != nil || !slices.Contains(got, addrs("10.78.0.2")[0]) {
		t.Errorf("avahi.local: %v, %v", got, err)
	}
	for _, addr := range got {
		if addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() != "lan1" {
			t.Errorf("avahi.local: %v", addr)
		}
	}
	t.Logf("avahi.local: %v", got)

	// The name server had an answer to offer, was there, and was not asked.
	want(t, "known.example", Any, addrs("192.0.2.1"))
	for line := range strings.SplitSeq(log.Output(t), "\n") {
		if strings.Contains(line, "query[") && !strings.Contains(line, "known.example") {
			t.Errorf("the name server was asked: %s", line)
		}
	}
}

// A responder on this computer itself is a neighbour like others.
func TestLocalNamesFromThisComputer(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	mdnstest.NewNetwork(t)
	mdnstest.Serve(t, "lan0", "it", "self.local.", "10.77.0.1", "fd77::1")
	want(t, "self.local", Any, addrs("10.77.0.1", "fd77::1"))
}

func TestLocalNamesFromAnotherResponder(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	mdnstest.ServeAt(t, h.First, "it", "first.local.", "10.77.0.2")
	mdnstest.ServeAt(t, h.Second, "it", "second.local.", "10.78.0.2", "fd78::2")
	want(t, "first.local", Any, addrs("10.77.0.2"))
	want(t, "second.local", Any, addrs("10.78.0.2", "fd78::2"))
	want(t, "second.local", IPv6, addrs("fd78::2"))
	mdnstest.ServeAt(t, h.Second, "it", "linklocal.local.", "fe80::78")
	want(t, "linklocal.local", Any, addrs("fe80::78%lan1"))
	// Asking ends with the context, and tells.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := addresses(ctx, new(Resolver), host(t, "absent.local"), Any); !errors.Is(err, fault.ErrTimeout) || time.Since(began) > time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	began = time.Now()
	wantNothing(t, "absent.local", Any)
	if took := time.Since(began); took < linkPatience || took > linkPatience+time.Second {
		t.Errorf("nobody answered after %v", took)
	}
}
