package sockets_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// shares binds as programs do that share their port, and lets others do the same.
func shares(t *testing.T, network, addr string) *net.UDPConn {
	t.Helper()
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
		if err == nil {
			err = failed
		}
		return err
	}}
	c, err := config.ListenPacket(context.Background(), network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.UDPConn)
}

// text returns the next datagram, or "" when none comes in a moment.
func text(t *testing.T, c *net.UDPConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(short)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	n, _, err := c.ReadFromUDP(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// Sharing an address and port gives a page what comes to its groups, and nothing that is
// sent to the program that was there before.
func TestMulticastSharing(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24", "fd00:7::1/64"}, "eth0", []string{"192.168.7.2/24", "fd00:7::2/64"})
	b := hosttest.Start(t, hosttest.Options{})
	for _, c := range []struct{ network, local, any, theirs, group string }{
		{"udp4", "192.168.7.1", "0.0.0.0", "192.168.7.2", "239.1.2.3"},
		{"udp6", "fd00:7::1", "::", "fd00:7::2", "ff12::1:3"},
	} {
		binding := func(addr string, port int64, share, multicast bool) protocol.UDPBindParams {
			return b.Binding(func(p *protocol.UDPBindParams) {
				onNetwork(addr)(p)
				p.LocalPort, p.Multicast, p.MulticastAllowAddressSharing = port, multicast, share
				if addr == c.any {
					p.Reach, p.Ipv6Only = "anybody", true
				}
			})
		}
		bind := func(p protocol.UDPBindParams) *hosttest.Remote {
			t.Helper()
			var result protocol.UDPBindResult
			b.MustCall(protocol.MethodUDPBind, p, &result)
			if result.LocalAddress != p.LocalAddress || result.LocalPort != p.LocalPort {
				t.Errorf("bound to %+v", result)
			}
			return b.Remote(p.SocketID)
		}
		for i, addr := range []string{c.local, c.any} {
			port := int64(5000 + i)
			program := shares(t, c.network, net.JoinHostPort(c.any, fmt.Sprint(port)))
			for _, p := range []protocol.UDPBindParams{binding(addr, port, false, true), binding(addr, port, true, false)} {
				hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodUDPBind, p)), "NetworkError", "in-use")
			}
			r := bind(binding(addr, port, true, true))
			b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(r, c.group, ""), nil)
			// A second page does the same.
			other := bind(binding(addr, port, true, true))
			b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(other, c.group, ""), nil)
			n.Do(t, func() {
				sendFrom(t, net.JoinHostPort(c.theirs, "0"), net.JoinHostPort(c.local, fmt.Sprint(port)), "for the program")
				publish(t, c.theirs, c.group, port, "eth0", "for all")
			})
			if got := text(t, program); got != "for the program" {
				t.Errorf("%s: the program got %q", addr, got)
			}
			for _, r := range []*hosttest.Remote{r, other} {
				if got := froms(b.WaitDatagrams(r, 1)); got != "for all from "+c.theirs {
					t.Errorf("%s: the page got %q", addr, got)
				}
				if away := b.Inspect(r).TurnedAway; away != 0 {
					t.Errorf("%s: %d datagrams came to the page", addr, away)
				}
			}
			// It sends from the port that it shares.
			var theirs *subscriber
			n.Do(t, func() { theirs = subscribe(t, c.group, 6000, "eth0", "") })
			if addr == c.local {
				b.MustSendTo(r, c.group, 6000, []byte("from the page"))
				if got, _, from := theirs.next(t, hosttest.Patience); got != "from the page" || from.(*net.UDPAddr).Port != int(port) {
					t.Errorf("%s: %q came from %v", addr, got, from)
				}
			}
			theirs.conn.Close()
			for _, r := range []*hosttest.Remote{r, other} {
				b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
				b.WaitClosed(r)
			}
		}
		// Of two pages, the first has what is sent to the address.
		first, second := bind(binding(c.local, 5005, true, true)), bind(binding(c.local, 5005, true, true))
		n.Do(t, func() {
			sendFrom(t, net.JoinHostPort(c.theirs, "0"), net.JoinHostPort(c.local, "5005"), "for the first")
		})
		if got := froms(b.WaitDatagrams(first, 1)); got != "for the first from "+c.theirs {
			t.Errorf("the first got %s", got)
		}
		if got := b.Datagrams(second); len(got) != 0 || b.Inspect(second).TurnedAway != 0 {
			t.Errorf("the second got %v", got)
		}
		// And nobody but the first speaks to others from there.
		hosttest.WantFailure(t, b.SendTo(second, c.theirs, 6000, []byte("x")), "NotAllowedError", "address")
		b.MustSendTo(first, c.theirs, 6000, []byte("x"))
		// One on every interface that does not share is nobody else's.
		bind(binding(c.any, 5006, false, true))
		hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodUDPBind, binding(c.any, 5006, true, true))), "NetworkError", "in-use")
		// What comes from here would be taken for answers about names.
		for _, port := range []int64{5353, 5355} {
			names := bind(binding(c.local, port, false, true))
			hosttest.WantFailure(t, b.SendTo(names, c.theirs, 6000, []byte("x")), "NotAllowedError", "address")
			b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: names.ID}, nil)
			b.WaitClosed(names)
		}
	}
}

// A socket on every interface joins groups on each of them.
func TestMulticastEverywhere(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n, m := netns.NewNeighbour(t), netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24", "fd00:7::1/64"}, "eth0", []string{"192.168.7.2/24", "fd00:7::2/64"})
	m.Join(t, "net1", []string{"192.168.8.1/24", "fd00:8::1/64"}, "eth0", []string{"192.168.8.2/24", "fd00:8::2/64"})
	netns.Run(t, "ip", "route", "add", "default", "via", "192.168.7.2")
	b := hosttest.Start(t, hosttest.Options{})
	for _, loop := range []bool{true, false} {
		r, result := b.Bind(func(p *protocol.UDPBindParams) {
			p.LocalAddress, p.Reach, p.Peers, p.Hosts, p.Multicast, p.MulticastLoopback = "::", "anybody", "network", nil, true, &loop
		})
		groups := []string{"239.1.2.3", "ff15::1:3", "ff12::1:3"}
		for _, group := range groups {
			b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(r, group, ""), nil)
		}
		for _, at := range []struct {
			*netns.Neighbour
			four, six string
		}{{n, "192.168.7.2", "fd00:7::2"}, {m, "192.168.8.2", "fd00:8::2"}} {
			before := len(b.Datagrams(r))
			at.Do(t, func() {
				for _, group := range groups {
					from := at.six
					if group == groups[0] {
						from = at.four
					}
					publish(t, from, group, result.LocalPort, "eth0", group)
				}
			})
			want := fmt.Sprintf("239.1.2.3 from %s, ff15::1:3 from %s, ff12::1:3 from %s", at.four, at.six, at.six)
			if got := froms(b.WaitDatagrams(r, before+3)[before:]); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		before := len(b.Datagrams(r))
		b.MustSendTo(r, groups[0], int(result.LocalPort), []byte("to itself"))
		n.Do(t, func() { publish(t, "192.168.7.2", groups[0], result.LocalPort, "eth0", "last") })
		want := "last from 192.168.7.2"
		if loop {
			want = "to itself from 192.168.7.1"
		}
		if got := froms(b.WaitDatagrams(r, before+1)[before : before+1]); got != want {
			t.Errorf("with loopback %v: %s", loop, got)
		}
		if state := b.Inspect(r); state.Groups != 3 {
			t.Errorf("%d groups", state.Groups)
		}
	}
}

// On this computer only, groups stay on the loopback interface.
func TestMulticastOnComputer(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24"}, "eth0", []string{"192.168.7.2/24"})
	out := netns.Watch(t, "net0")
	b := hosttest.Start(t, hosttest.Options{})
	r, result := b.Bind(func(p *protocol.UDPBindParams) { p.Multicast = true })
	b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(r, "239.1.2.3", ""), nil)
	n.Do(t, func() { publish(t, "192.168.7.2", "239.1.2.3", result.LocalPort, "eth0", "from the link") })
	b.MustSendTo(r, "239.1.2.3", int(result.LocalPort), []byte("to itself"))
	if got := froms(b.WaitDatagrams(r, 1)); got != "to itself from 127.0.0.1" {
		t.Errorf("got %s", got)
	}
	for _, p := range out.Packets() {
		if p.To.Addr().String() == "239.1.2.3" {
			t.Errorf("it has left this computer: %q", p.Payload)
		}
	}
}

// Memberships have a number, of a socket and of an origin.
func TestMembershipsAreBounded(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24"}, "eth0", []string{"192.168.7.2/24"})
	sysctl(t, "ipv4/igmp_max_memberships", "100")
	b := hosttest.Start(t, hosttest.Options{})
	bind := func(private bool) *hosttest.Remote {
		r, _ := b.Bind(func(p *protocol.UDPBindParams) {
			onNetwork("192.168.7.1")(p)
			p.Multicast, p.Private = true, private
		})
		return r
	}
	var last *hosttest.Remote
	for socket := range 4 {
		last = bind(false)
		for i := range 16 {
			b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(last, fmt.Sprintf("239.1.%d.%d", socket, i), ""), nil)
		}
		hosttest.WantFailure(t, b.JoinGroup(last, "239.2.0.0", ""), "QuotaExceededError", "limit")
	}
	fifth := bind(false)
	hosttest.WantFailure(t, b.JoinGroup(fifth, "239.2.0.0", ""), "QuotaExceededError", "limit")
	b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(bind(true), "239.2.0.0", ""), nil)
	// What is left, and what closes, makes room.
	b.WantResult(protocol.MethodMulticastLeave, b.LeaveGroup(last, "239.1.3.0", ""), nil)
	b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(fifth, "239.2.0.0", ""), nil)
	hosttest.WantFailure(t, b.JoinGroup(fifth, "239.2.0.1", ""), "QuotaExceededError", "limit")
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: last.ID}, nil)
	b.WaitClosed(last)
	b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(fifth, "239.2.0.1", ""), nil)
}

// A policy that no longer allows a group ends its memberships, and one that names it opens
// what pages may not have by themselves.
func TestMulticastAndPolicies(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24"}, "eth0", []string{"192.168.7.2/24"})
	b := hosttest.Start(t, hosttest.Options{})
	bind := func() *hosttest.Remote {
		r, _ := b.Bind(func(p *protocol.UDPBindParams) {
			onNetwork("192.168.7.1")(p)
			p.Multicast = true
		})
		return r
	}
	r := bind()
	for _, group := range []string{"239.1.2.3", "239.1.2.4", "224.0.0.251"} {
		b.WantResult(protocol.MethodMulticastJoin, b.JoinGroup(r, group, ""), nil)
	}
	b.Managed(`{"blockedDestinations": [{"cidr": "239.1.2.3"}]}`)
	for end := time.Now().Add(hosttest.Patience); b.Inspect(r).Groups != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not leave the group")
		}
	}
	hosttest.WantFailure(t, b.JoinGroup(r, "239.1.2.3", ""), "NotAllowedError", "policy")
	hosttest.WantFailure(t, b.SendTo(r, "224.0.0.251", 5353, []byte("x")), "NotAllowedError", "address")
	hosttest.WantFailure(t, b.SendTo(r, "239.1.2.3", 5353, []byte("x")), "NotAllowedError", "policy")
	b.MustSendTo(r, "239.1.2.4", 5353, []byte("x"))
	// What a file of the host names, pages may have.
	folder := t.TempDir()
	err := os.WriteFile(filepath.Join(folder, "policy.json"), []byte(`{"allowedDestinations": [{"cidr": "224.0.0.251"}]}`), 0o600)
	if err := errors.Join(err, os.Chmod(folder, 0o755), os.Chmod(filepath.Dir(folder), 0o755)); err != nil {
		t.Fatal(err)
	}
	named := hosttest.Start(t, hosttest.Options{Folder: folder})
	speaks, _ := named.Bind(func(p *protocol.UDPBindParams) {
		onNetwork("192.168.7.1")(p)
		p.Multicast = true
	})
	named.WantResult(protocol.MethodMulticastJoin, named.JoinGroup(speaks, "224.0.0.251", ""), nil)
	named.MustSendTo(speaks, "224.0.0.251", 5353, []byte("x"))
	hosttest.WantFailure(t, named.SendTo(speaks, "224.0.0.252", 5355, []byte("x")), "NotAllowedError", "policy")
	b.Managed(`{"multicast": false}`)
	b.WantClosed(r, "NotAllowedError", "policy")
}
