package listen

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/time/rate"

	"github.com/portside/portside/nativehost/internal/netns"
)

// backlog returns how many connections wait with the system, and how many may.
func backlog(t *testing.T, l *Listener) (wait, most int) {
	t.Helper()
	raw, err := l.tcp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var info *unix.TCPInfo
	if controlled := raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); controlled != nil || err != nil {
		t.Fatal(controlled, err)
	}
	// Of a socket that listens these are the length of the queue and its bound.
	return int(info.Unacked), int(info.Sacked)
}

func TestNothingIsTakenUnlessAsked(t *testing.T) {
	for name, l := range map[string]*Listener{"plain": open(t, nil), "TLS": openSecure(t)} {
		t.Run(name, func(t *testing.T) {
			wantWaiting := func(n int) {
				t.Helper()
				waitFor(t, "the backlog", func() bool { wait, _ := backlog(t, l); return wait == n })
				time.Sleep(20 * time.Millisecond)
				if wait, _ := backlog(t, l); wait != n {
					t.Errorf("%d wait with the system, not %d", wait, n)
				}
			}
			for range 3 {
				connect(t, l)
			}
			wantWaiting(3)
			if name == "plain" {
				accept(t, l)
				wantWaiting(2)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for range 3 {
				if c, err := l.Accept(ctx); err == nil {
					c.Close()
				}
			}
			time.Sleep(20 * time.Millisecond) // one that is just being taken
			wait, _ := backlog(t, l)
			connect(t, l)
			wantWaiting(wait + 1)
		})
	}
}

func TestHandshakesAreBounded(t *testing.T) {
	l := openSecure(t)
	for range maxHandshakes + 3 {
		connect(t, l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan struct{})
	go func() {
		defer close(given)
		_, _ = l.Accept(ctx)
	}()
	waitFor(t, "the backlog", func() bool { wait, _ := backlog(t, l); return wait == 3 })
	time.Sleep(50 * time.Millisecond)
	if wait, _ := backlog(t, l); wait != 3 {
		t.Errorf("%d wait with the system", wait)
	}
	cancel()
	<-given
}

// Who shakes hands wrongly on purpose, again and again, costs no more than a bounded rate.
func TestFailedHandshakesHavePace(t *testing.T) {
	l := openSecure(t)
	l.unwanted = rate.NewLimiter(rate.Every(time.Hour), 3)
	for range 3 + maxHandshakes + 4 {
		if _, err := connect(t, l).Write([]byte("no hello")); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan struct{})
	go func() {
		defer close(given)
		_, _ = l.Accept(ctx)
	}()
	waitFor(t, "the pace", func() bool { wait, _ := backlog(t, l); return wait == 4 })
	time.Sleep(50 * time.Millisecond)
	if wait, _ := backlog(t, l); wait != 4 {
		t.Errorf("%d wait with the system", wait)
	}
	cancel()
	<-given
}

func TestBacklog(t *testing.T) {
	for asked, want := range map[int]int{1: 1, 7: 7, 1 << 31: 0, 0: 0} {
		l := open(t, func(c *Config) { c.Backlog = asked })
		_, most := backlog(t, l)
		if want == 0 { // the system's maximum
			if most < 128 {
				t.Errorf("%d: no more than %d wait", asked, most)
			}
		} else if most != want {
			t.Errorf("%d: %d may wait", asked, most)
		}
	}
}

func TestFamilies(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	for _, row := range []struct {
		address string
		only6   bool
		reaches map[string]bool
	}{
		{"0.0.0.0:0", false, map[string]bool{"127.0.0.1": true, "::1": false}},
		{"[::]:0", false, map[string]bool{"127.0.0.1": true, "::1": true}},
		{"[::]:0", true, map[string]bool{"127.0.0.1": false, "::1": true}},
		{"[::1]:0", false, map[string]bool{"127.0.0.1": false, "::1": true}},
	} {
		l := open(t, func(c *Config) { c.Address, c.IPv6Only = netip.MustParseAddrPort(row.address), row.only6 })
		for host, want := range row.reaches {
			at := netip.AddrPortFrom(netip.MustParseAddr(host), l.Addr().Port())
			c, err := net.DialTimeout("tcp", at.String(), patience)
			if err == nil {
				c.Close()
			}
			if (err == nil) != want {
				t.Errorf("%s, IPv6 only %v: %s says %v", row.address, row.only6, host, err)
			}
		}
	}
}

// A neighbour reaches the address of another of our interfaces by its own cable. The one
// who is in the address's network may.
func TestOnlyByTheInterface(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	here, there := netns.NewNeighbour(t), netns.NewNeighbour(t)
	here.Join(t, "net0", []string{"10.1.0.1/24", "fd00:1::1/64"}, "far", []string{"10.1.0.2/24", "fd00:1::2/64"})
	there.Join(t, "net1", []string{"10.2.0.1/24", "fd00:2::1/64"}, "far", []string{"10.2.0.2/24", "fd00:2::2/64"})
	there.Run(t, "ip", "route", "add", "10.1.0.0/24", "via", "10.2.0.1")
	there.Run(t, "ip", "-6", "route", "add", "fd00:1::/64", "via", "fd00:2::1")
	linkLocal := linkLocalOf(t, "net0")
	for _, address := range []netip.Addr{netip.MustParseAddr("10.1.0.1"), netip.MustParseAddr("fd00:1::1"), linkLocal} {
		t.Run(address.String(), func(t *testing.T) {
			l := open(t, func(c *Config) { c.Address, c.OneInterface = netip.AddrPortFrom(address, 0), true })
			zone := ""
			if address.Zone() != "" {
				zone = "far"
			}
			if l.Addr().Addr() != address {
				t.Errorf("listens at %v", l.Addr())
			}
			if address.Zone() == "" {
				var c net.Conn
				there.Do(t, func() { c = connect(t, l) })
				ctx, cancel := context.WithCancel(t.Context())
				given := make(chan struct{})
				go func() {
					defer close(given)
					if conn, err := l.Accept(ctx); err == nil {
						conn.Close()
						t.Error("somebody else's network reaches it")
					}
				}()
				wantReset(t, c)
				cancel()
				<-given
				if n := l.TurnedAway(); n != 1 {
					t.Errorf("%d were turned away", n)
				}
			}
			heard := make(chan string)
			// A program of its own: package net remembers the names of zones, and they differ.
			go func() {
				heard <- here.Run(t, "bash", "-c", "cat </dev/tcp/"+address.WithZone(zone).String()+"/"+port(l))
			}()
			taken := accept(t, l)
			write(t, taken, "the neighbour's")
			taken.Close()
			if text := <-heard; text != "the neighbour's" {
				t.Errorf("the neighbour hears %q", text)
			}
			c := connect(t, l)
			say(t, accept(t, l), c, "this computer's own")
		})
	}
}

func port(l *Listener) string { return strconv.Itoa(int(l.Addr().Port())) }

// linkLocalOf returns an interface's link-local address, with its zone.
func linkLocalOf(t *testing.T, name string) netip.Addr {
	t.Helper()
	iface, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := iface.Addrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		if ip, ok := netip.AddrFromSlice(addr.(*net.IPNet).IP); ok && ip.Is6() && ip.IsLinkLocalUnicast() {
			return ip.WithZone(name)
		}
	}
	t.Fatal("no link-local address")
	return netip.Addr{}
}

// An address that comes and goes is seen within a second.
func TestInterfacesAreReread(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	neighbour := netns.NewNeighbour(t)
	neighbour.Join(t, "net0", []string{"10.1.0.1/24"}, "far", []string{"10.1.0.2/24"})
	var n interfaces
	local, remote := netip.MustParseAddr("10.1.0.9"), netip.MustParseAddr("10.1.0.2")
	if n.same(local, remote) {
		t.Error("an address that is not there has an interface")
	}
	netns.Run(t, "ip", netns.AddAddr("10.1.0.9/24", "net0")...)
	waitFor(t, "the address", func() bool { return n.same(local, remote) })
}
