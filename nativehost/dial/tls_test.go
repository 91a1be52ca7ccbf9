package dial

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/gate"
)

// issue makes a certificate that signs itself.
func issue(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func trusting(certificate tls.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(certificate.Leaf)
	return pool
}

// serveOne accepts one connection at a time and hands it to peer.
func serveOne(t *testing.T, peer func(net.Conn)) uint16 {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			peer(c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return uint16(listener.Addr().(*net.TCPAddr).Port)
}

func TestTLSOptions(t *testing.T) {
	good := issue(t, nil)
	expired := issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	early := issue(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
	other := issue(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"other.example"}, nil })
	type hashes = [][sha256.Size]byte
	hash := func(c tls.Certificate) [sha256.Size]byte { return sha256.Sum256(c.Leaf.Raw) }

	for what, c := range map[string]struct {
		server  tls.Certificate
		host    string
		options TLSOptions
		roots   *x509.CertPool
		sni     string
		refused bool
	}{
		"name":                      {server: good, host: "localhost", roots: trusting(good), sni: "localhost"},
		"address: no SNI":           {server: good, host: "127.0.0.1", roots: trusting(good)},
		"server name of its own":    {server: other, host: "127.0.0.1", options: TLSOptions{ServerName: "other.example"}, roots: trusting(other), sni: "other.example"},
		"wrong name":                {server: other, host: "localhost", roots: trusting(other), sni: "localhost", refused: true},
		"right name, but not asked": {server: good, host: "localhost", options: TLSOptions{ServerName: "other.example"}, roots: trusting(good), sni: "other.example", refused: true},
		"unknown authority":         {server: good, host: "localhost", roots: x509.NewCertPool(), sni: "localhost", refused: true},
		"expired":                   {server: expired, host: "localhost", roots: trusting(expired), sni: "localhost", refused: true},

		"listed: name and authority do not count": {server: other, host: "localhost", options: TLSOptions{Hashes: hashes{hash(good), hash(other)}}, roots: x509.NewCertPool(), sni: "localhost"},
		"not listed, though trusted":              {server: good, host: "localhost", options: TLSOptions{Hashes: hashes{hash(other)}}, roots: trusting(good), sni: "localhost", refused: true},
		"listed, but expired":                     {server: expired, host: "localhost", options: TLSOptions{Hashes: hashes{hash(expired)}}, sni: "localhost", refused: true},
		"listed, but not valid yet":               {server: early, host: "localhost", options: TLSOptions{Hashes: hashes{hash(early)}}, sni: "localhost", refused: true},
	} {
		t.Run(what, func(t *testing.T) {
			names := make(chan string, 1)
			port := serveOne(t, func(conn net.Conn) {
				s := tls.Server(conn, &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
					names <- hello.ServerName
					return &c.server, nil
				}})
				_, _ = io.Copy(s, s)
			})
			options := Options{Secure: true, TLS: c.options}
			conn, err := (&Dialer{Roots: c.roots}).TCP(t.Context(), Target{Network: "tcp", Host: host(t, c.host), Port: port}, options)
			select {
			case sni := <-names:
				if sni != c.sni {
					t.Errorf("SNI is %q, want %q", sni, c.sni)
				}
			default:
				t.Fatalf("no handshake: %v", err)
			}
			if c.refused {
				if err == nil {
					conn.Close()
				}
				if !errors.Is(err, fault.ErrTLS) || fault.Describe(err).Reason != "tls" {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := conn.TLS().PeerCertificates[0]; !got.Equal(c.server.Leaf) {
				t.Errorf("the certificate is of %v", got.DNSNames)
			}
			hear(t, conn, "under TLS")
		})
	}
}

// hear writes text and wants it back.
func hear(t *testing.T, conn *Conn, text string) {
	t.Helper()
	g := gate.New()
	g.Enter()
	_, err := conn.Write(g, []byte(text))
	g.Leave()
	got := make([]byte, len(text))
	if err == nil {
		_, err = io.ReadFull(conn, got)
	}
	if err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestALPN(t *testing.T) {
	certificate := issue(t, nil)
	for what, c := range map[string]struct {
		server, client []string
		want           string
	}{
		"the server's choice":         {[]string{"imap", "pop3"}, []string{"pop3", "imap"}, "imap"},
		"a server that knows no ALPN": {nil, []string{"imap"}, ""},
		"nothing offered":             {[]string{"imap"}, nil, ""},
	} {
		t.Run(what, func(t *testing.T) {
			port := serveOne(t, func(conn net.Conn) {
				s := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: c.server})
				_, _ = io.Copy(s, s)
			})
			options := Options{Secure: true, TLS: TLSOptions{ALPN: c.client}}
			conn, err := (&Dialer{Roots: trusting(certificate)}).TCP(t.Context(), Target{Network: "tcp", Host: host(t, "localhost"), Port: port}, options)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := conn.TLS().NegotiatedProtocol; got != c.want {
				t.Errorf("agreed on %q, want %q", got, c.want)
			}
		})
	}
}

// connect returns a plain connection.
func connect(t *testing.T, dialer *Dialer, port uint16) (*Conn, Target) {
	t.Helper()
	target := Target{Network: "tcp", Host: host(t, "localhost"), Port: port}
	conn, err := dialer.TCP(t.Context(), target, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, target
}

func TestStartTLS(t *testing.T) {
	certificate := issue(t, nil)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	dialer := &Dialer{Roots: trusting(certificate)}

	t.Run("upgrades", func(t *testing.T) {
		conn, target := connect(t, dialer, serveOne(t, func(c net.Conn) {
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
		}))
		if conn.TLS() != nil {
			t.Fatal("TLS before it was asked for")
		}
		if err := dialer.StartTLS(t.Context(), conn, target, Options{}, nil); err != nil {
			t.Fatal(err)
		}
		hear(t, conn, "under TLS")
	})

	injected := func(c net.Conn) {
		_, _ = c.Write([]byte("* injected\r\n"))
		s := tls.Server(c, config)
		_, _ = io.Copy(s, s)
	}
	t.Run("bytes that wait are plain text", func(t *testing.T) {
		conn, target := connect(t, dialer, serveOne(t, injected))
		for !waiting(conn.tcp) {
			time.Sleep(time.Millisecond)
		}
		if err := dialer.StartTLS(t.Context(), conn, target, Options{}, nil); !errors.Is(err, fault.ErrPlaintext) {
			t.Errorf("got %v", err)
		}
	})
	// The same bytes, had nobody looked for them: they fail the handshake, for TLS
	// has no place for anything before the server's first message.
	for what, bytes := range map[string]string{
		"text":                     "* injected\r\n",
		"application data":         "\x17\x03\x03\x00\x05hello",
		"a handshake message":      "\x16\x03\x03\x00\x04\x0e\x00\x00\x00",
		"a fatal alert":            "\x15\x03\x03\x00\x02\x02\x28",
		"close_notify":             "\x15\x03\x03\x00\x02\x01\x00",
		"a change of cipher specs": "\x14\x03\x03\x00\x01\x01",
		"half a record":            "\x16\x03\x03",
	} {
		t.Run("bytes that nobody saw waiting: "+what, func(t *testing.T) {
			conn, _ := connect(t, dialer, serveOne(t, func(c net.Conn) {
				_, _ = c.Write([]byte(bytes))
				_ = tls.Server(c, config).Handshake()
			}))
			for !waiting(conn.tcp) {
				time.Sleep(time.Millisecond)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			err := conn.secure(ctx, "localhost", dialer.Roots, TLSOptions{})
			// After half a record TLS waits for the rest of it.
			if err == nil || !slices.Contains([]string{"tls", "reset", "timeout"}, fault.Describe(err).Reason) || conn.TLS() != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a server that never answers", func(t *testing.T) {
		conn, target := connect(t, dialer, serveOne(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }))
		err := dialer.StartTLS(t.Context(), conn, target, Options{Timeout: 50 * time.Millisecond}, nil)
		if !errors.Is(err, fault.ErrTimeout) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("given up before it begins", func(t *testing.T) {
		heard := make(chan []byte, 1)
		conn, target := connect(t, dialer, serveOne(t, func(c net.Conn) {
			all, _ := io.ReadAll(c)
			heard <- all
		}))
		if err := dialer.StartTLS(t.Context(), conn, target, Options{}, func() error { return fault.ErrAborted }); !errors.Is(err, fault.ErrAborted) {
			t.Errorf("got %v", err)
		}
		conn.Close()
		if all := <-heard; len(all) > 0 {
			t.Errorf("the peer got %q", all)
		}
	})
	t.Run("given up", func(t *testing.T) {
		heard := make(chan error, 1)
		conn, target := connect(t, dialer, serveOne(t, func(c net.Conn) {
			_, err := io.Copy(io.Discard, c)
			heard <- err
		}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if err := dialer.StartTLS(ctx, conn, target, Options{}, nil); !errors.Is(err, fault.ErrAborted) {
			t.Errorf("got %v", err)
		}
		if err := <-heard; err == nil {
			t.Error("the peer heard an end instead of a reset")
		}
	})
}
