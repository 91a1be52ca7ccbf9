package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/resolve"
)

// attempts returns the TCP sockets of this namespace that wait for an answer to
// their SYN.
func attempts(t *testing.T) []string {
	t.Helper()
	var waiting []string
	for _, file := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/thread-self/net/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			// sl, local address, remote address, state: 02 is SYN_SENT.
			if fields := strings.Fields(line); len(fields) > 3 && fields[3] == "02" {
				waiting = append(waiting, fields[2])
			}
		}
	}
	return waiting
}

// A family that does not work costs one attempt delay, or nothing if that shows at
// once (RFC 8305, section 5).
func TestHappyEyeballs(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	// The neighbour has the addresses that end in 14, and drops what comes for the
	// others without a word, since it forwards nothing.
	n := netns.NewNeighbour(t)
	n.Join(t, "out0", []string{"93.184.215.1/24", "2606:2800:21f:cb07::1/64"}, "eth0", []string{"93.184.215.2/24", "2606:2800:21f:cb07::2/64"})
	n.Run(t, "ip", netns.AddAddr("93.184.216.14/32", "lo")...)
	n.Run(t, "ip", netns.AddAddr("2606:2800:220::14/128", "lo")...)
	netns.Run(t, "ip", "route", "add", "93.184.216.0/24", "via", "93.184.215.2")
	netns.Run(t, "ip", "route", "add", "2606:2800:220::/48", "via", "2606:2800:21f:cb07::2")
	netns.Run(t, "ip", "route", "add", "unreachable", "2606:2800:221::/48")
	n.Do(t, func() {
		listener, err := net.Listen("tcp", ":8080")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
	})
	netns.Dnsmasq(t,
		"--host-record=well.example,93.184.216.14,2606:2800:220::14",
		"--host-record=deadsix.example,93.184.216.14,2606:2800:220::dead",
		"--host-record=deadfour.example,93.184.216.99,2606:2800:220::14",
		"--host-record=twodead.example,93.184.216.14,2606:2800:220::dead", "--host-record=twodead.example,2606:2800:220::beef",
		"--host-record=nosix.example,93.184.216.14,2606:2800:221::14",
		"--host-record=alldead.example,93.184.216.99,2606:2800:220::dead",
	)
	for _, c := range []struct {
		name     string
		want     string
		at, most time.Duration
	}{
		{"well.example", "2606:2800:220::14", 0, attemptDelay},
		{"deadfour.example", "2606:2800:220::14", 0, attemptDelay},
		{"deadsix.example", "93.184.216.14", attemptDelay, 2 * attemptDelay},
		{"twodead.example", "93.184.216.14", attemptDelay, 2 * attemptDelay},
		{"nosix.example", "93.184.216.14", 0, attemptDelay},
	} {
		// What takes too long once may be a busy computer; what does so each time is not.
		for tries := 5; ; tries-- {
			began := time.Now()
			to, err := open(t, &Dialer{Rules: &publicOnly{}}, "tcp", c.name, resolve.Any)
			took := time.Since(began)
			if left := attempts(t); len(left) != 0 {
				t.Errorf("%s: still trying %q", c.name, left)
			}
			if err == nil && took > c.most && tries > 1 {
				continue
			}
			if err != nil || to.String() != c.want || took < c.at || took > c.most {
				t.Errorf("%s: %v, %v after %v", c.name, to, err, took)
			}
			t.Logf("%s: %v after %v", c.name, to, took.Round(time.Millisecond))
			break
		}
	}
	began := time.Now()
	dead := Target{Network: "tcp", Host: host(t, "alldead.example"), Port: somewhere}
	_, err := (&Dialer{Rules: &publicOnly{}}).TCP(t.Context(), dead, Options{Timeout: 600 * time.Millisecond})
	if took := time.Since(began); !errors.Is(err, fault.ErrTimeout) || took < 600*time.Millisecond || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if left := attempts(t); len(left) != 0 {
		t.Errorf("still trying %q", left)
	}
}

// The probe comes when a connection to port 443 stands and nobody has used it.
func TestProbe(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	serve := func(port string) *net.TCPListener {
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		return listener.(*net.TCPListener)
	}
	probed, other := serve("443"), serve("444")
	packets, err := net.ListenPacket("udp", "127.0.0.1:443")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()

	// accept takes the connection whose end the page would have.
	accept := func(from *net.TCPListener) *net.TCPConn {
		t.Helper()
		if err := from.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		conn, err := from.AcceptTCP()
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	var asked []netip.AddrPort
	var named []string
	var says error
	var peer *net.TCPConn
	d := &Dialer{Probe: func(_ context.Context, to Target, name string, at netip.AddrPort) error {
		named = append(named, name)
		asked = append(asked, at)
		if to.Host.String() != "localhost" || to.Origin != "https://page.example" {
			t.Errorf("asked about %+v", to)
		}
		// The connection stands.
		peer = accept(probed)
		return says
	}}
	to := Target{Network: "tcp", Host: host(t, "localhost"), Port: 443, Origin: "https://page.example"}

	conn, err := d.TCP(t.Context(), to, Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	peer.Close()

	for _, secure := range []bool{false, true} {
		says = fault.ErrAddress
		if _, err := d.TCP(t.Context(), to, Options{Secure: secure}); !errors.Is(err, fault.ErrAddress) {
			t.Errorf("TLS %v, the probe says no: %v", secure, err)
		}
		if got, err := io.ReadAll(peer); len(got) != 0 || err != nil {
			t.Errorf("TLS %v: the peer got %q, %v", secure, got, err)
		}
		peer.Close()
	}
	for _, at := range asked {
		if at != netip.MustParseAddrPort("127.0.0.1:443") {
			t.Errorf("asked about %v", at)
		}
	}
	if len(asked) != 3 {
		t.Errorf("asked %d times", len(asked))
	}

	// UDP is asked about before the socket is open.
	quic := Target{Network: "udp", Host: to.Host, Port: 443, Origin: to.Origin}
	answering := &Dialer{Probe: func(_ context.Context, about Target, name string, at netip.AddrPort) error {
		if about != quic || name != "localhost" || at != netip.MustParseAddrPort("127.0.0.1:443") {
			t.Errorf("asked about %+v, %s, %v", about, name, at)
		}
		return says
	}}
	for _, says = range []error{fault.ErrCORS, nil} {
		conn, err := answering.UDP(t.Context(), quic, Options{})
		if !errors.Is(err, says) {
			t.Errorf("UDP: %v, want %v", err, says)
		} else if err == nil {
			conn.Close()
		}
	}

	// Not for other ports.
	to.Port = 444
	conn, err = d.TCP(t.Context(), to, Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	accept(other).Close()
	to.Network = "udp"
	udp, err := d.UDP(t.Context(), to, Options{})
	if err != nil {
		t.Fatal(err)
	}
	udp.Close()
	if len(asked) != 3 {
		t.Errorf("asked about more: %v", asked)
	}
}
