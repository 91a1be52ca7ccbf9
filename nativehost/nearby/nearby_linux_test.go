package nearby

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/internal/netns"
)

// campus gives the test a computer with addresses of the Internet, on a link with a
// neighbour that is also its way out.
func campus(t *testing.T) {
	t.Helper()
	n := netns.NewNeighbour(t)
	n.Join(t, "lan0", []string{"93.184.220.7/24", "10.9.8.7/24", "23.1.2.7/8", "2606:2800:220::7/64", "2606:2800:221::7/128"},
		"eth0", []string{"93.184.220.1/24", "2606:2800:220::1/64"})
	netns.Run(t, "ip", "route", "add", "default", "via", "93.184.220.1")
	netns.Run(t, "ip", "route", "add", "default", "via", "2606:2800:220::1")
	for _, addr := range []string{"93.184.230.0/28", "93.184.231.7/32", "2606:2800:231::7/128"} {
		netns.Run(t, "ip", netns.AddAddr(addr, "lo")...)
	}
	netns.Run(t, "ip", "link", "add", "off0", "type", "veth", "peer", "name", "off1")
	netns.Run(t, "ip", netns.AddAddr("93.184.240.7/24", "off0")...)
}

func TestClass(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	campus(t)
	n := New(zerolog.Nop())
	for addr, want := range map[string]address.Class{
		// Its own, whatever kind and wherever.
		"93.184.220.7": address.Loopback, "2606:2800:220::7": address.Loopback, "2606:2800:221::7": address.Loopback, "10.9.8.7": address.Loopback,
		"23.1.2.7": address.Loopback, "93.184.231.7": address.Loopback, "2606:2800:231::7": address.Loopback, "93.184.240.7": address.Loopback,
		"93.184.230.9": address.Loopback, "127.0.0.1": address.Loopback, "::1": address.Loopback,
		// In other clothes.
		"::ffff:93.184.220.7": address.Loopback, "64:ff9b::93.184.220.7": address.Loopback, "2002:5db8:dc07::1": address.Loopback, "2606:2800:220::7%lan0": address.Loopback,
		// Neighbours: the gateway, and who may or may not be there.
		"93.184.220.1": address.Private, "93.184.220.200": address.Private, "2606:2800:220::1": address.Private, "2606:2800:220::aaaa:1": address.Private,
		"2606:2800:221::8": address.Private, "10.9.8.1": address.Private, "fe80::1%lan0": address.Private,
		"::ffff:93.184.220.1": address.Private, "64:ff9b::93.184.220.1": address.Private, "2002:5db8:dc01::1": address.Private,
		// Beyond the gateway, or beyond what can be known.
		"93.184.215.14": address.Public, "93.184.221.1": address.Public, "2606:2800:220:1::1": address.Public, "2606:2800:222::1": address.Public,
		"64:ff9b::93.184.215.14": address.Public, "23.1.2.8": address.Public, "93.184.231.8": address.Public, "2606:2800:231::8": address.Public,
		"93.184.240.8": address.Public, "93.184.230.16": address.Public,
		// Everybody on a link at once, by either of the two addresses for that, and in
		// other clothes; a prefix need not be short enough for a link. What is our own,
		// or on an interface that is down, is none.
		"93.184.220.255": address.Never, "93.184.220.0": address.Never, "10.9.8.255": address.Never, "23.255.255.255": address.Never, "23.0.0.0": address.Never,
		"127.255.255.255": address.Never, "93.184.230.15": address.Never, "93.184.230.0": address.Loopback,
		"::ffff:93.184.220.255": address.Never, "64:ff9b::93.184.220.255": address.Never, "2002:5db8:dcff::1": address.Never,
		"93.184.240.255": address.Public, "93.184.231.0": address.Public, "2606:2800:220::": address.Private,
	} {
		if got := n.Class(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v, not %v", addr, got, want)
		}
	}
	if got := n.Class(netip.Addr{}); got != address.Public {
		t.Errorf("no address: %v", got)
	}
}

// What was read counts for a while, and not for longer.
func TestChangesAreSeen(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := New(zerolog.Nop())
	addr := netip.MustParseAddr("93.184.220.7")
	if got := n.Class(addr); got != address.Public {
		t.Fatalf("at first: %v", got)
	}
	read := n.read
	for range 1_000 {
		n.Class(addr)
	}
	if took := time.Since(read); n.read != read && took < fresh {
		t.Errorf("read again after %v", took)
	}
	changed := time.Now()
	netns.Run(t, "ip", netns.AddAddr("93.184.220.7/32", "lo")...)
	netns.Until(t, "the new address", func() bool { return n.Class(addr) == address.Loopback })
	t.Logf("seen after %v", time.Since(changed).Round(time.Millisecond))
	netns.Run(t, "ip", "addr", "del", "93.184.220.7/32", "dev", "lo")
	netns.Until(t, "its end", func() bool { return n.Class(addr) == address.Public })
}

// Without a descriptor to be had the system tells nothing. That changes nothing,
// neither for those who knew nothing nor for those who knew something.
func TestSystemThatDoesNotTell(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	campus(t)
	own := netip.MustParseAddr("93.184.220.7")
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	setLimit := func(n uint64) {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(n *Nearby) address.Class {
		n.mu.Lock()
		n.read = time.Time{}
		n.mu.Unlock()
		return n.Class(own)
	}
	var log bytes.Buffer
	n := New(zerolog.New(&log))
	setLimit(0)
	for range 3 {
		if got := ask(n); got != address.Public {
			t.Errorf("nothing is known, and it says %v", got)
		}
	}
	if got := strings.Count(log.String(), "cannot be read"); got != 1 {
		t.Errorf("%d complaints: %s", got, log.String())
	}
	setLimit(limit.Cur)
	if got := ask(n); got != address.Loopback {
		t.Errorf("the system tells again, and it says %v", got)
	}
	setLimit(0)
	if got := ask(n); got != address.Loopback {
		t.Errorf("what was known is forgotten: %v", got)
	}
	setLimit(limit.Cur)
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := read(); err != nil {
			b.Fatal(err)
		}
	}
}
