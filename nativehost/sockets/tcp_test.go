package sockets_test

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

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func TestTCPEchoOfManySizes(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, hosttest.Echo)
	for _, size := range []int{1, 2, 1000, 4095, 4096, 4097, 65_535, 65_536, 65_537, 131_072, 131_073, 300_000, 1 << 20} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			r, result := b.Open(port, hosttest.Keep)
			if result.RemoteAddress != "127.0.0.1" || result.RemotePort != int64(port) ||
				result.LocalAddress != "127.0.0.1" || result.LocalPort == 0 || result.Window != protocol.WindowBytes {
				t.Errorf("opened with %+v", result)
			}
			sent := hosttest.Noise(size)
			b.Send(r, sent)
			b.WaitReceived(r, int64(size))
			if !bytes.Equal(b.Bytes(r), sent) {
				t.Fatal("the bytes differ")
			}
			b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
			end := b.WantClosed(r, "", "")
			if end.BytesIn != int64(size) || end.BytesOut != int64(size) {
				t.Errorf("counted %d in, %d out", end.BytesIn, end.BytesOut)
			}
		})
	}
}

func TestBulkBothWaysAtOnce(t *testing.T) {
	const total = 64 << 20
	down := hosttest.Noise(1 << 20)
	got := make(chan [32]byte, 1)
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
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
	r, _ := b.Open(port, nil)
	up := hosttest.Noise(1<<20 + 1)
	want := sha256.New()
	for sent := 0; sent < total; sent += len(up) {
		want.Write(up)
		b.Send(r, up)
	}
	b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
	end := b.WantClosed(r, "", "")
	if hash := <-got; !bytes.Equal(hash[:], want.Sum(nil)) {
		t.Error("what the peer got differs")
	}
	want.Reset()
	for range total / len(down) {
		want.Write(down)
	}
	if !bytes.Equal(r.Hash.Sum(nil), want.Sum(nil)) || end.BytesIn != total {
		t.Errorf("what came differs: %d bytes", end.BytesIn)
	}
}

func TestManySocketsAtOnce(t *testing.T) {
	const sockets, size = 200, 256 << 10
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, hosttest.Echo)
	sent := hosttest.Noise(size)
	want := sha256.Sum256(sent)
	var all []*hosttest.Remote
	for len(all) < sockets {
		r, _ := b.Open(port, nil)
		all = append(all, r)
	}
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() { b.Send(r, sent) })
	}
	wg.Wait()
	for _, r := range all {
		b.WaitReceived(r, size)
		if got := r.Hash.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Fatalf("socket %d: the bytes differ", r.ID)
		}
	}
}

func TestOurHalfClosesFirst(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		request, _ := io.ReadAll(c)
		// Only after our FIN.
		_, _ = c.Write(append([]byte("answer to "), request...))
	})
	r, _ := b.Open(port, hosttest.Keep)
	b.Write(r, []byte("question"), nil)
	b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
	// Asking again is no fault, whether or not the socket is still there.
	b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID})
	b.WantClosed(r, "", "")
	if got := string(b.Bytes(r)); got != "answer to question" || !r.Ended {
		t.Fatalf("got %q, end %v", got, r.Ended)
	}
}

func TestPeersHalfClosesFirst(t *testing.T) {
	got := make(chan string, 1)
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		_, _ = c.Write([]byte("greeting"))
		_ = c.CloseWrite()
		all, _ := io.ReadAll(c)
		got <- string(all)
	})
	r, _ := b.Open(port, hosttest.Keep)
	b.WaitEnd(r)
	if text := string(b.Bytes(r)); text != "greeting" {
		t.Fatalf("got %q", text)
	}
	id := b.WriteAsk(r, []byte("still talking"))
	b.WantResult(protocol.MethodSocketWrite, b.Answer(id), nil)
	b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
	b.WantClosed(r, "", "")
	if text := <-got; text != "still talking" {
		t.Fatalf("the peer got %q", text)
	}
}

func TestPeerSendsAndClosesAtOnce(t *testing.T) {
	const size = 3 << 20
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) { _, _ = c.Write(hosttest.Noise(size)) })
	r, _ := b.Open(port, nil)
	b.WaitEnd(r)
	want := sha256.Sum256(hosttest.Noise(size))
	if r.Received != size || !bytes.Equal(r.Hash.Sum(nil), want[:]) {
		t.Fatalf("%d of %d bytes came, or others", r.Received, size)
	}
}

// The peer closes while the page still writes: what it had sent must arrive though
// writing fails meanwhile.
func TestPeerClosesWhileWeWrite(t *testing.T) {
	const size = 2 << 20
	sent := make(chan struct{})
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		_, _ = c.Write(hosttest.Noise(size))
		close(sent)
	})
	r, _ := b.Open(port, func(p *protocol.TCPOpenParams, r *hosttest.Remote) { r.Stalled, p.Window = true, 4096 })
	b.WaitReceived(r, 4096)
	// The rest waits in the host's kernel, or in the peer's.
	failed := false
	for range 1000 {
		if m := b.Answer(b.WriteAsk(r, []byte("anybody?"))); m.Error != nil {
			hosttest.WantFailure(t, m, "NetworkError", "reset")
			failed = true
			break
		}
	}
	if !failed {
		t.Fatal("writing to a closed peer does not fail")
	}
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.ID, Bytes: size})
	b.WantClosed(r, "NetworkError", "reset")
	select {
	case <-sent:
		// Everything had reached this side before the peer closed, or was on its
		// way, and Linux keeps what was received.
		if r.Received < 64<<10 {
			t.Errorf("only %d bytes were delivered", r.Received)
		}
	default:
	}
	if r.Ended {
		t.Error("an error was told as an orderly end")
	}
}

func TestPeerResets(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		_, _ = c.Write([]byte("x"))
		_, _ = io.ReadFull(c, make([]byte, 1))
		_ = c.SetLinger(0)
	})
	r, _ := b.Open(port, hosttest.Keep)
	b.WaitReceived(r, 1)
	b.Write(r, []byte("y"), nil)
	if end := b.WantClosed(r, "NetworkError", "reset"); end.BytesIn != 1 || end.BytesOut != 1 {
		t.Errorf("closed with %+v", end)
	}
}

func TestPeerClosesAtOnce(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(*net.TCPConn) {})
	r, _ := b.Open(port, nil)
	b.WaitEnd(r)
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	b.WantClosed(r, "", "")
}

// The answer to a write comes before the data that it provoked; a page that closes
// after its last read depends on it.
func TestAnswersComeBeforeWhatTheyProvoke(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	b.Mu.Lock()
	b.Remember = true
	b.Mu.Unlock()
	for i := range int64(2000) {
		id := b.WriteAsk(r, []byte{1})
		b.Answer(id)
		b.WaitReceived(r, i+1)
	}
	b.Mu.Lock()
	defer b.Mu.Unlock()
	answers, data := 0, 0
	for _, what := range b.Sequence {
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
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	for _, payload := range []string{"", "a", ""} {
		b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, []byte(payload))), nil)
	}
	b.WaitReceived(r, 1)
}

func TestCloseDeliversWhatWasWritten(t *testing.T) {
	const size = 1 << 20
	got := make(chan int, 1)
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		// It talks all the time, so that unread bytes wait when we close.
		_, _ = c.Write(hosttest.Noise(64 << 10))
		time.Sleep(50 * time.Millisecond)
		all, err := io.ReadAll(c)
		if err != nil {
			t.Errorf("the peer got %d bytes, then %v", len(all), err)
		}
		got <- len(all)
	})
	r, _ := b.Open(port, func(p *protocol.TCPOpenParams, r *hosttest.Remote) { p.Window, r.Stalled = 1, true })
	b.Send(r, hosttest.Noise(size))
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	// From here on nobody is at home.
	hosttest.WantFailure(t, b.Answer(b.WriteAsk(r, []byte("late"))), "InvalidStateError", "gone")
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID})), "InvalidStateError", "gone")
	if end := b.WantClosed(r, "", ""); end.BytesOut != size {
		t.Errorf("counted %d bytes out", end.BytesOut)
	}
	if n := <-got; n != size {
		t.Errorf("the peer got %d of %d bytes", n, size)
	}
}

func TestCloseGivesUpOnAPeerThatTakesNothing(t *testing.T) {
	release := make(chan struct{})
	reset := make(chan error, 1)
	b := hosttest.Start(t, hosttest.Options{Patience: time.Second})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		_ = c.SetReadBuffer(4 << 10)
		<-release
		_, err := io.Copy(io.Discard, c)
		reset <- err
	})
	r, _ := b.Open(port, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) { p.SendBufferSize = 4 << 10 })
	// More than both kernels hold, so that the host has to hold some.
	var waiting int64
	for i := 0; i < 4 && waiting == 0; i++ {
		b.Mu.Lock()
		credit := r.Credit
		b.Mu.Unlock()
		if credit < 256<<10 {
			break
		}
		b.Mu.Lock()
		r.Credit -= 256 << 10
		b.Mu.Unlock()
		if i == 3 {
			waiting = b.WriteAsk(r, hosttest.Noise(256<<10))
		} else {
			b.Write(r, hosttest.Noise(256<<10), nil)
		}
	}
	began := time.Now()
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	b.WantClosed(r, "NetworkError", "timeout")
	if took := time.Since(began); took < 800*time.Millisecond || took > 5*time.Second {
		t.Errorf("closing took %v, want about a second", took)
	}
	if waiting != 0 {
		hosttest.WantFailure(t, b.Answer(waiting), "NetworkError", "timeout")
	}
	close(release)
	if err := <-reset; err == nil {
		t.Error("the peer took the cut for an end")
	}
}

func TestCloseWithReset(t *testing.T) {
	reset := make(chan error, 1)
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		_, err := io.Copy(io.Discard, c)
		reset <- err
	})
	r, _ := b.Open(port, nil)
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID, Reset: true}, nil)
	b.WantClosed(r, "", "aborted")
	if err := <-reset; err == nil {
		t.Error("the peer saw FIN, not RST")
	}
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID})), "InvalidStateError", "gone")
}

// After socket.close is answered, nothing more is delivered.
func TestNothingIsDeliveredAfterClose(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		for {
			if _, err := c.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	for range 20 {
		r, _ := b.Open(port, nil)
		b.WaitReceived(r, 1<<20)
		b.Answer(b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}))
		b.Mu.Lock()
		before := r.Received
		b.Mu.Unlock()
		b.WaitClosed(r)
		if r.Received != before {
			t.Fatalf("%d bytes came after the answer", r.Received-before)
		}
	}
}
