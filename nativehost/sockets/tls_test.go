package sockets_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func TestTLS(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	names := make(chan string, 100)
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}
	echoing := hosttest.Serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		_, _ = io.Copy(s, s)
		_ = s.CloseWrite()
	})
	b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
	secure := func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
		p.Host, p.SecureTransport, r.Keep = "localhost", "on", true
	}

	t.Run("echo and half-close", func(t *testing.T) {
		r, _ := b.Open(echoing, secure)
		if name := <-names; name != "localhost" {
			t.Errorf("the server was asked for %q", name)
		}
		// So much that each side has to wait for the other.
		sent := hosttest.Noise(24 << 20)
		b.Send(r, sent)
		b.WaitReceived(r, 24<<20)
		if !bytes.Equal(b.Bytes(r), sent) {
			t.Error("the bytes differ")
		}
		b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
		b.WantClosed(r, "", "")
	})
	t.Run("what was agreed is told", func(t *testing.T) {
		config.NextProtos = []string{"imap"}
		defer func() { config.NextProtos = nil }()
		r, result := b.Open(echoing, func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
			secure(p, r)
			p.TLS = &protocol.TLSOptions{ALPNProtocols: []string{"pop3", "imap"}}
		})
		if got := result.TLS; got == nil || got.Version != "1.3" || got.ALPNProtocol != "imap" ||
			got.PeerCertificates[0] != base64.StdEncoding.EncodeToString(config.Certificates[0].Certificate[0]) {
			t.Errorf("agreed on %+v", got)
		}
		b.WantAlive(r)
	})
	t.Run("answers before what they provoke", func(t *testing.T) {
		r, _ := b.Open(echoing, secure)
		for i := range 300 {
			id := b.WriteAsk(r, []byte{1})
			b.WaitReceived(r, int64(i+1))
			b.Mu.Lock()
			_, answered := b.Answers[id]
			b.Mu.Unlock()
			if !answered {
				t.Fatalf("echo %d came before the answer to its write", i)
			}
		}
	})
	t.Run("cut short", func(t *testing.T) {
		cutting := hosttest.Serve(t, func(c *net.TCPConn) {
			_, _ = tls.Server(c, config).Write([]byte("half an ans"))
		})
		r, _ := b.Open(cutting, secure)
		b.WantClosed(r, "NetworkError", "tls")
		if string(b.Bytes(r)) != "half an ans" || r.Ended {
			t.Errorf("got %q, end %v", b.Bytes(r), r.Ended)
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
				port = hosttest.Serve(t, c.peer)
			}
			b := hosttest.Start(t, hosttest.Options{Dialer: c.dialer})
			p := b.TCP(port)
			p.Host, p.SecureTransport = "localhost", "on"
			c.change(&p)
			hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), "NetworkError", "tls")
		})
	}
	t.Run("silence", func(t *testing.T) {
		p := b.TCP(hosttest.Serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }))
		p.Host, p.SecureTransport, p.Timeout = "localhost", "on", 100
		hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), "NetworkError", "timeout")
	})
}

// withServerThatGoes starts a session, and a server that hears "hello" in TLS, says "bye",
// ends TLS and closes; then it says so.
func withServerThatGoes(t *testing.T) (b *hosttest.Broker, port int, closed <-chan struct{}) {
	t.Helper()
	roots, config := hosttest.SecureWorld(t)
	gone := make(chan struct{})
	port = hosttest.Serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		_, _ = io.ReadFull(s, make([]byte, len("hello")))
		_, _ = s.Write([]byte("bye"))
		_ = s.Close()
		gone <- struct{}{}
	})
	return hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}}), port, gone
}

// A server that has sent close_notify and closed is no reason for an error: on a plain
// connection it is none, either. What it did not take is one.
func TestTLSAfterTheServersEnd(t *testing.T) {
	b, port, closed := withServerThatGoes(t)
	for range 10 {
		for _, late := range []string{"", "too late"} {
			r, _ := b.Open(port, func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
				p.Host, p.SecureTransport, r.Keep = "localhost", "on", true
			})
			b.Send(r, []byte("hello"))
			<-closed
			b.WaitEnd(r)
			time.Sleep(5 * time.Millisecond)
			if late == "" {
				b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
				b.WantClosed(r, "", "")
				continue
			}
			b.Send(r, []byte(late))
			time.Sleep(5 * time.Millisecond)
			hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID})), "NetworkError", "reset")
			b.WantClosed(r, "NetworkError", "reset")
		}
	}
}

// A page closes before it has read that the server has, and the server is gone by then:
// nothing that the page wrote is lost, so that is an end in order.
func TestTLSClosedBeforeTheServersEndIsRead(t *testing.T) {
	b, port, closed := withServerThatGoes(t)
	for range 10 {
		r, _ := b.Open(port, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) {
			p.Host, p.SecureTransport, p.Window = "localhost", "on", 0
		})
		b.Send(r, []byte("hello"))
		<-closed
		b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
		b.WantClosed(r, "", "")
	}
}

// Records that wait together go to the page together; one that is alone does not wait.
func TestTLSRecordsAreGathered(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	config.DynamicRecordSizingDisabled = true
	const record, records = 8 << 10, 12
	sent, more := make(chan struct{}), make(chan struct{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		for range records {
			_, _ = s.Write(hosttest.Noise(record))
		}
		close(sent)
		<-more
		_, _ = s.Write([]byte("alone"))
		_, _ = io.Copy(io.Discard, s)
	})
	b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
	r, _ := b.Open(port, func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
		p.Host, p.SecureTransport, p.Window, r.Keep = "localhost", "on", 0, true
	})
	<-sent
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.ID, Bytes: protocol.WindowBytes})
	b.WaitReceived(r, record*records)
	b.Mu.Lock()
	frames, largest := len(r.Frames), 0
	for _, f := range r.Frames {
		largest = max(largest, len(f))
	}
	b.Mu.Unlock()
	if frames > records/2 || largest < 4*record {
		t.Errorf("%d records of %d bytes came in %d messages of at most %d", records, record, frames, largest)
	}
	close(more)
	b.WaitReceived(r, record*records+int64(len("alone")))
}
