package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/netns"
)

// questions returns the names that a name server was asked for, each once.
func questions(t *testing.T, server *netns.Process) []string {
	t.Helper()
	var names []string
	for line := range strings.SplitSeq(server.Output(t), "\n") {
		if _, rest, ok := strings.Cut(line, "query["); ok {
			names = append(names, strings.Fields(rest)[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestTheSystemsServers(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	netns.Replace(t, "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 this-computer listed.example\n192.0.2.99 localhost evil.localhost\n")
	log := netns.Dnsmasq(t,
		"--host-record=both.example,192.0.2.1,2001:db8::1", "--host-record=four.example,192.0.2.2", "--host-record=six.example,2001:db8::3",
		"--host-record=mapped.example,192.0.2.4,::ffff:192.0.2.4", "--cname=alias.example,both.example", "--host-record=xn--bcher-kva.example,192.0.2.5",
		"--host-record=localhost,192.0.2.98", "--host-record=printer.local,192.0.2.97", "--host-record=short.example,192.0.2.96")
	resolv, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		t.Fatal(err)
	}
	// A search list makes other names of names: below "local", for example.
	if err := os.WriteFile("/etc/resolv.conf", append(resolv, "search local localhost example\noptions ndots:3\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	sorted := func(text string, family Family, expected ...string) {
		t.Helper()
		got, err := addresses(t.Context(), new(Resolver), host(t, text), family)
		slices.SortFunc(got, netip.Addr.Compare)
		if err != nil || !slices.Equal(got, addrs(expected...)) {
			t.Errorf("%s %s: %v, %v; want %v", text, family, got, err, expected)
		}
	}
	sorted("both.example", Any, "192.0.2.1", "2001:db8::1")
	sorted("both.example", IPv4, "192.0.2.1")
	sorted("both.example", IPv6, "2001:db8::1")
	sorted("alias.example", Any, "192.0.2.1", "2001:db8::1")
	sorted("mapped.example", Any, "192.0.2.4")
	sorted("bücher.example", Any, "192.0.2.5")
	sorted("listed.example", Any, "127.0.1.1")
	sorted("localhost", Any, "127.0.0.1", "::1")
	sorted("evil.localhost", Any, "127.0.0.1", "::1")
	for _, nothing := range []struct {
		name   string
		family Family
	}{
		{"four.example", IPv6}, {"six.example", IPv4}, {"mapped.example", IPv6}, {"absent.example", Any},
		{"printer", Any}, {"short", Any}, {"printer.local", Any}, {"hidden.onion", Any}, {"-.example", Any},
	} {
		wantNothing(t, nothing.name, nothing.family)
	}
	asked := []string{
		"absent.example", "alias.example", "both.example", "four.example", "mapped.example", "printer", "short", "six.example", "xn--bcher-kva.example",
	}
	if got := questions(t, log); !slices.Equal(got, asked) {
		t.Errorf("the name server was asked for %q", got)
	}
}

func TestTheAdministratorsServers(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	system := netns.Dnsmasq(t, "--host-record=name.example,192.0.2.1")
	given := netns.DnsmasqAt(t, "127.0.0.2", "--host-record=name.example,192.0.2.2")
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 3)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	var (
		nobody = netip.MustParseAddrPort("127.0.0.4:53")
		second = netip.MustParseAddrPort("127.0.0.2:53")
		mute   = silent.LocalAddr().(*net.UDPAddr).AddrPort()
	)
	for _, c := range []struct {
		what     string
		servers  []netip.AddrPort
		name     string
		want     []netip.Addr
		patience time.Duration
	}{
		{"none given", nil, "name.example", addrs("192.0.2.1"), 0},
		{"one given", []netip.AddrPort{second}, "name.example", addrs("192.0.2.2"), 0},
		{"nobody at the first", []netip.AddrPort{nobody, second}, "name.example", addrs("192.0.2.2"), 0},
		{"the first does not answer", []netip.AddrPort{mute, second}, "name.example", addrs("192.0.2.2"), serverPatience},
		{"the first knows no such name", []netip.AddrPort{second, netip.MustParseAddrPort("127.0.0.1:53")}, "absent.example", nil, 0},
		{"no server at all", []netip.AddrPort{nobody, nobody}, "name.example", nil, 0},
	} {
		before := len(system.Output(t))
		r := Resolver{Servers: func() []netip.AddrPort { return c.servers }}
		began := time.Now()
		got, err := addresses(t.Context(), &r, host(t, c.name), IPv4)
		took := time.Since(began)
		if !slices.Equal(got, c.want) || errors.Is(err, fault.ErrDNS) != (c.want == nil) || took < c.patience || took > c.patience+2*time.Second {
			t.Errorf("%s: %v, %v after %v", c.what, got, err, took)
		}
		if asked := len(system.Output(t)) > before; asked != (c.servers == nil) {
			t.Errorf("%s: the system's server was asked: %v", c.what, asked)
		}
	}
	if got := questions(t, given); !slices.Equal(got, []string{"absent.example", "name.example"}) {
		t.Errorf("the given server was asked for %q", got)
	}
}

// A server that takes its time is waited for as long as the context lasts, however soon
// the system would give up; of several, each gets another turn.
func TestPatience(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	netns.Replace(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	slow := func(after time.Duration) []netip.AddrPort {
		var began time.Time
		s := &nameServer{t: t, answer: func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
			if began.IsZero() {
				began = time.Now()
			}
			if time.Since(began) < after {
				return nil
			}
			return either(query, "192.0.2.1", "2001:db8::1")
		}}
		return s.start().Servers()
	}
	for what, servers := range map[string][]netip.AddrPort{
		"one":                   slow(1500 * time.Millisecond),
		"two, one is not there": append(slow(1500*time.Millisecond), netip.MustParseAddrPort("127.0.0.4:53")),
	} {
		r := &Resolver{Servers: func() []netip.AddrPort { return servers }}
		began := time.Now()
		if got, err := addresses(t.Context(), r, host(t, "slow.example"), IPv4); err != nil || len(got) != 1 || time.Since(began) > 4*time.Second {
			t.Errorf("%s: %v, %v after %v", what, got, err, time.Since(began))
		}
	}
}

// A server that drops EDNS0 is asked without it also where each question has one second,
// which is as long as the question with EDNS0 may stay without an answer.
func TestServersWithoutEDNSInOneSecond(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	netns.Replace(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	s := &nameServer{t: t, answer: func(query *dnsmessage.Message, edns bool) *dnsmessage.Message {
		if edns {
			return nil
		}
		return either(query, "192.0.2.1", "2001:db8::1")
	}}
	r := s.start()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	began := time.Now()
	if got, err := addresses(ctx, r, host(t, "old.example"), IPv4); err != nil || len(got) != 1 || time.Since(began) > 5*time.Second {
		t.Errorf("%v, %v after %v", got, err, time.Since(began))
	}
}
