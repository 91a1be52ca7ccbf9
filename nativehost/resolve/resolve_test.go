package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func host(t testing.TB, text string) address.Host {
	t.Helper()
	h, err := address.ParseHost(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func addrs(texts ...string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// addresses returns all that a host has, those that come late behind the others.
func addresses(ctx context.Context, r *Resolver, host address.Host, family Family) ([]netip.Addr, error) {
	answer, err := r.Ask(ctx, host, family)
	all := answer.Addrs
	if answer.Late != nil {
		for addrs := range answer.Late {
			all = append(all, addrs...)
		}
	}
	return all, err
}

func TestNobodyIsAskedForAddressesAndLocalhost(t *testing.T) {
	// It would not be answered in time if anybody were.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		host   string
		family Family
		want   []netip.Addr
	}{
		{"192.0.2.7", Any, addrs("192.0.2.7")},
		{"192.0.2.7", IPv4, addrs("192.0.2.7")},
		{"192.0.2.7", IPv6, nil},
		{"2001:db8::7", Any, addrs("2001:db8::7")},
		{"2001:db8::7", IPv4, nil},
		{"2001:db8::7", IPv6, addrs("2001:db8::7")},
		{"::ffff:192.0.2.7", Any, addrs("192.0.2.7")},
		{"::ffff:192.0.2.7", IPv6, nil},
		{"fe80::1%eth0", Any, addrs("fe80::1%eth0")},
		{"localhost", Any, addrs("127.0.0.1", "::1")},
		{"localhost", IPv4, addrs("127.0.0.1")},
		{"a.b.localhost", IPv6, addrs("::1")},
	} {
		got, err := addresses(ctx, new(Resolver), host(t, c.host), c.family)
		if !slices.Equal(got, c.want) || errors.Is(err, fault.ErrDNS) != (c.want == nil) {
			t.Errorf("%s %s: %v, %v", c.host, c.family, got, err)
		}
	}
	if _, err := addresses(t.Context(), new(Resolver), address.Host{}, Any); !errors.Is(err, fault.ErrDNS) {
		t.Errorf("no host: %v", err)
	}
	for _, name := range []string{"name.example", "name.local"} {
		if _, err := addresses(ctx, new(Resolver), host(t, name), Any); !errors.Is(err, fault.ErrAborted) {
			t.Errorf("%s, given up: %v", name, err)
		}
	}
}
