package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/resolve"
)

// halves knows one address at once, and others as soon as it is told, if it ever is.
type halves struct {
	first netip.Addr
	tell  chan []netip.Addr
}

func (h *halves) Ask(ctx context.Context, _ address.Host, _ resolve.Family) (resolve.Answer, error) {
	late := make(chan []netip.Addr, 1)
	go func() {
		defer close(late)
		select {
		case addrs := <-h.tell:
			late <- addrs
		case <-ctx.Done():
		}
	}()
	return resolve.Answer{Addrs: []netip.Addr{h.first}, Late: late}, nil
}

// loopbackOnly refuses all other addresses.
type loopbackOnly struct {
	mu    sync.Mutex // guards what follows
	asked []netip.Addr
	// second is called at the second judgement, just before the connection begins.
	second func()
}

func (r *loopbackOnly) Judge(_ context.Context, _ Target, at netip.AddrPort) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, at.Addr())
	if r.second != nil && len(r.asked) == 2 {
		r.second()
	}
	if !at.Addr().IsLoopback() {
		return fault.ErrAddress
	}
	return nil
}

// A name that turns out to lead inside while the socket is opening does not open, however
// far the opening has got.
func TestLateAddressesAreJudged(t *testing.T) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	inside := []netip.Addr{netip.IPv6Loopback(), netip.MustParseAddr("10.0.0.5")}
	to := Target{Network: "tcp", Host: host(t, "half.example"), Port: at.Port()}
	for what, secure := range map[string]bool{"just before the connection": false, "during the handshake": true} {
		if err := listener.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		resolver := &halves{first: at.Addr(), tell: make(chan []netip.Addr)}
		rules := &loopbackOnly{}
		peers := make(chan net.Conn, 1)
		if secure {
			go func() {
				peer, err := listener.Accept()
				if err != nil {
					t.Error(err)
				}
				resolver.tell <- inside
				peers <- peer
			}()
		} else {
			rules.second = func() { resolver.tell <- inside }
		}
		conn, err := (&Dialer{Rules: rules, Resolver: resolver}).TCP(t.Context(), to, Options{Secure: secure, Timeout: 10 * time.Second})
		if conn != nil || fault.Describe(err).Reason != "address" {
			t.Errorf("%s: %v, %v", what, conn, err)
		}
		if !slices.Contains(rules.asked, inside[1]) {
			t.Errorf("%s: asked about %v", what, rules.asked)
		}
		if !secure {
			// The connection may have been begun; nothing is said on it.
			if err := listener.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			peer, err := listener.AcceptTCP()
			if err != nil {
				continue
			}
			peers <- peer
		}
		peer := <-peers
		if got, _ := io.ReadAll(peer); !secure && len(got) != 0 {
			t.Errorf("%s: the peer reads %q", what, got)
		}
		peer.Close()
	}
	resolver := &halves{first: at.Addr(), tell: make(chan []netip.Addr)}
	rules := &loopbackOnly{second: func() { resolver.tell <- inside }}
	to.Network = "udp"
	if conn, err := (&Dialer{Rules: rules, Resolver: resolver}).UDP(t.Context(), to, Options{}); conn != nil || fault.Describe(err).Reason != "address" {
		t.Errorf("UDP: %v, %v", conn, err)
	}
}

// What comes late and may be used is used when the rest has failed, and is not waited
// for any longer once there is a connection.
func TestLateAddressesAreUsed(t *testing.T) {
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).AddrPort().Port()
	nobody, somebody := netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	to := Target{Network: "tcp", Host: host(t, "half.example"), Port: port}

	resolver := &halves{first: nobody, tell: make(chan []netip.Addr)}
	go func() { resolver.tell <- []netip.Addr{somebody} }()
	conn, err := (&Dialer{Rules: &loopbackOnly{}, Resolver: resolver}).TCP(t.Context(), to, Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()

	began := time.Now()
	conn, err = (&Dialer{Rules: &loopbackOnly{}, Resolver: &halves{first: somebody}}).TCP(t.Context(), to, Options{})
	if err != nil || time.Since(began) > time.Second {
		t.Fatalf("nothing came late: %v after %v", err, time.Since(began))
	}
	conn.Close()

	began = time.Now()
	_, err = (&Dialer{Rules: &loopbackOnly{}, Resolver: &halves{first: nobody}}).TCP(t.Context(), to, Options{})
	if took := time.Since(began); !errors.Is(err, fault.ErrRefused) || took < lastPatience || took > lastPatience+time.Second {
		t.Errorf("nobody there, and nothing came late: %v after %v", err, took)
	}
	udp, err := (&Dialer{Rules: &loopbackOnly{}, Resolver: &halves{first: somebody}}).UDP(t.Context(), Target{Network: "udp", Host: to.Host, Port: port}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	udp.Close()
}
