package session

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/protocol"
)

// secureWorld returns a CA and a TLS configuration for the name and the address.
func secureWorld(t *testing.T) (*x509.CertPool, *tls.Config) { return certified(t, nil) }

// certified is the same with another certificate.
func certified(t *testing.T, change func(*x509.Certificate)) (*x509.CertPool, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return roots, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestTLS(t *testing.T) {
	roots, config := secureWorld(t)
	names := make(chan string, 100)
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}
	echoing := serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		_, _ = io.Copy(s, s)
		_ = s.CloseWrite()
	})
	b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
	secure := func(p *protocol.TCPOpenParams, r *remote) {
		p.Host, p.SecureTransport, r.keep = "localhost", "on", true
	}

	t.Run("echo and half-close", func(t *testing.T) {
		r, _ := b.open(echoing, secure)
		if name := <-names; name != "localhost" {
			t.Errorf("the server was asked for %q", name)
		}
		// So much that each side has to wait for the other.
		sent := noise(24 << 20)
		b.send(r, sent)
		b.waitReceived(r, 24<<20)
		if !bytes.Equal(b.bytes(r), sent) {
			t.Error("the bytes differ")
		}
		b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id}, nil)
		b.wantClosed(r, "", "")
	})
	t.Run("what was agreed is told", func(t *testing.T) {
		config.NextProtos = []string{"imap"}
		defer func() { config.NextProtos = nil }()
		r, result := b.open(echoing, func(p *protocol.TCPOpenParams, r *remote) {
			secure(p, r)
			p.TLS = &protocol.TLSOptions{ALPNProtocols: []string{"pop3", "imap"}}
		})
		if got := result.TLS; got == nil || got.Version != "1.3" || got.ALPNProtocol != "imap" ||
			got.PeerCertificates[0] != base64.StdEncoding.EncodeToString(config.Certificates[0].Certificate[0]) {
			t.Errorf("agreed on %+v", got)
		}
		b.wantAlive(r)
	})
	t.Run("answers before what they provoke", func(t *testing.T) {
		r, _ := b.open(echoing, secure)
		for i := range 300 {
			id := b.writeAsk(r, []byte{1})
			b.waitReceived(r, int64(i+1))
			b.mu.Lock()
			_, answered := b.answers[id]
			b.mu.Unlock()
			if !answered {
				t.Fatalf("echo %d came before the answer to its write", i)
			}
		}
	})
	t.Run("cut short", func(t *testing.T) {
		cutting := serve(t, func(c *net.TCPConn) {
			_, _ = tls.Server(c, config).Write([]byte("half an ans"))
		})
		r, _ := b.open(cutting, secure)
		b.wantClosed(r, "NetworkError", "tls")
		if string(b.bytes(r)) != "half an ans" || r.ended {
			t.Errorf("got %q, end %v", b.bytes(r), r.ended)
		}
	})
	for what, c := range map[string]struct {
		dialer *dial.Dialer
		change func(*protocol.TCPOpenParams)
		peer   func(*net.TCPConn)
	}{
		"wrong name":        {&dial.Dialer{Roots: roots}, func(p *protocol.TCPOpenParams) { p.Host = "127.0.0.1" }, nil},
		"unknown authority": {&dial.Dialer{Roots: x509.NewCertPool()}, func(*protocol.TCPOpenParams) {}, nil},
		"not TLS": {&dial.Dialer{Roots: roots}, func(*protocol.TCPOpenParams) {}, func(c *net.TCPConn) {
			_, _ = c.Write([]byte("220 mail.example ESMTP\r\n"))
			_, _ = io.Copy(io.Discard, c)
		}},
		"TLS 1.1": {&dial.Dialer{Roots: roots}, func(*protocol.TCPOpenParams) {}, func(c *net.TCPConn) {
			old := config.Clone()
			old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			_ = tls.Server(c, old).Handshake()
		}},
	} {
		t.Run(what, func(t *testing.T) {
			port := echoing
			if c.peer != nil {
				port = serve(t, c.peer)
			}
			b := start(t, options{dialer: c.dialer})
			p := b.tcp(port)
			p.Host, p.SecureTransport = "localhost", "on"
			c.change(&p)
			wantFailure(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), "NetworkError", "tls")
		})
	}
	t.Run("silence", func(t *testing.T) {
		p := b.tcp(serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }))
		p.Host, p.SecureTransport, p.Timeout = "localhost", "on", 100
		wantFailure(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), "NetworkError", "timeout")
	})
}

// withServerThatGoes starts a session, and a server that hears "hello" in TLS, says "bye",
// ends TLS and closes; then it says so.
func withServerThatGoes(t *testing.T) (b *broker, port int, closed <-chan struct{}) {
	t.Helper()
	roots, config := secureWorld(t)
	gone := make(chan struct{})
	port = serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		_, _ = io.ReadFull(s, make([]byte, len("hello")))
		_, _ = s.Write([]byte("bye"))
		_ = s.Close()
		gone <- struct{}{}
	})
	return start(t, options{dialer: &dial.Dialer{Roots: roots}}), port, gone
}

// A server that has said goodbye and closed is no reason for an error: on a plain
// connection it is none, either. What it did not take is one.
func TestTLSAfterTheServersEnd(t *testing.T) {
	b, port, closed := withServerThatGoes(t)
	for range 10 {
		for _, late := range []string{"", "too late"} {
			r, _ := b.open(port, func(p *protocol.TCPOpenParams, r *remote) {
				p.Host, p.SecureTransport, r.keep = "localhost", "on", true
			})
			b.send(r, []byte("hello"))
			<-closed
			b.waitEnd(r)
			time.Sleep(5 * time.Millisecond)
			if late == "" {
				b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id}, nil)
				b.wantClosed(r, "", "")
				continue
			}
			b.send(r, []byte(late))
			time.Sleep(5 * time.Millisecond)
			wantFailure(t, b.answer(b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id})), "NetworkError", "reset")
			b.wantClosed(r, "NetworkError", "reset")
		}
	}
}

// A page closes before it has read that the server has, and the server is gone by then:
// nothing that the page wrote is lost, so that is an end in order.
func TestTLSClosedBeforeTheServersEndIsRead(t *testing.T) {
	b, port, closed := withServerThatGoes(t)
	for range 10 {
		r, _ := b.open(port, func(p *protocol.TCPOpenParams, _ *remote) {
			p.Host, p.SecureTransport, p.Window = "localhost", "on", 0
		})
		b.send(r, []byte("hello"))
		<-closed
		b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
		b.wantClosed(r, "", "")
	}
}

// Records that wait together go to the page together; one that is alone does not wait.
func TestTLSRecordsAreGathered(t *testing.T) {
	roots, config := secureWorld(t)
	config.DynamicRecordSizingDisabled = true
	const record, records = 8 << 10, 12
	sent, more := make(chan struct{}), make(chan struct{})
	port := serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		for range records {
			_, _ = s.Write(noise(record))
		}
		close(sent)
		<-more
		_, _ = s.Write([]byte("alone"))
		_, _ = io.Copy(io.Discard, s)
	})
	b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
	r, _ := b.open(port, func(p *protocol.TCPOpenParams, r *remote) {
		p.Host, p.SecureTransport, p.Window, r.keep = "localhost", "on", 0, true
	})
	<-sent
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.id, Bytes: protocol.WindowBytes})
	b.waitReceived(r, record*records)
	b.mu.Lock()
	frames, largest := len(r.frames), 0
	for _, f := range r.frames {
		largest = max(largest, len(f))
	}
	b.mu.Unlock()
	if frames > records/2 || largest < 4*record {
		t.Errorf("%d records of %d bytes came in %d messages of at most %d", records, record, frames, largest)
	}
	close(more)
	b.waitReceived(r, record*records+int64(len("alone")))
}
