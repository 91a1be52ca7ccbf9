package dial

import (
	"net/netip"
	"testing"

	"github.com/portside/portside/nativehost/internal/netns"
)

// Where no rule knows that an address reaches everybody, because somebody has chosen
// another than the last one of the prefix, the system does.
func TestNoBroadcast(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "lan0", []string{"10.9.8.7/24"}, "eth0", []string{"10.9.8.1/24"})
	netns.Run(t, "ip", "addr", "add", "10.9.7.7/24", "broadcast", "10.9.7.77", "dev", "lan0")
	for _, addr := range []string{"10.9.8.255", "10.9.7.77", "127.255.255.255", "255.255.255.255"} {
		udp, err := (&Dialer{}).UDP(t.Context(), target("udp", netip.MustParseAddrPort(addr+":9")), Options{})
		if err == nil {
			t.Errorf("%s: a socket to everybody", addr)
			udp.Close()
		}
	}
	udp, err := (&Dialer{}).UDP(t.Context(), target("udp", netip.MustParseAddrPort("10.9.8.1:9")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	udp.Close()
}
