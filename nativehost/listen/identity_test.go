package listen

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/gate"
)

func newIdentity(t *testing.T) *Identity {
	t.Helper()
	i, err := NewIdentity(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// openSecure listens with TLS.
func openSecure(t *testing.T) *Listener {
	t.Helper()
	i := newIdentity(t)
	return open(t, func(c *Config) { c.Identity = i })
}

// pinned connects as a page would that knows the certificate.
func pinned(t *testing.T, at netip.AddrPort, hash [sha256.Size]byte) (*dial.Conn, error) {
	t.Helper()
	conn, err := (&dial.Dialer{}).TCP(t.Context(), dial.Target{Network: "tcp", Host: address.FromAddr(at.Addr()), Port: at.Port()},
		dial.Options{Timeout: patience, Secure: true, TLS: dial.TLSOptions{Hashes: [][sha256.Size]byte{hash}}})
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func TestIdentity(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	serials := map[string]bool{}
	for range 3 {
		i, err := NewIdentity(now)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(i.certificate.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if i.Hash() != sha256.Sum256(leaf.Raw) {
			t.Error("the hash is another certificate's")
		}
		if !leaf.NotBefore.Equal(now.Add(-time.Hour)) || leaf.NotAfter.Sub(leaf.NotBefore) > 14*24*time.Hour || leaf.NotAfter.Before(now.Add(12*24*time.Hour)) {
			t.Errorf("valid from %v to %v", leaf.NotBefore, leaf.NotAfter)
		}
		if leaf.IsCA || leaf.Subject.String() != "CN=portside.invalid" || leaf.SerialNumber.Sign() <= 0 || len(leaf.SerialNumber.Bytes()) > 20 {
			t.Errorf("CA %v, %v, number %v", leaf.IsCA, leaf.Subject, leaf.SerialNumber)
		}
		serials[leaf.SerialNumber.String()] = true
	}
	if len(serials) != 3 {
		t.Error("numbers are repeated")
	}
}

func TestClientsPinTheCertificate(t *testing.T) {
	l := openSecure(t)
	type result struct {
		conn *dial.Conn
		err  error
	}
	connected := make(chan result)
	go func() {
		conn, err := pinned(t, l.Addr(), l.config.Identity.Hash())
		connected <- result{conn, err}
	}()
	taken := accept(t, l)
	r := <-connected
	if r.err != nil {
		t.Fatal(r.err)
	}
	state := taken.TLS()
	if state == nil || state.Version != tls.VersionTLS13 || len(state.PeerCertificates) != 0 {
		t.Fatalf("agreed on %+v", state)
	}
	g := gate.New()
	g.Enter()
	if _, err := taken.Write(g, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	// close_notify tells the end from a cut.
	if err := taken.CloseWrite(g); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r.conn)
	if err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
	// The other way it is a cut.
	_ = r.conn.Close()
	_ = taken.SetReadDeadline(time.Now().Add(patience))
	if _, err := taken.Read(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut is told as %v", err)
	}
}

func TestOthersAreNoClients(t *testing.T) {
	l := openSecure(t)
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error, 1)
	go func() {
		_, err := l.Accept(ctx)
		given <- err
	}()
	other := newIdentity(t)
	if _, err := pinned(t, l.Addr(), other.Hash()); !errors.Is(err, fault.ErrTLS) {
		t.Errorf("another certificate: %v", err)
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		c := tls.Client(connect(t, l), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		_ = c.SetDeadline(time.Now().Add(patience))
		if err := c.Handshake(); err == nil {
			t.Errorf("version %x is spoken", version)
		}
	}
	plain := connect(t, l)
	if _, err := plain.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	_ = plain.SetDeadline(time.Now().Add(patience))
	_, _ = io.ReadAll(plain) // an alert, perhaps, and the end
	cancel()
	if err := <-given; !errors.Is(err, fault.ErrAborted) {
		t.Errorf("somebody came in, or %v", err)
	}
}

func TestSessionsAreNotResumed(t *testing.T) {
	l := openSecure(t)
	config := &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	for range 3 {
		c := tls.Client(connect(t, l), config)
		shaken := make(chan error, 1)
		go func() { shaken <- c.Handshake() }()
		taken := accept(t, l)
		if err := <-shaken; err != nil {
			t.Fatal(err)
		}
		if c.ConnectionState().DidResume {
			t.Error("a session is resumed")
		}
		// Tickets come before the first bytes.
		write(t, taken, "x")
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

// A client that is silent keeps nobody else waiting, and is given up in time.
func TestSilentClientsKeepNobodyWaiting(t *testing.T) {
	l := openSecure(t)
	for range maxHandshakes - 1 {
		connect(t, l)
	}
	connected := make(chan error, 1)
	go func() {
		_, err := pinned(t, l.Addr(), l.config.Identity.Hash())
		connected <- err
	}()
	accept(t, l)
	if err := <-connected; err != nil {
		t.Fatal(err)
	}
}

func TestSilentClientsAreGivenUp(t *testing.T) {
	l := openSecure(t)
	l.handshakeTime = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan struct{})
	go func() {
		defer close(given)
		_, _ = l.Accept(ctx)
	}()
	wantReset(t, connect(t, l))
	cancel()
	<-given
}

// A connection that has shaken hands when nobody asks any more waits for whoever does.
func TestFinishedHandshakesWait(t *testing.T) {
	l := openSecure(t)
	const clients = 5
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan struct{})
	go func() {
		defer close(given)
		_, _ = l.Accept(ctx)
	}()
	slow := make([]*tls.Conn, clients)
	for i := range slow {
		slow[i] = tls.Client(connect(t, l), &tls.Config{InsecureSkipVerify: true})
	}
	waitFor(t, "the handshakes", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.handshaking == clients
	})
	cancel()
	<-given
	for _, c := range slow {
		_ = c.SetDeadline(time.Now().Add(patience))
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
	}
	for range slow {
		accept(t, l)
	}
}
