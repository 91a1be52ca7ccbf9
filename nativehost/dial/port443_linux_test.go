package dial

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/gate"
	"github.com/portside/portside/nativehost/internal/netns"
)

// victim is what nobody may speak to.
const victim = "victim.example"

// probing counts what it is asked, and refuses the victim.
type probing struct{ names []string }

func (p *probing) ask(_ context.Context, _ Target, name string, _ netip.AddrPort) error {
	p.names = append(p.names, name)
	if name == victim {
		return fault.ErrCORS
	}
	return nil
}

// Each name that TLS is going to be for is asked about, before TLS says it.
func TestEveryNameIsProbed(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	certificate := issue(t, func(c *x509.Certificate) { c.DNSNames = []string{"localhost", "other.example", victim} })
	listener, err := net.Listen("tcp4", "127.0.0.1:443")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	names := make(chan string, 100)
	go func() {
		defer close(served)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			server := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
				names <- info.ServerName
				return nil, nil
			}})
			_ = server.Handshake()
			_, _ = io.Copy(io.Discard, server)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-served
	})
	to := Target{Network: "tcp", Host: host(t, "localhost"), Port: 443}
	hash := sha256.Sum256(certificate.Certificate[0])
	for what, c := range map[string]struct {
		options TLSOptions
		asked   []string
		refused bool
	}{
		"the host":           {TLSOptions{}, []string{"localhost"}, false},
		"the host, named":    {TLSOptions{ServerName: "LOCALHOST."}, []string{"localhost"}, false},
		"another":            {TLSOptions{ServerName: "Other.example"}, []string{"localhost", "other.example"}, false},
		"the victim":         {TLSOptions{ServerName: victim}, []string{"localhost", victim}, true},
		"the victim, pinned": {TLSOptions{ServerName: victim, Hashes: [][sha256.Size]byte{hash}}, []string{"localhost", victim}, true},
	} {
		for _, later := range []bool{false, true} {
			p := &probing{}
			d := &Dialer{Roots: trusting(certificate), Probe: p.ask}
			options := Options{Secure: !later}
			if !later {
				options.TLS = c.options
			}
			conn, err := d.TCP(t.Context(), to, options)
			if err == nil && later {
				options.TLS = c.options
				err = d.StartTLS(t.Context(), conn, to, options, nil)
			}
			if c.refused != errors.Is(err, fault.ErrCORS) || err != nil && !c.refused {
				t.Errorf("%s, later %v: %v", what, later, err)
			}
			if conn != nil {
				conn.Close()
			}
			if !slices.Equal(p.names, c.asked) {
				t.Errorf("%s, later %v: asked about %q", what, later, p.names)
			}
		}
	}
	close(names)
	for name := range names {
		if name == victim {
			t.Error("the victim was spoken to")
		}
	}
}

// A page that speaks TLS by itself, to port 443, speaks to nobody but the host.
func TestHellosOfPages(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	for _, port := range []string{"443", "444"} {
		listener, err := net.Listen("tcp4", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		for name, want := range map[string]error{"localhost": nil, victim: fault.ErrCORS, "": fault.ErrCORS} {
			if port != "443" {
				want = nil
			}
			conn, err := (&Dialer{}).TCP(t.Context(), Target{Network: "tcp", Host: host(t, "localhost"), Port: listener.Addr().(*net.TCPAddr).AddrPort().Port()}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			peer, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			heard := make(chan string, 1)
			go func() {
				defer close(heard)
				_ = tls.Server(peer, &tls.Config{GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
					heard <- info.ServerName
					return nil, io.EOF
				}}).Handshake()
				peer.Close()
			}()
			g := gate.New()
			g.Enter()
			page := &inPieces{write: func(b []byte) error {
				_, err := conn.Write(g, b)
				return err
			}}
			_ = tls.Client(page, &tls.Config{ServerName: name, InsecureSkipVerify: true}).Handshake()
			g.Leave()
			conn.Close()
			if !errors.Is(page.err, want) || page.err != nil && want == nil {
				t.Errorf("port %s, %q: %v, want %v", port, name, page.err, want)
			}
			got, spoken := <-heard
			if spoken != (want == nil) || got != name && spoken {
				t.Errorf("port %s, %q: the server heard %q, %v", port, name, got, spoken)
			}
		}
	}
}

// inPieces writes three bytes at a time, and hears nothing.
type inPieces struct {
	net.Conn
	write func([]byte) error
	err   error
}

func (p *inPieces) Write(b []byte) (int, error) {
	for piece := range slices.Chunk(b, 3) {
		if p.err = p.write(piece); p.err != nil {
			return 0, p.err
		}
	}
	return len(b), nil
}

func (*inPieces) Read([]byte) (int, error)         { return 0, io.EOF }
func (*inPieces) Close() error                     { return nil }
func (*inPieces) SetWriteDeadline(time.Time) error { return nil }
