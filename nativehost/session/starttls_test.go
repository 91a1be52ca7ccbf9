package session

import (
	"bufio"
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
	"github.com/portside/portside/protocol"
)

// The plain part of the protocol that the servers here speak.
const (
	greeting = "* OK ready\r\n"
	command  = "STARTTLS\r\n"
	goAhead  = "OK\r\n"
)

// upgradable opens a socket that can be upgraded.
func upgradable(p *protocol.TCPOpenParams, r *remote) {
	p.Host, p.SecureTransport, r.keep = "localhost", "starttls", true
}

// converse greets, waits for the command, says answer in one segment, and reports
// whether the command came.
func converse(c *net.TCPConn, answer string) bool {
	_, _ = c.Write([]byte(greeting))
	line, _ := bufio.NewReader(io.LimitReader(c, int64(len(command)))).ReadString('\n')
	_, _ = c.Write([]byte(answer))
	return line == command
}

// until reads until the peer's end and returns how that was.
func until(c io.Reader) (heard []byte, err error) {
	var all bytes.Buffer
	_, err = io.Copy(&all, c)
	return all.Bytes(), err
}

// plainPart plays the page up to the go-ahead and returns the socket.
func plainPart(b *broker, port int, answer string) *remote {
	b.t.Helper()
	r, _ := b.open(port, upgradable)
	b.waitReceived(r, int64(len(greeting)))
	b.send(r, []byte(command))
	b.waitReceived(r, int64(len(greeting+answer)))
	return r
}

func (b *broker) startTLS(r *remote, received int64) int64 {
	b.mu.Lock()
	sent := r.sent
	b.mu.Unlock()
	return b.ask(protocol.MethodSocketStartTLS, protocol.SocketStartTLSParams{SocketID: r.id, Received: received, Sent: sent})
}

func TestStartTLS(t *testing.T) {
	roots, config := secureWorld(t)
	upgrading := serve(t, func(c *net.TCPConn) {
		if converse(c, goAhead) {
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
			_ = s.CloseWrite()
		}
	})
	const plain = int64(len(greeting + goAhead))

	t.Run("plain, then TLS, then the end", func(t *testing.T) {
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		r := plainPart(b, upgrading, goAhead)
		var result protocol.SocketStartTLSResult
		b.wantResult(protocol.MethodSocketStartTLS, b.answer(b.startTLS(r, plain)), &result)
		if result.TLS.Version != "1.3" || !strings.HasPrefix(result.TLS.CipherSuite, "TLS_") || len(result.TLS.PeerCertificates) != 1 {
			t.Errorf("agreed on %+v", result.TLS)
		}
		// Credits go on where they were, in both directions.
		sent := noise(6 << 20)
		b.send(r, sent)
		b.waitReceived(r, plain+int64(len(sent)))
		if !bytes.Equal(b.bytes(r)[plain:], sent) {
			t.Error("the bytes differ")
		}
		wantFailure(t, b.answer(b.startTLS(r, plain)), "InvalidStateError", "protocol")
		b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id}, nil)
		closed := b.wantClosed(r, "", "")
		if closed.BytesIn != plain+int64(len(sent)) || closed.BytesOut != int64(len(command)+len(sent)) {
			t.Errorf("counted %d in, %d out", closed.BytesIn, closed.BytesOut)
		}
		if lines := b.audit.all(); !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `"event":"secure"`) }) {
			t.Errorf("the audit log does not know: %v", lines)
		}
	})
	t.Run("everything written before goes out before, and in plain text", func(t *testing.T) {
		const size = 4 << 20
		heard := make(chan []byte, 1)
		port := serve(t, func(c *net.TCPConn) {
			p := make([]byte, size)
			time.Sleep(50 * time.Millisecond) // so that the upgrade has to wait for the writes
			_, _ = io.ReadFull(c, p)
			heard <- p
			s := tls.Server(c, config)
			_, _ = io.Copy(s, s)
		})
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}, window: 2 * size})
		r, _ := b.open(port, upgradable)
		sent := noise(size)
		b.send(r, sent)
		id := b.startTLS(r, 0)
		if got := <-heard; !bytes.Equal(got, sent) {
			t.Error("the bytes differ")
		}
		b.wantResult(protocol.MethodSocketStartTLS, b.answer(id), nil)
		b.wantAlive(r)
	})
	t.Run("the answer comes before what the peer says at once", func(t *testing.T) {
		speaksFirst := serve(t, func(c *net.TCPConn) {
			s := tls.Server(c, config)
			_, _ = s.Write([]byte("first!"))
			_, _ = io.Copy(io.Discard, s)
		})
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		for range 30 {
			r, _ := b.open(speaksFirst, upgradable)
			id := b.startTLS(r, 0)
			b.waitReceived(r, 6)
			b.mu.Lock()
			_, answered := b.answers[id]
			b.mu.Unlock()
			if !answered {
				t.Fatal("data came before the answer")
			}
		}
	})
	t.Run("only where it can be", func(t *testing.T) {
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		echoing := serve(t, echo)
		r, _ := b.open(echoing, keep)
		wantFailure(t, b.answer(b.startTLS(r, 0)), "InvalidStateError", "protocol")
		b.wantAlive(r)
		stop := make(chan struct{})
		defer close(stop)
		half, _ := b.open(serve(t, func(c *net.TCPConn) { _, _ = c.Write([]byte(greeting)); <-stop }), upgradable)
		b.waitReceived(half, int64(len(greeting)))
		b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: half.id}, nil)
		wantFailure(t, b.answer(b.startTLS(half, int64(len(greeting)))), "InvalidStateError", "protocol")
		wantFailure(t, b.answer(b.startTLS(&remote{id: 999}, 0)), "InvalidStateError", "gone")
		wantCode(t, b.answer(b.ask(protocol.MethodSocketStartTLS, map[string]any{"socketId": r.id})), protocol.CodeInvalidParams)
		ended, _ := b.open(serve(t, func(c *net.TCPConn) { _ = c.CloseWrite(); _, _ = until(c) }), upgradable)
		b.waitEnd(ended)
		wantFailure(t, b.answer(b.startTLS(ended, 0)), "NetworkError", "tls")
		b.wantClosed(ended, "NetworkError", "tls")
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
			b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
			r := plainPart(b, upgrading, goAhead)
			p := protocol.SocketStartTLSParams{SocketID: r.id, Received: plain, Sent: r.sent}
			change(&p)
			wantFailure(t, b.answer(b.ask(protocol.MethodSocketStartTLS, p)), "NetworkError", "tls")
			b.wantClosed(r, "NetworkError", "tls")
		})
	}
}

// Whatever is said in plain text after the page last looked must not be taken for
// something that came under TLS, and nothing may be said to whoever said it.
func TestStartTLSInjection(t *testing.T) {
	roots, config := secureWorld(t)
	const injected = "* injected\r\n"
	type end struct {
		heard []byte
		err   error
	}
	// A peer that says too much, in one segment with the go-ahead, and then plays the
	// server that it should be.
	injecting := func(t *testing.T) (port int, ends chan end) {
		ends = make(chan end, 1)
		return serve(t, func(c *net.TCPConn) {
			converse(c, goAhead+injected)
			heard, err := until(c)
			ends <- end{heard, err}
		}), ends
	}
	wantTornDown := func(t *testing.T, ends chan end) {
		t.Helper()
		if got := <-ends; len(got.heard) > 0 || !errors.Is(got.err, syscall.ECONNRESET) {
			t.Errorf("the peer heard %q, then %v", got.heard, got.err)
		}
	}
	plain := int64(len(greeting + goAhead))

	t.Run("in the page's queue", func(t *testing.T) {
		port, ends := injecting(t)
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		r := plainPart(b, port, goAhead+injected)
		wantFailure(t, b.answer(b.startTLS(r, plain)), "NetworkError", "plaintext")
		b.wantClosed(r, "NetworkError", "plaintext")
		wantTornDown(t, ends)
	})
	t.Run("in the kernel's buffer", func(t *testing.T) {
		port, ends := injecting(t)
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		// Credit for the greeting and the go-ahead, and for nothing more.
		r, _ := b.open(port, func(p *protocol.TCPOpenParams, r *remote) {
			upgradable(p, r)
			p.Window, r.stalled = plain, true
		})
		b.waitReceived(r, int64(len(greeting)))
		b.send(r, []byte(command))
		b.waitReceived(r, plain)
		wantFailure(t, b.answer(b.startTLS(r, plain)), "NetworkError", "plaintext")
		b.wantClosed(r, "NetworkError", "plaintext")
		wantTornDown(t, ends)
		if got := b.bytes(r); string(got) != greeting+goAhead {
			t.Errorf("the page got %q", got)
		}
	})
	t.Run("before the server's first message", func(t *testing.T) {
		port := serve(t, func(c *net.TCPConn) {
			converse(c, goAhead)
			hello := make([]byte, 1)
			_, _ = io.ReadFull(c, hello)
			_, _ = c.Write([]byte(injected))
			_ = tls.Server(unread{c, io.MultiReader(bytes.NewReader(hello), c)}, config).Handshake()
		})
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		r := plainPart(b, port, goAhead)
		wantFailure(t, b.answer(b.startTLS(r, plain)), "NetworkError", "tls")
		b.wantClosed(r, "NetworkError", "tls")
		if got := b.bytes(r); string(got) != greeting+goAhead {
			t.Errorf("the page got %q", got)
		}
	})
	t.Run("while the request is on its way", func(t *testing.T) {
		// The peer talks and talks; whenever the request comes, something is too much.
		port := serve(t, func(c *net.TCPConn) {
			for {
				if _, err := c.Write([]byte(injected)); err != nil {
					return
				}
			}
		})
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		for range 20 {
			r, _ := b.open(port, upgradable)
			b.waitReceived(r, 100)
			b.mu.Lock()
			received := r.received
			b.mu.Unlock()
			m := b.answer(b.startTLS(r, received))
			if m.Error == nil || m.Error.Data.Name != "NetworkError" {
				t.Fatalf("got %s", m.Result)
			}
			b.waitClosed(r)
		}
	})
	t.Run("the page counts what nobody sent", func(t *testing.T) {
		b := start(t, options{dialer: &dial.Dialer{Roots: roots}})
		r := plainPart(b, serve(t, func(c *net.TCPConn) { converse(c, goAhead); _, _ = until(c) }), goAhead)
		wantFailure(t, b.answer(b.startTLS(r, plain+1)), "NetworkError", "plaintext")
		b.wantClosed(r, "NetworkError", "plaintext")
	})
}

// unread is a connection of which some bytes were read already.
type unread struct {
	net.Conn
	all io.Reader
}

func (u unread) Read(p []byte) (int, error) { return u.all.Read(p) }

func TestStartTLSGivenUp(t *testing.T) {
	roots, _ := secureWorld(t)
	dialer := &dial.Dialer{Roots: roots}
	// silent lets the page come as far as the handshake, and says what it heard.
	silent := func(t *testing.T) (port int, hello chan struct{}) {
		hello = make(chan struct{})
		return serve(t, func(c *net.TCPConn) {
			converse(c, goAhead)
			_, _ = io.ReadFull(c, make([]byte, 1))
			close(hello)
			_, _ = until(c)
		}), hello
	}
	const plain = int64(len(greeting + goAhead))

	t.Run("closed by the page", func(t *testing.T) {
		for _, reset := range []bool{false, true} {
			port, hello := silent(t)
			b := start(t, options{dialer: dialer})
			r := plainPart(b, port, goAhead)
			id := b.startTLS(r, plain)
			<-hello
			b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id, Reset: reset}, nil)
			wantFailure(t, b.answer(id), "AbortError", "aborted")
			b.waitClosed(r)
		}
	})
	t.Run("the browser is gone", func(t *testing.T) {
		port, hello := silent(t)
		b := start(t, options{dialer: dialer})
		r := plainPart(b, port, goAhead)
		b.startTLS(r, plain)
		<-hello
		began := time.Now()
		b.in.Close()
		if err := <-b.ended; err != nil || time.Since(began) > time.Second {
			t.Errorf("ended with %v after %v", err, time.Since(began))
		}
		b.ended <- nil // for the end of the test
	})
	t.Run("no answer in time", func(t *testing.T) {
		port, _ := silent(t)
		b := start(t, options{dialer: dialer})
		r, _ := b.open(port, func(p *protocol.TCPOpenParams, r *remote) {
			upgradable(p, r)
			p.Timeout = 300
		})
		b.waitReceived(r, int64(len(greeting)))
		b.send(r, []byte(command))
		b.waitReceived(r, plain)
		wantFailure(t, b.answer(b.startTLS(r, plain)), "NetworkError", "timeout")
		b.wantClosed(r, "NetworkError", "timeout")
	})
	t.Run("the peer ends instead", func(t *testing.T) {
		for what, c := range map[string]struct {
			end    func(*net.TCPConn)
			reason string
		}{
			"in order":     {func(c *net.TCPConn) { _ = c.CloseWrite(); _, _ = until(c) }, "tls"},
			"with a reset": {func(c *net.TCPConn) { _ = c.SetLinger(0) }, "reset"},
		} {
			t.Run(what, func(t *testing.T) {
				b := start(t, options{dialer: dialer})
				r := plainPart(b, serve(t, func(conn *net.TCPConn) {
					converse(conn, goAhead)
					_, _ = io.ReadFull(conn, make([]byte, 1))
					c.end(conn)
				}), goAhead)
				wantFailure(t, b.answer(b.startTLS(r, plain)), "NetworkError", c.reason)
				b.wantClosed(r, "NetworkError", c.reason)
				if r.ended {
					t.Error("told of an orderly end")
				}
			})
		}
	})
	for what, fault := range map[string]func(b *broker, r *remote) int64{
		"a write meanwhile":        func(b *broker, r *remote) int64 { return b.writeAsk(r, []byte("plain")) },
		"an empty write meanwhile": func(b *broker, r *remote) int64 { return b.writeAsk(r, nil) },
		"a shutdown meanwhile": func(b *broker, r *remote) int64 {
			return b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id})
		},
	} {
		t.Run(what, func(t *testing.T) {
			port, hello := silent(t)
			b := start(t, options{dialer: dialer})
			r := plainPart(b, port, goAhead)
			id := b.startTLS(r, plain)
			<-hello
			wantFailure(t, b.answer(fault(b, r)), "NetworkError", "protocol")
			wantFailure(t, b.answer(id), "NetworkError", "protocol")
			b.wantClosed(r, "NetworkError", "protocol")
		})
	}
	t.Run("a second request meanwhile harms nobody", func(t *testing.T) {
		port, hello := silent(t)
		b := start(t, options{dialer: dialer})
		r := plainPart(b, port, goAhead)
		id := b.startTLS(r, plain)
		<-hello
		wantFailure(t, b.answer(b.startTLS(r, plain)), "InvalidStateError", "protocol")
		b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
		wantFailure(t, b.answer(id), "AbortError", "aborted")
	})
}
