package sockets_test

import (
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// heap returns the bytes that are in use, garbage not counted.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A page that does not read closes the peer's window: neither the host nor the
// pipe fills with what the peer would like to send.
func TestStalledReaderStopsThePeer(t *testing.T) {
	const offered = 256 << 20
	var accepted atomic.Int64
	b := hosttest.Start(t, hosttest.Options{})
	chunk := make([]byte, 64<<10)
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		for accepted.Load() < offered {
			n, err := c.Write(chunk)
			accepted.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	before := heap()
	r, _ := b.Open(port, func(_ *protocol.TCPOpenParams, r *hosttest.Remote) { r.Stalled = true })
	b.WaitReceived(r, protocol.WindowBytes-sillyWindow)
	// Until the peer has not got rid of anything for a while.
	for last := int64(-1); last != accepted.Load(); {
		last = accepted.Load()
		time.Sleep(100 * time.Millisecond)
	}
	grown := heap() - before
	if r.Received > protocol.WindowBytes {
		t.Errorf("%d bytes came on a window of %d", r.Received, protocol.WindowBytes)
	}
	// What both kernels hold, by their own limits, and the window.
	if got := accepted.Load(); got > 32<<20 {
		t.Errorf("the peer got rid of %d MiB", got>>20)
	}
	if grown > protocol.WindowBytes+16<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
	t.Logf("the peer got rid of %d KiB; the heap grew by %d KiB", accepted.Load()>>10, grown>>10)

	// Credit lets the rest through, from where it stopped.
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.ID, Bytes: 5 << 20})
	b.WaitReceived(r, protocol.WindowBytes+5<<20-sillyWindow)
	if r.Received > protocol.WindowBytes+5<<20 {
		t.Errorf("%d bytes came on a credit of %d", r.Received, protocol.WindowBytes+5<<20)
	}
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID, Reset: true}, nil)
	b.WaitClosed(r)
}

// sillyWindow is the silly-window threshold: so much of a window the host may keep.
const sillyWindow = protocol.ChunkBytes / 2

// Sockets whose pages stopped reading in the middle of bulk hold no large buffers.
func TestStalledSocketsAreCheap(t *testing.T) {
	const count = 100
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		p := make([]byte, 4<<10)
		for {
			if _, err := c.Write(p); err != nil {
				return
			}
		}
	})
	before := heap()
	for range count {
		r, _ := b.Open(port, func(p *protocol.TCPOpenParams, r *hosttest.Remote) { r.Stalled, p.Window = true, 256<<10 })
		b.WaitReceived(r, 256<<10-sillyWindow)
	}
	each := (heap() - before) / count
	t.Logf("a stalled socket holds %d bytes", each)
	if each > 32<<10 {
		t.Errorf("a stalled socket holds %d bytes", each)
	}
}

// A peer that does not read stops the page: what waits in the host is the window.
func TestStalledPeerStopsThePage(t *testing.T) {
	release := make(chan struct{})
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, func(*net.TCPConn) { <-release })
	defer close(release)
	before := heap()
	r, _ := b.Open(port, nil)
	sent := 0
	payload := make([]byte, 1000)
	// Many small writes: the most that a window can be cut into sensibly.
	for quiet := 0; quiet < 5; {
		b.Mu.Lock()
		enough := r.Credit >= int64(len(payload))
		if enough {
			r.Credit -= int64(len(payload))
		}
		b.Mu.Unlock()
		if enough {
			b.Write(r, payload, nil)
			sent += len(payload)
			quiet = 0
			continue
		}
		quiet++
		time.Sleep(50 * time.Millisecond)
	}
	if grown := heap() - before; grown > protocol.WindowBytes+16<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
	if sent > 32<<20 {
		t.Errorf("%d MiB were taken", sent>>20)
	}
}

// A keystroke on one socket is not kept waiting by bulk on others.
func TestKeystrokesUnderBulk(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	bulk := hosttest.Serve(t, func(c *net.TCPConn) {
		p := make([]byte, 256<<10)
		for {
			if _, err := c.Write(p); err != nil {
				return
			}
		}
	})
	typist, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	trip := func(n int) time.Duration {
		var all []time.Duration
		for range n {
			b.Mu.Lock()
			before := typist.Received
			b.Mu.Unlock()
			began := time.Now()
			b.WriteAsk(typist, []byte{'k'})
			b.WaitReceived(typist, before+1)
			all = append(all, time.Since(began))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	idle := trip(100)
	for range 4 {
		r, _ := b.Open(bulk, nil)
		b.WaitReceived(r, 4<<20)
	}
	busy := trip(100)
	t.Logf("median round trip: %v idle, %v under bulk", idle, busy)
	// Without turns the keystroke would stand behind four windows, of which this
	// machine moves perhaps a hundred in a second.
	if busy > 100*time.Millisecond {
		t.Errorf("a keystroke takes %v", busy)
	}
}

// TestIdleSocketsAreCheap counts what a thousand waiting sockets hold of heap and
// stacks, the test's own ends included.
func TestIdleSocketsAreCheap(t *testing.T) {
	const count = 1000
	b := hosttest.Start(t, hosttest.Options{})
	release := make(chan struct{})
	defer close(release)
	port := hosttest.Serve(t, func(*net.TCPConn) { <-release })
	used := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	before := used()
	for i := range count {
		b.Open(port, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) {
			p.Origin = fmt.Sprintf("https://page%d.example", i%10)
		})
	}
	each := (used() - before) / count
	t.Logf("%d bytes each, with the test's own ends", each)
	if each > 32<<10 {
		t.Errorf("an idle socket holds %d bytes", each)
	}
}

// BenchmarkEcho sends bytes through the session to an echo and back.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{64, 4 << 10, protocol.ChunkBytes, 128 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := hosttest.Start(b, hosttest.Options{})
			r, _ := s.Open(hosttest.Serve(b, hosttest.Echo), nil)
			payload := make([]byte, size)
			b.SetBytes(int64(size))
			b.ResetTimer()
			for range b.N {
				s.Send(r, payload)
			}
			s.WaitReceived(r, int64(size)*int64(b.N))
		})
	}
}

// BenchmarkReceive takes bytes from a peer that sends as fast as it may.
func BenchmarkReceive(b *testing.B) {
	s := hosttest.Start(b, hosttest.Options{})
	const size = 1 << 20
	r, _ := s.Open(hosttest.Serve(b, func(c *net.TCPConn) {
		p := make([]byte, size)
		for {
			if _, err := c.Write(p); err != nil {
				return
			}
		}
	}), nil)
	b.SetBytes(size)
	b.ResetTimer()
	s.Mu.Lock()
	before := r.Received
	s.Mu.Unlock()
	s.WaitReceived(r, before+int64(b.N)*size)
}

// BenchmarkRoundTrip is the time of one byte there and back.
func BenchmarkRoundTrip(b *testing.B) {
	s := hosttest.Start(b, hosttest.Options{})
	r, _ := s.Open(hosttest.Serve(b, hosttest.Echo), nil)
	for i := range b.N {
		s.Send(r, []byte{1})
		s.WaitReceived(r, int64(i+1))
	}
}

// BenchmarkOpen opens and closes a socket.
func BenchmarkOpen(b *testing.B) {
	s := hosttest.Start(b, hosttest.Options{})
	port := hosttest.Serve(b, hosttest.Echo)
	for range b.N {
		r, _ := s.Open(port, nil)
		s.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID, Reset: true})
		s.WaitClosed(r)
	}
}
