package sockets_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func TestStartTLS(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	upgrading := hosttest.Serve(t, func(c *net.TCPConn) {
		if hosttest.Converse(c, hosttest.GoAhead) {
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
			_ = s.CloseWrite()
		}
	})
	const plain = int64(len(hosttest.Greeting + hosttest.GoAhead))

	t.Run("plain, then TLS, then the end", func(t *testing.T) {
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		r := hosttest.PlainPart(b, upgrading, hosttest.GoAhead)
		var result protocol.SocketStartTLSResult
		b.WantResult(protocol.MethodSocketStartTLS, b.Answer(b.StartTLS(r, plain)), &result)
		if result.TLS.Version != "1.3" || !strings.HasPrefix(result.TLS.CipherSuite, "TLS_") || len(result.TLS.PeerCertificates) != 1 {
			t.Errorf("agreed on %+v", result.TLS)
		}
		// Credits go on where they were, in both directions.
		sent := hosttest.Noise(6 << 20)
		b.Send(r, sent)
		b.WaitReceived(r, plain+int64(len(sent)))
		if !bytes.Equal(b.Bytes(r)[plain:], sent) {
			t.Error("the bytes differ")
		}
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain)), "InvalidStateError", "protocol")
		b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
		closed := b.WantClosed(r, "", "")
		if closed.BytesIn != plain+int64(len(sent)) || closed.BytesOut != int64(len(hosttest.Command)+len(sent)) {
			t.Errorf("counted %d in, %d out", closed.BytesIn, closed.BytesOut)
		}
		if lines := b.Audit.All(); !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `"event":"secure"`) }) {
			t.Errorf("the audit log does not know: %v", lines)
		}
	})
	t.Run("everything written before goes out before, and in plain text", func(t *testing.T) {
		const size = 4 << 20
		heard := make(chan []byte, 1)
		port := hosttest.Serve(t, func(c *net.TCPConn) {
			p := make([]byte, size)
			time.Sleep(50 * time.Millisecond) // so that the upgrade has to wait for the writes
			_, _ = io.ReadFull(c, p)
			heard <- p
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
		})
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}, Window: 2 * size})
		r, _ := b.Open(port, hosttest.Upgradable)
		sent := hosttest.Noise(size)
		b.Send(r, sent)
		id := b.StartTLS(r, 0)
		if got := <-heard; !bytes.Equal(got, sent) {
			t.Error("the bytes differ")
		}
		b.WantResult(protocol.MethodSocketStartTLS, b.Answer(id), nil)
		b.WantAlive(r)
	})
	t.Run("the answer comes before what the peer says at once", func(t *testing.T) {
		speaksFirst := hosttest.Serve(t, func(c *net.TCPConn) {
			s := tls.Server(c, config)
			_, _ = s.Write([]byte("first!"))
			_, _ = io.Copy(io.Discard, s)
		})
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		for range 30 {
			r, _ := b.Open(speaksFirst, hosttest.Upgradable)
			id := b.StartTLS(r, 0)
			b.WaitReceived(r, 6)
			b.Mu.Lock()
			_, answered := b.Answers[id]
			b.Mu.Unlock()
			if !answered {
				t.Fatal("data came before the answer")
			}
		}
	})
	t.Run("only where it can be", func(t *testing.T) {
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		echoing := hosttest.Serve(t, hosttest.Echo)
		r, _ := b.Open(echoing, hosttest.Keep)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, 0)), "InvalidStateError", "protocol")
		b.WantAlive(r)
		stop := make(chan struct{})
		defer close(stop)
		half, _ := b.Open(hosttest.Serve(t, func(c *net.TCPConn) { _, _ = c.Write([]byte(hosttest.Greeting)); <-stop }), hosttest.Upgradable)
		b.WaitReceived(half, int64(len(hosttest.Greeting)))
		b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: half.ID}, nil)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(half, int64(len(hosttest.Greeting)))), "InvalidStateError", "protocol")
		hosttest.WantFailure(t, b.Answer(b.StartTLS(&hosttest.Remote{ID: 999}, 0)), "InvalidStateError", "gone")
		hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodSocketStartTLS, map[string]any{"socketId": r.ID})), protocol.CodeInvalidParams)
		ended, _ := b.Open(hosttest.Serve(t, func(c *net.TCPConn) { _ = c.CloseWrite(); _, _ = hosttest.Until(c) }), hosttest.Upgradable)
		b.WaitEnd(ended)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(ended, 0)), "NetworkError", "tls")
		b.WantClosed(ended, "NetworkError", "tls")
	})
	for what, change := range map[string]func(*protocol.SocketStartTLSParams){
		"a name that the certificate does not have": func(p *protocol.SocketStartTLSParams) {
			p.TLS = &protocol.TLSOptions{ServerName: "other.example"}
		},
		"no name at all": func(p *protocol.SocketStartTLSParams) { p.TLS = &protocol.TLSOptions{ServerName: "a b"} },
		"a certificate that was not listed": func(p *protocol.SocketStartTLSParams) {
			p.TLS = &protocol.TLSOptions{ServerCertificateHashes: []protocol.CertificateHash{
				{Algorithm: "sha-256", Value: strings.Repeat("A", 43) + "="},
			}}
		},
	} {
		t.Run(what, func(t *testing.T) {
			b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
			r := hosttest.PlainPart(b, upgrading, hosttest.GoAhead)
			p := protocol.SocketStartTLSParams{SocketID: r.ID, Received: plain, Sent: r.Sent}
			change(&p)
			hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodSocketStartTLS, p)), "NetworkError", "tls")
			b.WantClosed(r, "NetworkError", "tls")
		})
	}
}

// Whatever is said in plain text after the page last looked must not be taken for
// something that came under TLS, and nothing may be said to whoever said it.
func TestStartTLSInjection(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	const injected = "* injected\r\n"
	type end struct {
		heard []byte
		err   error
	}
	// A peer that says too much, in one segment with the go-ahead, and then plays the
	// server that it should be.
	injecting := func(t *testing.T) (port int, ends chan end) {
		ends = make(chan end, 1)
		return hosttest.Serve(t, func(c *net.TCPConn) {
			hosttest.Converse(c, hosttest.GoAhead+injected)
			heard, err := hosttest.Until(c)
			ends <- end{heard, err}
		}), ends
	}
	wantTornDown := func(t *testing.T, ends chan end) {
		t.Helper()
		if got := <-ends; len(got.heard) > 0 || !errors.Is(got.err, syscall.ECONNRESET) {
			t.Errorf("the peer heard %q, then %v", got.heard, got.err)
		}
	}
	plain := int64(len(hosttest.Greeting + hosttest.GoAhead))

	t.Run("in the page's queue", func(t *testing.T) {
		port, ends := injecting(t)
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		r := hosttest.PlainPart(b, port, hosttest.GoAhead+injected)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain)), "NetworkError", "plaintext")
		b.WantClosed(r, "NetworkError", "plaintext")
		wantTornDown(t, ends)
	})
	t.Run("in the kernel's buffer", func(t *testing.T) {
		port, ends := injecting(t)
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		// Credit for the greeting and the go-ahead, and for nothing more.
		r, _ := b.Open(port, func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
			hosttest.Upgradable(p, r)
			p.Window, r.Stalled = plain, true
		})
		b.WaitReceived(r, int64(len(hosttest.Greeting)))
		b.Send(r, []byte(hosttest.Command))
		b.WaitReceived(r, plain)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain)), "NetworkError", "plaintext")
		b.WantClosed(r, "NetworkError", "plaintext")
		wantTornDown(t, ends)
		if got := b.Bytes(r); string(got) != hosttest.Greeting+hosttest.GoAhead {
			t.Errorf("the page got %q", got)
		}
	})
	t.Run("before the server's first message", func(t *testing.T) {
		port := hosttest.Serve(t, func(c *net.TCPConn) {
			hosttest.Converse(c, hosttest.GoAhead)
			hello := make([]byte, 1)
			_, _ = io.ReadFull(c, hello)
			_, _ = c.Write([]byte(injected))
			_ = tls.Server(unread{c, io.MultiReader(bytes.NewReader(hello), c)}, config).Handshake()
		})
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		r := hosttest.PlainPart(b, port, hosttest.GoAhead)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain)), "NetworkError", "tls")
		b.WantClosed(r, "NetworkError", "tls")
		if got := b.Bytes(r); string(got) != hosttest.Greeting+hosttest.GoAhead {
			t.Errorf("the page got %q", got)
		}
	})
	t.Run("while the request is on its way", func(t *testing.T) {
		// The peer talks and talks; whenever the request comes, something is too much.
		port := hosttest.Serve(t, func(c *net.TCPConn) {
			for {
				if _, err := c.Write([]byte(injected)); err != nil {
					return
				}
			}
		})
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		for range 20 {
			r, _ := b.Open(port, hosttest.Upgradable)
			b.WaitReceived(r, 100)
			b.Mu.Lock()
			received := r.Received
			b.Mu.Unlock()
			m := b.Answer(b.StartTLS(r, received))
			if m.Error == nil || m.Error.Data.Name != "NetworkError" {
				t.Fatalf("got %s", m.Result)
			}
			b.WaitClosed(r)
		}
	})
	t.Run("the page counts what nobody sent", func(t *testing.T) {
		b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}})
		r := hosttest.PlainPart(b, hosttest.Serve(t, func(c *net.TCPConn) { hosttest.Converse(c, hosttest.GoAhead); _, _ = hosttest.Until(c) }), hosttest.GoAhead)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain+1)), "NetworkError", "plaintext")
		b.WantClosed(r, "NetworkError", "plaintext")
	})
}

// unread is a connection of which some bytes were read already.
type unread struct {
	net.Conn
	all io.Reader
}

func (u unread) Read(p []byte) (int, error) { return u.all.Read(p) }

func TestStartTLSGivenUp(t *testing.T) {
	roots, _ := hosttest.SecureWorld(t)
	dialer := &dial.Dialer{Roots: roots}
	// silent lets the page come as far as the handshake, and says what it heard.
	silent := func(t *testing.T) (port int, hello chan struct{}) {
		hello = make(chan struct{})
		return hosttest.Serve(t, func(c *net.TCPConn) {
			hosttest.Converse(c, hosttest.GoAhead)
			_, _ = io.ReadFull(c, make([]byte, 1))
			close(hello)
			_, _ = hosttest.Until(c)
		}), hello
	}
	const plain = int64(len(hosttest.Greeting + hosttest.GoAhead))

	t.Run("closed by the page", func(t *testing.T) {
		for _, reset := range []bool{false, true} {
			port, hello := silent(t)
			b := hosttest.Start(t, hosttest.Options{Dialer: dialer})
			r := hosttest.PlainPart(b, port, hosttest.GoAhead)
			id := b.StartTLS(r, plain)
			<-hello
			b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID, Reset: reset}, nil)
			hosttest.WantFailure(t, b.Answer(id), "AbortError", "aborted")
			b.WaitClosed(r)
		}
	})
	t.Run("the browser is gone", func(t *testing.T) {
		port, hello := silent(t)
		b := hosttest.Start(t, hosttest.Options{Dialer: dialer})
		r := hosttest.PlainPart(b, port, hosttest.GoAhead)
		b.StartTLS(r, plain)
		<-hello
		began := time.Now()
		b.In.Close()
		if err := <-b.Ended; err != nil || time.Since(began) > time.Second {
			t.Errorf("ended with %v after %v", err, time.Since(began))
		}
		b.Ended <- nil // for the end of the test
	})
	t.Run("no answer in time", func(t *testing.T) {
		port, _ := silent(t)
		b := hosttest.Start(t, hosttest.Options{Dialer: dialer})
		r, _ := b.Open(port, func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
			hosttest.Upgradable(p, r)
			p.Timeout = 300
		})
		b.WaitReceived(r, int64(len(hosttest.Greeting)))
		b.Send(r, []byte(hosttest.Command))
		b.WaitReceived(r, plain)
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain)), "NetworkError", "timeout")
		b.WantClosed(r, "NetworkError", "timeout")
	})
	t.Run("the peer ends instead", func(t *testing.T) {
		for what, c := range map[string]struct {
			end    func(*net.TCPConn)
			reason string
		}{
			"in order":     {func(c *net.TCPConn) { _ = c.CloseWrite(); _, _ = hosttest.Until(c) }, "tls"},
			"with a reset": {func(c *net.TCPConn) { _ = c.SetLinger(0) }, "reset"},
		} {
			t.Run(what, func(t *testing.T) {
				b := hosttest.Start(t, hosttest.Options{Dialer: dialer})
				r := hosttest.PlainPart(b, hosttest.Serve(t, func(conn *net.TCPConn) {
					hosttest.Converse(conn, hosttest.GoAhead)
					_, _ = io.ReadFull(conn, make([]byte, 1))
					c.end(conn)
				}), hosttest.GoAhead)
				hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain)), "NetworkError", c.reason)
				b.WantClosed(r, "NetworkError", c.reason)
				if r.Ended {
					t.Error("told of an orderly end")
				}
			})
		}
	})
	for what, fault := range map[string]func(b *hosttest.Broker, r *hosttest.Remote) int64{
		"a write meanwhile":        func(b *hosttest.Broker, r *hosttest.Remote) int64 { return b.WriteAsk(r, []byte("plain")) },
		"an empty write meanwhile": func(b *hosttest.Broker, r *hosttest.Remote) int64 { return b.WriteAsk(r, nil) },
		"a shutdown meanwhile": func(b *hosttest.Broker, r *hosttest.Remote) int64 {
			return b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID})
		},
	} {
		t.Run(what, func(t *testing.T) {
			port, hello := silent(t)
			b := hosttest.Start(t, hosttest.Options{Dialer: dialer})
			r := hosttest.PlainPart(b, port, hosttest.GoAhead)
			id := b.StartTLS(r, plain)
			<-hello
			hosttest.WantFailure(t, b.Answer(fault(b, r)), "NetworkError", "protocol")
			hosttest.WantFailure(t, b.Answer(id), "NetworkError", "protocol")
			b.WantClosed(r, "NetworkError", "protocol")
		})
	}
	t.Run("a second request meanwhile harms nobody", func(t *testing.T) {
		port, hello := silent(t)
		b := hosttest.Start(t, hosttest.Options{Dialer: dialer})
		r := hosttest.PlainPart(b, port, hosttest.GoAhead)
		id := b.StartTLS(r, plain)
		<-hello
		hosttest.WantFailure(t, b.Answer(b.StartTLS(r, plain)), "InvalidStateError", "protocol")
		b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
		hosttest.WantFailure(t, b.Answer(id), "AbortError", "aborted")
	})
}
