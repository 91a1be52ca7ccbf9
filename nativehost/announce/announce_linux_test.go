package announce

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/mdnstest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/nearby"
)

// serviceOn is a service on an interface of this computer.
func serviceOn(t *testing.T, iface, name string, addrs ...string) Config {
	t.Helper()
	at, err := net.InterfaceByName(iface)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Interface: *at, Port: 40404, Type: "_http._tcp", Name: name, TXT: []string{"path=/", "note=a\\b c"}, Log: zerolog.Nop()}
	for _, addr := range addrs {
		c.Addrs = append(c.Addrs, netip.MustParseAddr(addr))
	}
	return c
}

// start announces until the end of the test.
func start(t *testing.T, c Config) *Announcement {
	t.Helper()
	a, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Stop)
	return a
}

func await(t *testing.T, a *Announcement) {
	t.Helper()
	select {
	case <-a.Announced():
	case <-time.After(20 * time.Second):
		t.Fatal("it is not announced")
	}
}

// resolved is what avahi-browse -rp says of a service: "=;eth0;IPv4;name;type;domain;host;address;port;text".
func resolved(output, family, name string) []string {
	for line := range strings.Lines(output) {
		fields := strings.Split(strings.TrimSpace(line), ";")
		if len(fields) == 10 && fields[0] == "=" && fields[2] == family && fields[3] == name {
			return fields
		}
	}
	return nil
}

// A neighbour's avahi finds it within a second, with its text, and loses it at once when it
// ends.
func TestFoundByAvahi(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	avahi := h.First.AvahiOnBus(t, "neighbour")
	browser := avahi.Start(t, "stdbuf", "-oL", "avahi-browse", "-rp", "_http._tcp")
	time.Sleep(500 * time.Millisecond)
	began := time.Now()
	a := start(t, serviceOn(t, "lan0", "Büro 4.1", "10.77.0.1", "fd77::1"))
	const shown = `B\195\188ro\0324\.1`
	for _, family := range []string{"IPv4", "IPv6"} {
		netns.Until(t, "avahi to find it by "+family, func() bool { return resolved(browser.Output(t), family, shown) != nil })
	}
	took := time.Since(began)
	t.Logf("found after %v", took.Round(time.Millisecond))
	if took > time.Second {
		t.Errorf("found after %v", took)
	}
	for family, addr := range map[string]string{"IPv4": "10.77.0.1", "IPv6": "fd77::1"} {
		fields := resolved(browser.Output(t), family, shown)
		if !strings.HasPrefix(fields[6], "portside-") || fields[7] != addr && fields[7] != "10.77.0.1" || fields[8] != "40404" ||
			!strings.Contains(fields[9], `"path=/"`) || !strings.Contains(fields[9], `"note=a\\b c"`) {
			t.Errorf("by %s: %q", family, fields)
		}
	}
	before := strings.Count(browser.Output(t), "\n-;")
	ending := time.Now()
	a.Stop()
	if took := time.Since(ending); took > time.Second {
		t.Errorf("ended after %v", took)
	}
	netns.Until(t, "avahi to lose it", func() bool { return strings.Count(browser.Output(t), "\n-;") >= before+2 })
	// A record that has gone is kept for a second (RFC 6762, section 10.1).
	if took := time.Since(ending); took > 3*time.Second {
		t.Errorf("lost after %v", took)
	}
	t.Logf("lost after %v", time.Since(ending).Round(time.Millisecond))
}

// A daemon of this computer goes on working: it finds and is found, keeps what is sent to its
// own address, and lists ours with everything on the link.
func TestAvahiOnThisComputer(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	own := netns.AvahiOnBus(t, "own", netns.Service{Name: "Daemon's", Type: "_http._tcp", Port: 80})
	a := start(t, serviceOn(t, "lan0", "Page's", "10.77.0.1"))
	await(t, a)
	// The daemon that is started later is bound to port 5353 after us, the other before.
	theirs := h.First.AvahiOnBus(t, "neighbour", netns.Service{Name: "Neighbour's", Type: "_http._tcp", Port: 80})
	for of, avahi := range map[string]*netns.AvahiBus{"this computer's": own, "the neighbour's": theirs} {
		output := avahi.Run(t, "timeout", "10", "avahi-browse", "-rpt", "_http._tcp")
		for name, port := range map[string]string{`Daemon's`: "80", `Page's`: "40404", `Neighbour's`: "80"} {
			shown := strings.ReplaceAll(name, "'", `\039`)
			if fields := resolved(output, "IPv4", shown); fields == nil || fields[8] != port {
				t.Errorf("%s does not find %s: %q in\n%s", of, name, fields, output)
			}
		}
		if output := avahi.Run(t, "timeout", "10", "avahi-resolve", "-4", "-n", "own.local", "neighbour.local"); strings.Count(output, "10.77.0.") < 2 &&
			strings.Count(output, "10.7") < 2 {
			t.Errorf("%s resolves:\n%s", of, output)
		}
	}
	// What is sent to the daemon alone reaches it.
	socket := mdnstest.Socket(t, h.First, "10.77.0.2:40000")
	if answer := ask(t, socket, "10.77.0.1:5353", "own.local.", typeA); answer == nil {
		t.Error("the daemon does not answer who asks it alone")
	}
	if own.Output(t) == "" || strings.Contains(own.Output(t), "invalid") {
		t.Error("the daemon complains")
	}
}

// Portside's own list of devices nearby has it, on the neighbour's computer and on this one.
func TestFoundAsDeviceNearby(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	began := time.Now()
	a := start(t, serviceOn(t, "lan0", "Page's", "10.77.0.1"))
	await(t, a)
	took := time.Since(began)
	browse := func(of string) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		browser := &discover.Browser{Near: nearby.New(zerolog.Nop()), May: func(address.Host, netip.Addr) bool { return true }}
		found := ""
		err := browser.Browse(ctx, discover.Query{Protocol: "tcp", Port: 40404}, func(d discover.Device) {
			found = fmt.Sprintf("%s %s %v", d.Name, d.Service, d.Address)
			t.Logf("%s: %s at %v, %v after it was announced, which took %v", of, found, d.Host, time.Since(began).Round(time.Millisecond), took.Round(time.Millisecond))
			cancel()
		})
		if err != nil || found != "Page's _http._tcp 10.77.0.1" {
			t.Errorf("%s: found %q, %v", of, found, err)
		}
	}
	h.First.Do(t, func() { browse("a neighbour") })
	browse("this computer")
}

// Who has the name already keeps it, and who comes later does not get ours.
func TestNamesAreLeftToTheirOwners(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	avahi := h.First.AvahiOnBus(t, "neighbour", netns.Service{Name: "Taken", Type: "_http._tcp", Port: 80})
	a := start(t, serviceOn(t, "lan0", "Taken", "10.77.0.1"))
	await(t, a)
	if a.Name() != "Taken (2)" {
		t.Errorf("called %q", a.Name())
	}
	output := avahi.Run(t, "timeout", "10", "avahi-browse", "-rpt", "_http._tcp")
	for name, port := range map[string]string{`Taken`: "80", `Taken\032\0402\041`: "40404"} {
		if fields := resolved(output, "IPv4", name); fields == nil || fields[8] != port {
			t.Errorf("%s is %q in\n%s", name, fields, output)
		}
	}
	b := start(t, serviceOn(t, "lan0", "Ours", "10.77.0.1"))
	await(t, b)
	publisher := avahi.Start(t, "avahi-publish", "-s", "Ours", "_http._tcp", "80")
	publisher.Wait(t, "Name collision, picking new name 'Ours #2'")
	if b.Name() != "Ours" {
		t.Errorf("called %q", b.Name())
	}
	// Two of our own do not take each other's, either, though they begin at the same time.
	c, d := start(t, serviceOn(t, "lan0", "Twice", "10.77.0.1")), start(t, serviceOn(t, "lan0", "Twice", "10.77.0.1"))
	await(t, c)
	await(t, d)
	if names := c.Name() + ", " + d.Name(); names != "Twice, Twice (2)" && names != "Twice (2), Twice" {
		t.Errorf("called %s", names)
	}
}

// An address that comes and goes with a session takes its announcement along.
func TestEndsWithItsContext(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	mdnstest.NewNetwork(t)
	ctx, cancel := context.WithCancel(t.Context())
	a, err := Start(ctx, serviceOn(t, "lan0", "Page's", "10.77.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	await(t, a)
	capture := netns.Watch(t, "lan0")
	cancel()
	a.Stop()
	netns.Until(t, "the goodbye", func() bool { return len(goodbyes(t, capture)) >= 2 })
}

// twoNetworks has 10.77.0.0/24 and 10.79.0.0/24 on one link.
func twoNetworks(t *testing.T) mdnstest.Network {
	t.Helper()
	h := mdnstest.NewNetwork(t)
	h.First.Run(t, "ip", "route", "add", "224.0.0.0/4", "dev", "eth0")
	h.First.Run(t, "ip", netns.AddAddr("10.79.0.2/24", "eth0")...)
	netns.Run(t, "ip", netns.AddAddr("10.79.0.1/24", "lan0")...)
	return h
}

// Who has taken the computer to another network is not announced there.
func TestEndsWithItsAddress(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := twoNetworks(t)
	a := start(t, serviceOn(t, "lan0", "Page's", "10.77.0.1"))
	await(t, a)
	conn := mdnstest.Socket(t, h.First, "10.79.0.2:40000")
	if ask(t, conn, multicast, "_http._tcp.local.", typePTR) == nil {
		t.Fatal("not found before")
	}
	time.Sleep(1500 * time.Millisecond)
	netns.Run(t, "ip", "addr", "del", "10.77.0.1/24", "dev", "lan0")
	time.Sleep(lookEvery)
	capture := netns.Watch(t, "lan0")
	for range 2 {
		if answer := ask(t, conn, multicast, "_http._tcp.local.", typePTR); answer != nil {
			t.Errorf("found afterwards: %v", answer)
		}
	}
	if sent := capture.Packets(); len(sent) > 0 {
		t.Errorf("%d packets were sent", len(sent))
	}
	select {
	case <-a.ended:
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}

// Who checks that an answer comes from their own network (RFC 6762, section 11) hears of a
// socket at the second address of an interface, too.
func TestComesFromItsAddress(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := twoNetworks(t)
	capture := netns.Watch(t, "lan0")
	a := start(t, serviceOn(t, "lan0", "Page's", "10.79.0.1"))
	await(t, a)
	if ask(t, mdnstest.Socket(t, h.First, "10.79.0.2:40000"), multicast, "_http._tcp.local.", typePTR) == nil {
		t.Error("no answer")
	}
	a.Stop()
	// Three probes, an announcement, an answer and a goodbye.
	netns.Until(t, "all packets of it", func() bool {
		sent := 0
		for _, p := range capture.Packets() {
			if p.From.Is4() {
				sent++
				if p.From != netip.MustParseAddr("10.79.0.1") {
					t.Errorf("from %s to %s", p.From, p.To)
				}
			}
		}
		return t.Failed() || sent >= 6
	})
}

func TestSocketsAreAnnouncedWhereTheyAre(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	mdnstest.NewNetwork(t)
	what := announcement("_http._tcp", "Page's")
	for _, c := range []struct {
		socket Socket
		want   string
	}{
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("10.78.0.1:1")}, "lan1: 10.78.0.1"},
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("[fd77::1]:1")}, "lan0: fd77::1"},
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("0.0.0.0:1")}, "lan0: 10.77.0.1; lan1: 10.78.0.1"},
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("[::]:1")}, "lan0: 10.77.0.1 fd77::1; lan1: 10.78.0.1 fd78::1"},
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("[::]:1"), IPv6Only: true}, "lan0: fd77::1; lan1: fd78::1"},
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("127.0.0.1:1")}, ""},
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("[::1]:1")}, ""},
		{Socket{Protocol: "tcp", Local: netip.MustParseAddrPort("192.0.2.1:1")}, ""},
	} {
		interfaces, err := net.Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, iface := range interfaces {
			if addrs := c.socket.at(iface); len(addrs) > 0 {
				got = append(got, iface.Name+": "+strings.Trim(fmt.Sprint(sorted(addrs)), "[]"))
			}
		}
		if all := strings.Join(got, "; "); all != c.want {
			t.Errorf("%v is announced at %q, want %q", c.socket, all, c.want)
		}
		sockets, err := c.socket.Start(t.Context(), what, zerolog.Nop())
		if c.want == "" && !errors.Is(err, fault.ErrUnreachable) || c.want != "" && err != nil {
			t.Errorf("%v: %v", c.socket, err)
		}
		if len(sockets) != len(got) {
			t.Errorf("%v has %d announcements", c.socket, len(sockets))
		}
		sockets.Stop()
	}
	udp := Socket{Protocol: "udp", Local: netip.MustParseAddrPort("10.77.0.1:1")}
	if _, err := udp.Start(t.Context(), what, zerolog.Nop()); !errors.Is(err, ErrInvalid) {
		t.Errorf("a UDP socket as _http._tcp: %v", err)
	}
}
