package bound

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/resolve"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/sockopt"
	"github.com/portside/portside/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// far says of every address that it is none of this computer's, or of its links.
type far struct{}

func (far) Class(netip.Addr) address.Class { return address.Public }

// book has the names that a test says, and counts the questions.
type book struct {
	mu    sync.Mutex // guards what follows
	names map[string][]netip.Addr
	asked int
}

func (b *book) Ask(_ context.Context, host address.Host, family resolve.Family) (resolve.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	addrs := b.names[host.String()]
	if host.Kind() == address.Literal {
		addrs = []netip.Addr{host.Addr()}
	}
	if len(addrs) == 0 {
		return resolve.Answer{}, fault.ErrDNS
	}
	return resolve.Answer{Addrs: addrs}, nil
}

type world struct {
	*Socket
	book   *book
	now    time.Time
	ration int
}

// open opens a socket on 127.0.0.1, which in this world is open to anybody, and may send to
// the Internet.
func open(t *testing.T, change func(*Config)) *world {
	t.Helper()
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{book: &book{names: map[string][]netip.Addr{}}, now: time.Unix(1_000_000, 0), ration: 1000}
	config := Config{
		Request: rules.LocalRequest{
			Origin: "https://page.example", Protocol: "udp", Address: netip.IPv4Unspecified(), Reach: rules.ReachAnybody, Peers: rules.PeersInternet,
		},
		Peers:  rules.Peers{Choice: rules.PeersInternet},
		Policy: policy.Open("", policy.Options{Validator: v, Owner: os.Geteuid(), Log: zerolog.Nop()}),
		Near:   far{}, Dialer: &dial.Dialer{Resolver: w.book},
		Meet: func() error {
			if w.ration == 0 {
				return fault.ErrRateOrigin
			}
			w.ration--
			return nil
		},
		Group: func() (func(), error) { return func() {}, nil },
		Away:  func() bool { return false },
	}
	if change != nil {
		change(&config)
	}
	if w.Socket, err = Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	w.routes.Now, w.table.Now, w.hosts.Now = clock, clock, clock
	t.Cleanup(func() {
		w.Close()
		w.Conn().Close()
	})
	return w
}

func header(t *testing.T, host string, port uint16) []byte {
	t.Helper()
	h, err := protocol.AppendPeer(nil, protocol.Peer{Address: host, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// find looks for a peer as a socket does.
func (w *world) find(t *testing.T, host string, port uint16) (netip.AddrPort, error) {
	t.Helper()
	h := header(t, host, port)
	to, err := w.Look(h)
	if errors.Is(err, datagram.ErrAsk) {
		return w.Find(t.Context(), h)
	}
	return to, err
}

// A name counts for a minute. Then it is asked for and judged again, and an address that is
// new costs the ration.
func TestRebinding(t *testing.T) {
	w := open(t, nil)
	one, two, inside := netip.MustParseAddr("93.184.215.14"), netip.MustParseAddr("93.184.215.15"), netip.MustParseAddr("192.168.7.2")
	w.book.names["far.example"] = []netip.Addr{one}
	want := func(addr netip.Addr, ration, asked int) {
		t.Helper()
		to, err := w.find(t, "far.example", 5000)
		if err != nil || to != netip.AddrPortFrom(addr, 5000) || w.Send(to, 1) != nil {
			t.Errorf("%v, %v; want %v", to, err, addr)
		}
		if w.ration != ration || w.book.asked != asked {
			t.Errorf("%v: %d of the ration left, asked %d times; want %d, %d", addr, w.ration, w.book.asked, ration, asked)
		}
	}
	want(one, 999, 1)
	w.now = w.now.Add(time.Minute - 1)
	want(one, 999, 1)
	w.now = w.now.Add(1)
	want(one, 999, 2)
	w.now = w.now.Add(time.Minute)
	w.book.names["far.example"] = []netip.Addr{two}
	want(two, 998, 3)
	w.now = w.now.Add(time.Minute)
	for _, addrs := range [][]netip.Addr{{inside}, {one, inside}, {inside, one}} {
		w.book.names["far.example"] = addrs
		if to, err := w.find(t, "far.example", 5000); !errors.Is(err, fault.ErrAddress) {
			t.Errorf("%v: %v, %v", addrs, to, err)
		}
	}
	// A name that was lost costs the ration again each time, so that it is no way to ask
	// without end.
	if w.ration != 996 {
		t.Errorf("%d of the ration are left", w.ration)
	}
}

// What takes a question to the network costs the ration first, and what the rules refuse is
// not asked.
func TestQuestionsAreRationed(t *testing.T) {
	w := open(t, nil)
	probed := 0
	w.Dialer.Probe = func(context.Context, dial.Target, string, netip.AddrPort) error {
		probed++
		return fault.ErrCORS
	}
	w.book.names["far.example"] = []netip.Addr{netip.MustParseAddr("93.184.215.14")}
	w.ration = 0
	for _, host := range []string{"far.example", "nowhere.example"} {
		if _, err := w.find(t, host, 443); !errors.Is(err, fault.ErrRateOrigin) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := w.find(t, "93.184.215.14", 443); !errors.Is(err, fault.ErrRateOrigin) || w.book.asked != 0 || probed != 0 {
		t.Errorf("%v, asked %d times, probed %d", err, w.book.asked, probed)
	}
	w.ration = 10
	for host, want := range map[string]error{
		"device.local": fault.ErrAddress, "localhost": fault.ErrAddress, "192.168.7.2": fault.ErrAddress, "127.0.0.1": fault.ErrAddress,
		"224.0.0.1": fault.ErrAddress, "0.0.0.0": fault.ErrAddress, "::ffff:192.168.7.2": fault.ErrAddress, "2606:2800:220::8": fault.ErrDNS,
	} {
		if to, err := w.find(t, host, 5000); !errors.Is(err, want) {
			t.Errorf("%s: %v, %v", host, to, err)
		}
	}
	if w.book.asked != 0 || w.ration != 10 {
		t.Errorf("asked %d times, %d of the ration left", w.book.asked, w.ration)
	}
	for _, host := range []string{"far.example", "93.184.215.14"} {
		if _, err := w.find(t, host, 443); !errors.Is(err, fault.ErrCORS) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if probed != 2 {
		t.Errorf("probed %d times", probed)
	}
	if to, err := w.find(t, "::ffff:93.184.215.14", 5000); err != nil || to.String() != "93.184.215.14:5000" {
		t.Errorf("an IPv4 address in another spelling: %v, %v", to, err)
	}
}

// What comes from elsewhere than the system can have it from is dropped.
func TestArrivals(t *testing.T) {
	if !sockopt.TellsArrivals {
		t.Skip("this system does not tell")
	}
	w := open(t, nil)
	from := netip.MustParseAddrPort("93.184.215.14:9")
	here := sockopt.Arrival{To: netip.MustParseAddr("93.184.220.1"), Interface: 99}
	for what, c := range map[string]struct {
		from netip.AddrPort
		by   sockopt.Arrival
		want bool
	}{
		"as it should":       {from, here, true},
		"from port 0":        {netip.AddrPortFrom(from.Addr(), 0), here, false},
		"not told":           {from, sockopt.Arrival{}, false},
		"to everybody":       {from, sockopt.Arrival{To: netip.MustParseAddr("255.255.255.255"), Interface: 99}, false},
		"to a group":         {from, sockopt.Arrival{To: netip.MustParseAddr("239.1.2.3"), Interface: 99}, false},
		"from loopback":      {netip.MustParseAddrPort("127.0.0.1:9"), here, false},
		"from everybody":     {netip.MustParseAddrPort("255.255.255.255:9"), here, false},
		"from a group":       {netip.MustParseAddrPort("239.1.2.3:9"), here, false},
		"from a private one": {netip.MustParseAddrPort("192.168.7.2:9"), here, false},
	} {
		if _, ok := w.Receive(nil, c.from, c.by); ok != c.want {
			t.Errorf("%s: %v", what, ok)
		}
	}
	// With the network's devices, this computer's own addresses are none that come from there.
	named := rules.Peers{Choice: rules.PeersNamed, Named: []rules.NamedPeer{{Host: address.FromAddr(netip.MustParseAddr("127.0.0.1"))}}}
	w = open(t, func(c *Config) { c.Peers, c.Request.Peers = named, named.Choice })
	by := sockopt.Arrival{To: netip.MustParseAddr("127.0.0.1"), Interface: 99}
	if _, ok := w.Receive(nil, netip.MustParseAddrPort("127.0.0.1:9"), by); ok {
		t.Error("from loopback by another interface")
	}
	for index := range w.loopback {
		by.Interface = index
		if _, ok := w.Receive(nil, netip.MustParseAddrPort("127.0.0.1:9"), by); !ok {
			t.Error("from loopback by loopback is dropped")
		}
	}
}

// What comes to a group is for those who have joined it, from those whom they have joined,
// by the interface on which they have.
func TestGroupsHear(t *testing.T) {
	w := open(t, func(c *Config) { c.Request.Multicast = true })
	at, source := netip.MustParseAddr("239.1.2.3"), netip.MustParseAddr("192.168.7.2")
	iface := &net.Interface{Index: 99}
	join := func(at, source netip.Addr) {
		w.groups[at] = &group{sources: map[netip.Addr]func(){source: func() {}}, members: []member{{w.conn, iface}}}
	}
	join(at, source)
	join(at.Next(), netip.Addr{})
	for what, c := range map[string]struct {
		from, to string
		index    int
		want     bool
	}{
		"the source":                {"192.168.7.2:9", "239.1.2.3", 99, true},
		"another source":            {"192.168.7.3:9", "239.1.2.3", 99, false},
		"anybody":                   {"192.168.7.3:9", "239.1.2.4", 99, true},
		"another group":             {"192.168.7.2:9", "239.1.2.5", 99, false},
		"another interface":         {"192.168.7.2:9", "239.1.2.3", 98, false},
		"from an impossible source": {"255.255.255.255:9", "239.1.2.4", 99, false},
	} {
		by := sockopt.Arrival{To: netip.MustParseAddr(c.to), Interface: c.index}
		if _, ok := w.Receive(nil, netip.MustParseAddrPort(c.from), by); ok != c.want {
			t.Errorf("%s: %v", what, ok)
		}
	}
}

// On this computer only, nothing is sent elsewhere, whatever the user has named.
func TestComputerStaysHere(t *testing.T) {
	named := rules.Peers{Choice: rules.PeersNamed}
	for _, text := range []string{"192.168.7.2", "device.example", "127.0.0.1"} {
		host, err := address.ParseHost(text)
		if err != nil {
			t.Fatal(err)
		}
		named.Named = append(named.Named, rules.NamedPeer{Host: host})
	}
	w := open(t, func(c *Config) {
		c.Peers, c.Request.Peers = named, named.Choice
		c.Request.Address, c.Request.Reach = netip.MustParseAddr("127.0.0.1"), rules.ReachComputer
	})
	w.book.names["device.example"] = []netip.Addr{netip.MustParseAddr("93.184.215.14")}
	if to, err := w.find(t, "192.168.7.2", 9); !errors.Is(err, fault.ErrAddress) {
		t.Errorf("%v, %v", to, err)
	}
	if to, err := w.find(t, "device.example", 9); err == nil {
		t.Errorf("%v, %v", to, err)
	}
	if to, err := w.find(t, "127.0.0.1", 9); err != nil || to.String() != "127.0.0.1:9" {
		t.Errorf("%v, %v", to, err)
	}
	if at := w.Local(); !at.Addr().IsLoopback() || at.Port() == 0 || w.Conn().LocalAddr().(*net.UDPAddr).AddrPort() != at {
		t.Errorf("bound to %v", at)
	}
}

func TestLinkControl(t *testing.T) {
	for text, want := range map[string]bool{
		"224.0.0.1": true, "224.0.0.251": true, "224.0.0.252": true, "224.0.0.255": true, "224.0.1.0": false, "239.255.255.250": false,
		"ff02::1": true, "ff02::2": true, "ff02::fb": true, "ff02::1:3": true, "ff02::fb%1": true, "ff01::1": true,
		"ff12::1": false, "ff05::2": false, "ff15::1": false, "ff3e::1": false,
	} {
		if got := LinkControl(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// No header of a page's, whatever it names, makes a socket fail.
func FuzzHeaders(f *testing.F) {
	for _, host := range []string{"127.0.0.1", "far.example", "[::1]", "fe80::1%1", "239.1.2.3", "::ffff:1.2.3.4", "0x7f.1"} {
		h, err := protocol.AppendPeer(nil, protocol.Peer{Address: host, Port: 9})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h []byte) {
		host, port, family, err := readPeer(h)
		if err != nil {
			return
		}
		peer, _, err := protocol.ReadPeer(h)
		if err != nil || host.Kind() == 0 || port == 0 || peer.Port != port || family != "" && peer.Family == protocol.PeerAny {
			t.Errorf("%q: %v, %d, %q; %v", h, host, port, family, err)
		}
	})
}

var _ datagram.Peers = (*Socket)(nil)
