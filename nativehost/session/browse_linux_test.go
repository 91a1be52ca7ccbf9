package session_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/mdnstest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/protocol"
)

const mqttPort = 1883

// A device is found, and the socket to what was told of it opens; what could not be
// opened is not told; and an administrator who forbids it makes it silent.
func TestDevicesNearbyOpen(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	first, second, third := netns.NewNeighbour(t), netns.NewNeighbour(t), netns.NewNeighbour(t)
	first.Join(t, "lan0", []string{"10.77.0.1/24"}, "eth0", []string{"10.77.0.2/24"})
	second.Join(t, "lan1", []string{"10.78.0.1/24"}, "eth0", []string{"10.78.0.2/24"})
	third.Join(t, "lan2", nil, "eth0", nil)
	// Containers on both computers have the same network.
	netns.Run(t, "ip", "link", "add", "docker0", "type", "bridge")
	netns.Run(t, "ip", netns.AddAddr("172.17.0.1/16", "docker0")...)
	netns.Run(t, "ip", "link", "set", "docker0", "up")
	for _, n := range []*netns.Neighbour{first, second, third} {
		n.Do(t, func() { hosttest.ServeAt(t, fmt.Sprintf(":%d", mqttPort), hosttest.Echo) })
	}
	first.AvahiServices(t, []netns.Service{
		{Name: "Broker", Type: "_mqtt._tcp", Port: mqttPort}, {Name: "Blocked", Type: "_mqtt._tcp", Port: mqttPort, Host: "blocked.local"},
		{Name: "Forbidden", Type: "_mqtt._tcp", Port: mqttPort, Host: "forbidden.local"},
	}, [2]string{"blocked.local", "10.77.0.66"}, [2]string{"forbidden.local", "10.77.0.67"})
	linkLocal := regexp.MustCompile(`inet6 (fe80::[0-9a-f:]+)/64`).FindStringSubmatch(third.Run(t, "ip", "-6", "addr", "show", "dev", "eth0"))[1]
	mdnstest.ServeAt(t, third, "Link-local", "linklocal.local.", linkLocal)
	mdnstest.ServeAt(t, second, "With containers", "containers.local.", "172.17.0.1", "10.78.0.2")

	b := hosttest.Start(t, hosttest.Options{Policy: `{"blockedDestinations": [{"cidr": "10.77.0.66"}, {"host": "forbidden.local"}, {"cidr": "10.77.0.67"}]}`})
	p := looking(1)
	p.Port = mqttPort
	id := b.Ask(protocol.MethodResolveBrowse, p)
	browsed(b, 3)
	time.Sleep(time.Second)
	b.MustCall(protocol.MethodResolveStop, protocol.ResolveStopParams{BrowseID: 1}, nil)
	b.WantResult(protocol.MethodResolveBrowse, b.Answer(id), nil)
	b.Mu.Lock()
	var told []string
	for _, d := range b.Found {
		told = append(told, strings.Join([]string{d.Name, d.Service, d.Host, d.Address}, " "))
	}
	b.Mu.Unlock()
	slices.Sort(told)
	if want := []string{"Broker _mqtt._tcp avahi.local 10.77.0.2", "Link-local _mqtt._tcp linklocal.local " + linkLocal, "With containers _mqtt._tcp 10.78.0.2 10.78.0.2"}; !slices.Equal(told, want) {
		t.Fatalf("told %q", told)
	}
	for _, host := range []string{"avahi.local", "10.78.0.2", "linklocal.local"} {
		r, _ := b.Open(mqttPort, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) { p.Host = host })
		b.WantAlive(r)
	}
	// The name itself would lead here, too.
	open := b.TCP(mqttPort)
	open.Host = "containers.local"
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, open)), "NotAllowedError", "address")

	b.Managed(`{"discovery": false}`)
	captures := []*netns.Capture{netns.Watch(t, "lan0"), netns.Watch(t, "lan1")}
	p.BrowseID = 2
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodResolveBrowse, p)), "NotAllowedError", "policy")
	time.Sleep(1500 * time.Millisecond)
	for _, capture := range captures {
		for _, packet := range capture.Packets() {
			if packet.To.Port() != mqttPort {
				t.Errorf("sent to %v", packet.To)
			}
		}
	}
}
