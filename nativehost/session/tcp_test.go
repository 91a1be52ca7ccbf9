package session

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/protocol"
)

func TestTCPEchoOfManySizes(t *testing.T) {
	b := start(t, options{})
	port := serve(t, echo)
	for _, size := range []int{1, 2, 1000, 4095, 4096, 4097, 65_535, 65_536, 65_537, 131_072, 131_073, 300_000, 1 << 20} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			r, result := b.open(port, keep)
			if result.RemoteAddress != "127.0.0.1" || result.RemotePort != int64(port) ||
				result.LocalAddress != "127.0.0.1" || result.LocalPort == 0 || result.Window != protocol.WindowBytes {
				t.Errorf("opened with %+v", result)
			}
			sent := noise(size)
			b.send(r, sent)
			b.waitReceived(r, int64(size))
			if !bytes.Equal(b.bytes(r), sent) {
				t.Fatal("the bytes differ")
			}
			b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id}, nil)
			end := b.wantClosed(r, "", "")
			if end.BytesIn != int64(size) || end.BytesOut != int64(size) {
				t.Errorf("counted %d in, %d out", end.BytesIn, end.BytesOut)
			}
		})
	}
}

func TestBulkBothWaysAtOnce(t *testing.T) {
	const total = 64 << 20
	down := noise(1 << 20)
	got := make(chan [32]byte, 1)
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		var wg sync.WaitGroup
		wg.Go(func() {
			for range total / len(down) {
				if _, err := c.Write(down); err != nil {
					return
				}
			}
			c.CloseWrite()
		})
		h := sha256.New()
		_, _ = io.Copy(h, c)
		wg.Wait()
		got <- [32]byte(h.Sum(nil))
	})
	r, _ := b.open(port, nil)
	up := noise(1<<20 + 1)
	want := sha256.New()
	for sent := 0; sent < total; sent += len(up) {
		want.Write(up)
		b.send(r, up)
	}
	b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id}, nil)
	end := b.wantClosed(r, "", "")
	if hash := <-got; !bytes.Equal(hash[:], want.Sum(nil)) {
		t.Error("what the peer got differs")
	}
	want.Reset()
	for range total / len(down) {
		want.Write(down)
	}
	if !bytes.Equal(r.hash.Sum(nil), want.Sum(nil)) || end.BytesIn != total {
		t.Errorf("what came differs: %d bytes", end.BytesIn)
	}
}

func TestManySocketsAtOnce(t *testing.T) {
	const sockets, size = 200, 256 << 10
	b := start(t, options{})
	port := serve(t, echo)
	sent := noise(size)
	want := sha256.Sum256(sent)
	var all []*remote
	for len(all) < sockets {
		r, _ := b.open(port, nil)
		all = append(all, r)
	}
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() { b.send(r, sent) })
	}
	wg.Wait()
	for _, r := range all {
		b.waitReceived(r, size)
		if got := r.hash.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Fatalf("socket %d: the bytes differ", r.id)
		}
	}
}

func TestOurHalfClosesFirst(t *testing.T) {
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		request, _ := io.ReadAll(c)
		// Only after our FIN.
		_, _ = c.Write(append([]byte("answer to "), request...))
	})
	r, _ := b.open(port, keep)
	b.write(r, []byte("question"), nil)
	b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id}, nil)
	// Asking again is no fault, whether or not the socket is still there.
	b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id})
	b.wantClosed(r, "", "")
	if got := string(b.bytes(r)); got != "answer to question" || !r.ended {
		t.Fatalf("got %q, end %v", got, r.ended)
	}
}

func TestPeersHalfClosesFirst(t *testing.T) {
	got := make(chan string, 1)
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		_, _ = c.Write([]byte("greeting"))
		_ = c.CloseWrite()
		all, _ := io.ReadAll(c)
		got <- string(all)
	})
	r, _ := b.open(port, keep)
	b.waitEnd(r)
	if text := string(b.bytes(r)); text != "greeting" {
		t.Fatalf("got %q", text)
	}
	id := b.writeAsk(r, []byte("still talking"))
	b.wantResult(protocol.MethodSocketWrite, b.answer(id), nil)
	b.mustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id}, nil)
	b.wantClosed(r, "", "")
	if text := <-got; text != "still talking" {
		t.Fatalf("the peer got %q", text)
	}
}

func TestPeerSendsAndClosesAtOnce(t *testing.T) {
	const size = 3 << 20
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) { _, _ = c.Write(noise(size)) })
	r, _ := b.open(port, nil)
	b.waitEnd(r)
	want := sha256.Sum256(noise(size))
	if r.received != size || !bytes.Equal(r.hash.Sum(nil), want[:]) {
		t.Fatalf("%d of %d bytes came, or others", r.received, size)
	}
}

// The peer closes while the page still writes: what it had sent must arrive though
// writing fails meanwhile.
func TestPeerClosesWhileWeWrite(t *testing.T) {
	const size = 2 << 20
	sent := make(chan struct{})
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		_, _ = c.Write(noise(size))
		close(sent)
	})
	r, _ := b.open(port, func(p *protocol.TCPOpenParams, r *remote) { r.stalled, p.Window = true, 4096 })
	b.waitReceived(r, 4096)
	// The rest waits in the host's kernel, or in the peer's.
	failed := false
	for range 1000 {
		if m := b.answer(b.writeAsk(r, []byte("anybody?"))); m.Error != nil {
			wantFailure(t, m, "NetworkError", "reset")
			failed = true
			break
		}
	}
	if !failed {
		t.Fatal("writing to a closed peer does not fail")
	}
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.id, Bytes: size})
	b.wantClosed(r, "NetworkError", "reset")
	select {
	case <-sent:
		// Everything had reached this side before the peer closed, or was on its
		// way, and Linux keeps what was received.
		if r.received < 64<<10 {
			t.Errorf("only %d bytes were delivered", r.received)
		}
	default:
	}
	if r.ended {
		t.Error("an error was told as an orderly end")
	}
}

func TestPeerResets(t *testing.T) {
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		_, _ = c.Write([]byte("x"))
		_, _ = io.ReadFull(c, make([]byte, 1))
		_ = c.SetLinger(0)
	})
	r, _ := b.open(port, keep)
	b.waitReceived(r, 1)
	b.write(r, []byte("y"), nil)
	if end := b.wantClosed(r, "NetworkError", "reset"); end.BytesIn != 1 || end.BytesOut != 1 {
		t.Errorf("closed with %+v", end)
	}
}

func TestPeerClosesAtOnce(t *testing.T) {
	b := start(t, options{})
	port := serve(t, func(*net.TCPConn) {})
	r, _ := b.open(port, nil)
	b.waitEnd(r)
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	b.wantClosed(r, "", "")
}

// The answer to a write comes before the data that it provoked; a page that closes
// after its last read depends on it.
func TestAnswersComeBeforeWhatTheyProvoke(t *testing.T) {
	b := start(t, options{})
	r, _ := b.open(serve(t, echo), nil)
	b.mu.Lock()
	b.remember = true
	b.mu.Unlock()
	for i := range int64(2000) {
		id := b.writeAsk(r, []byte{1})
		b.answer(id)
		b.waitReceived(r, i+1)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	answers, data := 0, 0
	for _, what := range b.sequence {
		switch {
		case strings.HasPrefix(what, "answer"):
			answers++
		case strings.HasPrefix(what, "data"):
			if data++; data > answers {
				t.Fatalf("data %d came before the answer to its write", data)
			}
		}
	}
	if data != 2000 {
		t.Fatalf("%d echoes", data)
	}
}

func TestEmptyWriteIsAnsweredInTurn(t *testing.T) {
	b := start(t, options{})
	r, _ := b.open(serve(t, echo), nil)
	for _, payload := range []string{"", "a", ""} {
		b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, []byte(payload))), nil)
	}
	b.waitReceived(r, 1)
}

func TestCloseDeliversWhatWasWritten(t *testing.T) {
	const size = 1 << 20
	got := make(chan int, 1)
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		// It talks all the time, so that unread bytes wait when we close.
		_, _ = c.Write(noise(64 << 10))
		time.Sleep(50 * time.Millisecond)
		all, err := io.ReadAll(c)
		if err != nil {
			t.Errorf("the peer got %d bytes, then %v", len(all), err)
		}
		got <- len(all)
	})
	r, _ := b.open(port, func(p *protocol.TCPOpenParams, r *remote) { p.Window, r.stalled = 1, true })
	b.send(r, noise(size))
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	// From here on nobody is at home.
	wantFailure(t, b.answer(b.writeAsk(r, []byte("late"))), "InvalidStateError", "gone")
	wantFailure(t, b.answer(b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id})), "InvalidStateError", "gone")
	if end := b.wantClosed(r, "", ""); end.BytesOut != size {
		t.Errorf("counted %d bytes out", end.BytesOut)
	}
	if n := <-got; n != size {
		t.Errorf("the peer got %d of %d bytes", n, size)
	}
}

func TestCloseGivesUpOnAPeerThatTakesNothing(t *testing.T) {
	release := make(chan struct{})
	reset := make(chan error, 1)
	b := start(t, options{patience: time.Second})
	port := serve(t, func(c *net.TCPConn) {
		_ = c.SetReadBuffer(4 << 10)
		<-release
		_, err := io.Copy(io.Discard, c)
		reset <- err
	})
	r, _ := b.open(port, func(p *protocol.TCPOpenParams, _ *remote) { p.SendBufferSize = 4 << 10 })
	// More than both kernels hold, so that the host has to hold some.
	var waiting int64
	for i := 0; i < 4 && waiting == 0; i++ {
		b.mu.Lock()
		credit := r.credit
		b.mu.Unlock()
		if credit < 256<<10 {
			break
		}
		b.mu.Lock()
		r.credit -= 256 << 10
		b.mu.Unlock()
		if i == 3 {
			waiting = b.writeAsk(r, noise(256<<10))
		} else {
			b.write(r, noise(256<<10), nil)
		}
	}
	began := time.Now()
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	b.wantClosed(r, "NetworkError", "timeout")
	if took := time.Since(began); took < 800*time.Millisecond || took > 5*time.Second {
		t.Errorf("closing took %v, want about a second", took)
	}
	if waiting != 0 {
		wantFailure(t, b.answer(waiting), "NetworkError", "timeout")
	}
	close(release)
	if err := <-reset; err == nil {
		t.Error("the peer took the cut for an end")
	}
}

func TestCloseWithReset(t *testing.T) {
	reset := make(chan error, 1)
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		_, err := io.Copy(io.Discard, c)
		reset <- err
	})
	r, _ := b.open(port, nil)
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id, Reset: true}, nil)
	b.wantClosed(r, "", "aborted")
	if err := <-reset; err == nil {
		t.Error("the peer saw FIN, not RST")
	}
	wantFailure(t, b.answer(b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id})), "InvalidStateError", "gone")
}

// After socket.close is answered, nothing more is delivered.
func TestNothingIsDeliveredAfterClose(t *testing.T) {
	b := start(t, options{})
	port := serve(t, func(c *net.TCPConn) {
		for {
			if _, err := c.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	for range 20 {
		r, _ := b.open(port, nil)
		b.waitReceived(r, 1<<20)
		b.answer(b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}))
		b.mu.Lock()
		before := r.received
		b.mu.Unlock()
		b.waitClosed(r)
		if r.received != before {
			t.Fatalf("%d bytes came after the answer", r.received-before)
		}
	}
}
