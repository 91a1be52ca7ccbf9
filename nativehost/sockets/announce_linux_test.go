package sockets_test

import (
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/mdnstest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

// The network is told of a socket as long as it is open, and of none that did not want it.
func TestAnnouncedWhileOpen(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	avahi := h.First.AvahiOnBus(t, "neighbour")
	browser := avahi.Start(t, "stdbuf", "-oL", "avahi-browse", "-rpa")
	b := hosttest.Start(t, hosttest.Options{Judged: true})
	found := func(name string) func() bool {
		return func() bool { return strings.Contains(browser.Output(t), ";"+name+";") }
	}
	listener, _ := b.Listen(func(p *protocol.TCPListenParams) {
		p.LocalAddress, p.Reach, p.Announce = "10.77.0.1", "network", &protocol.Announcement{Type: "_http._tcp", Name: "Pages", Txt: []string{"path=/"}}
	})
	b.Listen(func(p *protocol.TCPListenParams) { p.LocalAddress, p.Reach = "10.77.0.1", "network" })
	bound, _ := b.Bind(func(p *protocol.UDPBindParams) {
		p.LocalAddress, p.Reach, p.Announce = "10.77.0.1", "network", &protocol.Announcement{Type: "_game._udp", Name: "Players"}
	})
	netns.Until(t, "the listener to be found", found("Pages"))
	netns.Until(t, "the bound socket to be found", found("Players"))
	for _, id := range []int64{listener.ID, bound.ID} {
		b.Answer(b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: id}))
	}
	gone := func(name string) func() bool {
		return func() bool {
			for line := range strings.Lines(browser.Output(t)) {
				if strings.HasPrefix(line, "-;") && strings.Contains(line, ";"+name+";") {
					return true
				}
			}
			return false
		}
	}
	netns.Until(t, "the listener to be gone", gone("Pages"))
	netns.Until(t, "the bound socket to be gone", gone("Players"))
	for _, other := range strings.Split(browser.Output(t), "\n") {
		if fields := strings.Split(other, ";"); len(fields) > 3 && fields[3] != "Pages" && fields[3] != "Players" && !strings.Contains(fields[3], "neighbour") {
			t.Errorf("announced besides: %s", other)
		}
	}
}

// What cannot be announced opens nothing.
func TestWhatCannotBeAnnounced(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	for _, name := range []string{"two\nlines", strings.Repeat("ä", 32), "\u202egnp.exe"} {
		id := b.Ask(protocol.MethodTCPListen, protocol.TCPListenParams{LocalRequest: protocol.LocalRequest{
			SocketID: 1000, Origin: "https://a.example", Document: "d", LocalAddress: "127.0.0.1", Reach: "computer",
			Announce: &protocol.Announcement{Type: "_http._tcp", Name: name},
		}})
		hosttest.WantCode(t, b.Answer(id), protocol.CodeInvalidParams)
	}
}
