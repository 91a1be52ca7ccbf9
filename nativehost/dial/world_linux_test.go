package dial

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/netns"
)

// somewhere is the port on which everything of the world listens.
const somewhere = 8080

// world is a computer that has addresses of all kinds, and listens on them.
type world struct {
	mu       sync.Mutex
	accepted map[netip.Addr]int
	packets  map[netip.Addr]int
}

// newWorld gives the loopback interface these addresses and listens on all of them.
func newWorld(t *testing.T, addrs ...string) *world {
	t.Helper()
	w := &world{accepted: map[netip.Addr]int{}, packets: map[netip.Addr]int{}}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	for _, text := range addrs {
		addr := netip.MustParseAddr(text)
		if !addr.IsLoopback() {
			netns.Run(t, "ip", netns.AddAddr(text, "lo")...)
		}
		at := netip.AddrPortFrom(addr, somewhere).String()
		listener, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		packets, err := net.ListenPacket("udp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			listener.Close()
			packets.Close()
		})
		serving.Go(func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				w.mu.Lock()
				w.accepted[addr]++
				w.mu.Unlock()
				c.Close()
			}
		})
		serving.Go(func() {
			for {
				if _, _, err := packets.ReadFrom(make([]byte, 100)); err != nil {
					return
				}
				w.mu.Lock()
				w.packets[addr]++
				w.mu.Unlock()
			}
		})
	}
	return w
}

// visited returns the addresses of the world that anything has come to.
func (w *world) visited() []netip.Addr {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []netip.Addr
	for _, counts := range []map[netip.Addr]int{w.accepted, w.packets} {
		for addr := range counts {
			all = append(all, addr)
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// begun counts the TCP connections that this namespace has begun, by either family,
// whether anybody answered or not: one for each first SYN.
func begun(t *testing.T) int { return netns.Count(t, "TcpActiveOpens") }

// publicOnly allows public addresses and remembers which ones it was asked about.
type publicOnly struct {
	mu    sync.Mutex
	asked []netip.Addr
	// meanwhile is called before each judgement.
	meanwhile func(asked int)
}

func (p *publicOnly) Judge(_ context.Context, _ Target, to netip.AddrPort) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.meanwhile != nil {
		p.meanwhile(len(p.asked))
	}
	p.asked = append(p.asked, to.Addr())
	if address.Classify(to.Addr()) != address.Public {
		return fault.ErrAddress
	}
	return nil
}
