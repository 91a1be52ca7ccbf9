package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/gate"
	"github.com/portside/portside/nativehost/resolve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen accepts connections and closes them at the test's end.
func listen(t *testing.T, network, address string) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				_, _ = io.Copy(c, c)
				c.Close()
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
	})
	return listener.Addr().(*net.TCPAddr).AddrPort()
}

func target(network string, at netip.AddrPort) Target {
	return Target{Network: network, Host: address.FromAddr(at.Addr()), Port: at.Port(), Origin: "https://page.example"}
}

func host(t testing.TB, text string) address.Host {
	t.Helper()
	h, err := address.ParseHost(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestBothFamiliesAndNames(t *testing.T) {
	four, six := listen(t, "tcp4", "127.0.0.1:0"), listen(t, "tcp6", "[::1]:0")
	for _, c := range []struct {
		host string
		port uint16
		want netip.AddrPort
	}{
		{"127.0.0.1", four.Port(), four},
		{"::1", six.Port(), six},
		// One of the two addresses of this name refuses.
		{"localhost", four.Port(), four},
	} {
		conn, err := (&Dialer{}).TCP(t.Context(), Target{Network: "tcp", Host: host(t, c.host), Port: c.port}, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.host, fault.Cause(err))
			continue
		}
		if got := conn.RemoteAddr().(*net.TCPAddr).AddrPort(); got != c.want {
			t.Errorf("%s: connected to %v", c.host, got)
		}
		conn.Close()
	}
}

// judge remembers what it was asked and refuses what it is told to.
type judge struct {
	mu      sync.Mutex
	refuse  bool
	asked   []netip.AddrPort
	targets []Target
}

func (j *judge) Judge(_ context.Context, target Target, address netip.AddrPort) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked, j.targets = append(j.asked, address), append(j.targets, target)
	if j.refuse {
		return fault.ErrAddress
	}
	return nil
}

func TestRulesSeeTheAddressThatIsConnectedTo(t *testing.T) {
	at := listen(t, "tcp4", "127.0.0.1:0")
	rules := &judge{}
	named := Target{Network: "tcp", Host: host(t, "localhost"), Port: at.Port(), Origin: "https://page.example", UserEntered: true}
	conn, err := (&Dialer{Rules: rules}).TCP(t.Context(), named, Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	seen := false
	for i, address := range rules.asked {
		seen = seen || address == at
		if !address.Addr().IsLoopback() || rules.targets[i] != named {
			t.Errorf("asked about %v for %+v", address, rules.targets[i])
		}
	}
	if !seen {
		t.Errorf("connected to %v, asked about %v", at, rules.asked)
	}

	accepted := false
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := &Dialer{Rules: &judge{refuse: true}}
	_, err = refusing.TCP(t.Context(), target("tcp", listener.Addr().(*net.TCPAddr).AddrPort()), Options{})
	if !errors.Is(err, fault.ErrAddress) {
		t.Errorf("refused by the rules: %v", err)
	}
	_ = listener.(*net.TCPListener).SetDeadline(time.Now().Add(50 * time.Millisecond))
	if c, err := listener.Accept(); err == nil {
		accepted = true
		c.Close()
	}
	listener.Close()
	if accepted {
		t.Error("connected although the rules refused")
	}
	if _, err := refusing.UDP(t.Context(), target("udp", at), Options{}); !errors.Is(err, fault.ErrAddress) {
		t.Errorf("UDP, refused by the rules: %v", err)
	}
}

func TestOpeningEndsWithItsContext(t *testing.T) {
	// A name server that never answers.
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	asked := []netip.AddrPort{server.LocalAddr().(*net.UDPAddr).AddrPort()}
	silent := &Dialer{Resolver: &resolve.Resolver{Servers: func() []netip.AddrPort { return asked }}}
	name := Target{Network: "tcp", Host: host(t, "name.example"), Port: 1}
	if _, err := silent.TCP(t.Context(), name, Options{Timeout: 30 * time.Millisecond}); !errors.Is(err, fault.ErrTimeout) {
		t.Errorf("after the timeout: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := silent.TCP(ctx, name, Options{}); !errors.Is(err, fault.ErrAborted) {
		t.Errorf("after giving up: %v", err)
	}
}

func TestReset(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := (&Dialer{}).TCP(t.Context(), target("tcp", listener.Addr().(*net.TCPAddr).AddrPort()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if err := conn.Reset(); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(fault.Classify(err), fault.ErrReset) {
		t.Errorf("the peer reads %v", err)
	}
}

// A write that the peer does not take yields the gate and stops at its deadline.
func TestWriteYieldsWhileItWaits(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := (&Dialer{}).TCP(t.Context(), target("tcp", listener.Addr().(*net.TCPAddr).AddrPort()), Options{SendBuffer: 4096})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	g := gate.New()
	g.Enter()
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := conn.Write(g, make([]byte, 32<<20))
		done <- result{n, err}
	}()
	g.Pass() // which the writer lets us do
	if err := conn.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if r := <-done; !errors.Is(fault.Classify(r.err), fault.ErrTimeout) || r.n == 0 || r.n == 32<<20 {
		t.Errorf("wrote %d bytes, %v", r.n, r.err)
	}
	g.Leave()
}
