package mdnstest

import (
	"os"
	"testing"

	"github.com/portside/portside/nativehost/internal/netns"
)

// Network is a computer with two links and a neighbour on each, and without a way out.
type Network struct{ First, Second *netns.Neighbour }

// NewNetwork makes the test's namespace such a computer. On its lan0 it is 10.77.0.1 and
// fd77::1, and First is 10.77.0.2 and fd77::2; on its lan1 it is 10.78.0.1 and fd78::1,
// and Second is 10.78.0.2 and fd78::2. Each neighbour's interface is its eth0.
func NewNetwork(t *testing.T) Network {
	t.Helper()
	h := Network{netns.NewNeighbour(t), netns.NewNeighbour(t)}
	h.First.Join(t, "lan0", []string{"10.77.0.1/24", "fd77::1/64"}, "eth0", []string{"10.77.0.2/24", "fd77::2/64"})
	h.Second.Join(t, "lan1", []string{"10.78.0.1/24", "fd78::1/64"}, "eth0", []string{"10.78.0.2/24", "fd78::2/64"})
	return h
}

// AcceptForeignSources gives the neighbours addresses from elsewhere, and the computer a
// kernel that lets in what comes from them: First is also 203.0.113.5, which is on no
// link, and Second 10.77.0.99, which belongs on the other's.
func (h Network) AcceptForeignSources(t *testing.T) {
	t.Helper()
	for _, scope := range []string{"all", "lan0", "lan1"} {
		if err := os.WriteFile("/proc/sys/net/ipv4/conf/"+scope+"/rp_filter", []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
	}
	h.First.Run(t, "ip", netns.AddAddr("203.0.113.5/32", "eth0")...)
	h.Second.Run(t, "ip", netns.AddAddr("10.77.0.99/32", "eth0")...)
	h.Second.Run(t, "ip", "route", "add", "10.77.0.1/32", "via", "10.78.0.1")
	netns.Run(t, "ip", "route", "add", "203.0.113.5/32", "dev", "lan0")
}
