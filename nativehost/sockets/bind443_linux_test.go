package sockets_test

import (
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/corsprobe"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// To port 443 of the Internet a bound socket sends only where no HTTPS is spoken, as one
// that is connected.
func TestBoundPort443(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	const web, other = "93.184.215.14", "93.184.215.15"
	n := netns.NewNeighbour(t)
	n.Join(t, "net0", []string{"192.168.7.1/24"}, "eth0", []string{"192.168.7.2/24", web + "/32", other + "/32"})
	netns.Run(t, "ip", "route", "add", "default", "via", "192.168.7.2")
	netns.Dnsmasq(t, "--host-record=shop.example,"+web, "--host-record=game.example,"+other)
	dialer := &dial.Dialer{Probe: sockets.Probe(&corsprobe.Prober{}, nearby.New(zerolog.Nop()))}
	n.Do(t, func() {
		dialer.Roots = corsServer(t, web+":443")
		echoAt(t, web+":443")
		echoAt(t, other+":443")
	})
	b := hosttest.Start(t, hosttest.Options{Dialer: dialer, Judged: true})
	r, _ := b.Bind(func(p *protocol.UDPBindParams) {
		p.LocalAddress, p.Reach, p.Peers, p.Hosts = "0.0.0.0", "anybody", "internet", nil
	})
	out := netns.Watch(t, "net0")
	for _, host := range []string{web, "shop.example"} {
		hosttest.WantFailure(t, b.SendTo(r, host, 443, []byte("x")), "NotAllowedError", "cors")
	}
	for i, host := range []string{other, "game.example"} {
		b.MustSendTo(r, host, 443, []byte("allowed"))
		if got := froms(b.WaitDatagrams(r, i+1)[i:]); got != "allowed from "+other {
			t.Errorf("%s: %s", host, got)
		}
	}
	for _, p := range out.Packets() {
		if string(p.Payload) == "x" {
			t.Errorf("sent to %v", p.To)
		}
	}
}
