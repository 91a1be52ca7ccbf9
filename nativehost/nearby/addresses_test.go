package nearby

import (
	"net"
	"net/netip"
	"testing"
)

// A long name makes no long address; the system knows the interface by its number, too.
func TestZone(t *testing.T) {
	for name, want := range map[string]string{"eth0": "eth0", "abcdefghijklmno": "abcdefghijklmno", "Ethernet adapter 2": "7"} {
		if got := zone(net.Interface{Name: name, Index: 7}); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestOrder(t *testing.T) {
	for addr, want := range map[string]int{"10.0.0.1": 0, "169.254.1.1": 0, "2001:db8::1": 1, "::1": 1, "fe80::1%eth0": 2} {
		if got := order(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %d", addr, got)
		}
	}
}
