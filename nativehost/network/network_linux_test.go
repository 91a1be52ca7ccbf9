package network

import (
	"os"
	"testing"

	"github.com/portside/portside/nativehost/internal/netns"
)

// TestNetworks lets the computer move from network to network.
func TestNetworks(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	salt := []byte("a secret of this profile")
	of := func(text string) string { return Of(host(t, text), salt) }
	n := netns.NewNeighbour(t)
	n.Join(t, "lan0", []string{"10.0.0.5/24", "fd00::5/64"}, "eth0", []string{"10.0.0.1/24", "fd00::1/64"})
	n.Join(t, "lan1", []string{"172.16.0.5/24"}, "eth1", []string{"172.16.0.1/24"})
	sent := netns.Watch(t, "lan0")
	known := func(router, hardware string) {
		netns.Run(t, "ip", "neigh", "replace", router, "lladdr", hardware, "dev", "lan0", "nud", "reachable")
	}
	unknown := func(why string, hosts ...string) {
		t.Helper()
		for _, h := range hosts {
			if got := of(h); got != Unknown {
				t.Errorf("%s: %s is in network %s", why, h, got)
			}
		}
	}

	unknown("no router", "10.0.0.9", "fd00::9", "printer.local", "192.168.7.7")
	netns.Run(t, "ip", "route", "add", "default", "via", "10.0.0.1")
	unknown("a router that the system has not heard of", "10.0.0.9")

	known("10.0.0.1", "02:00:00:00:00:01")
	home := of("10.0.0.9")
	if home == Unknown {
		t.Fatal("a network with a router is not told")
	}
	// What is beside us, beyond the router, and looked for on the link.
	for _, h := range []string{"10.0.0.1", "192.168.7.7", "::ffff:10.0.0.9", "printer.local"} {
		if got := of(h); got != home {
			t.Errorf("%s is in network %s, not %s", h, got, home)
		}
	}
	unknown("an interface without a router", "172.16.0.9")
	unknown("no IPv6 router", "fd00::9", "fe80::9%lan0")
	if other := Of(host(t, "10.0.0.9"), []byte("another secret")); other == home || other == Unknown {
		t.Errorf("under another salt: %s", other)
	}

	// Another router under the same address; then the first one again.
	known("10.0.0.1", "02:00:00:00:00:02")
	if cafe := of("10.0.0.9"); cafe == home || cafe == Unknown {
		t.Errorf("in a network like it: %s", cafe)
	}
	known("10.0.0.1", "02:00:00:00:00:01")
	if again := of("10.0.0.9"); again != home {
		t.Errorf("back again: %s, not %s", again, home)
	}
	// The same router under another address.
	netns.Run(t, "ip", "route", "replace", "default", "via", "10.0.0.2")
	known("10.0.0.2", "02:00:00:00:00:01")
	if guests := of("10.0.0.9"); guests == home || guests == Unknown {
		t.Errorf("in the router's other network: %s", guests)
	}
	// The better of two ways out is the way out.
	netns.Run(t, "ip", "route", "add", "default", "via", "10.0.0.1", "metric", "500")
	if guests := of("printer.local"); guests == home {
		t.Error("the worse of two routes counts")
	}
	// A router that is many: everybody's virtual router has this address.
	known("10.0.0.2", "00:00:5e:00:01:01")
	unknown("a virtual router", "10.0.0.9")

	netns.Run(t, "ip", "route", "add", "default", "via", "fe80::1", "dev", "lan0")
	unknown("a router that the system has not heard of", "fd00::9")
	known("fe80::1", "02:00:00:00:00:01")
	six := of("fd00::9")
	if six == Unknown || six == home {
		t.Errorf("by IPv6: %s", six)
	}
	if got := of("fe80::9%lan0"); got != six {
		t.Errorf("a link-local address is in network %s, not %s", got, six)
	}
	netns.Run(t, "ip", "route", "flush", "default")
	if got := of("printer.local"); got != six {
		t.Errorf("IPv6 only: %s, not %s", got, six)
	}

	// A link that asks nobody for hardware addresses: what the system has for one was not
	// heard.
	netns.Run(t, "ip", "link", "add", "silent0", "type", "veth", "peer", "name", "silent1")
	netns.Run(t, "ip", "link", "set", "silent0", "arp", "off")
	netns.Run(t, "ip", netns.AddAddr("10.9.0.2/24", "silent0")...)
	netns.Run(t, "ip", "link", "set", "silent0", "up")
	netns.Run(t, "ip", "link", "set", "silent1", "up")
	netns.Run(t, "ip", "route", "add", "default", "via", "10.9.0.1", "dev", "silent0")
	netns.Run(t, "ip", "neigh", "replace", "10.9.0.1", "lladdr", "02:00:00:00:00:09", "dev", "silent0", "nud", "noarp")
	unknown("a link without ARP", "10.9.0.9")
	netns.Run(t, "ip", "neigh", "replace", "10.9.0.1", "lladdr", "02:00:00:00:00:09", "dev", "silent0", "nud", "reachable")
	if of("10.9.0.9") == Unknown {
		t.Error("a router that was heard counts")
	}
	netns.Run(t, "ip", "route", "flush", "default")

	// A tunnel has no hardware addresses. Some systems leave tunnels to administrators.
	if device, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0); err == nil {
		if err := device.Close(); err != nil {
			t.Error(err)
		}
		netns.Run(t, "ip", "tuntap", "add", "vpn0", "mode", "tun")
		netns.Run(t, "ip", netns.AddAddr("10.8.0.2/24", "vpn0")...)
		netns.Run(t, "ip", "link", "set", "vpn0", "up")
		netns.Run(t, "ip", "route", "add", "10.20.0.0/16", "via", "10.8.0.1", "dev", "vpn0")
		unknown("a tunnel", "10.8.0.1", "10.20.0.9")
	}
	if packets := sent.Packets(); len(packets) > 0 {
		t.Errorf("something was sent: %v", packets)
	}
}
