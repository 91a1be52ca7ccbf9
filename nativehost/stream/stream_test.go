package stream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// path is the browser's side: it keeps what comes.
type path struct {
	mu      sync.Mutex
	arrived *sync.Cond
	data    []byte
	sizes   []int // of the payloads
	credit  int64
	ended   bool
	stopped bool
}

func newPath() *path {
	l := &path{}
	l.arrived = sync.NewCond(&l.mu)
	return l
}

func (l *path) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	l.arrived.Broadcast()
}

func (l *path) Chunk() int { return protocol.ChunkBytes }

// A stream has no datagrams.
func (l *path) Batch() int                              { return 0 }
func (l *path) Datagrams(context.Context, []byte) error { return errors.ErrUnsupported }

func (l *path) Data(_ context.Context, p []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return io.ErrClosedPipe
	}
	l.data = append(l.data, p...)
	l.sizes = append(l.sizes, len(p))
	l.arrived.Broadcast()
	return nil
}
func (l *path) End()                               { l.change(func() { l.ended = true }) }
func (l *path) Credit(n int64)                     { l.change(func() { l.credit += n }) }
func (l *path) StopData()                          { l.change(func() { l.stopped = true }) }
func (l *path) Closed(protocol.SocketClosedParams) {}

func (l *path) wait(condition func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !condition() {
		l.arrived.Wait()
	}
}

// answers collects what requests were answered with.
type answers struct {
	mu  sync.Mutex
	got map[int64]error
}

func (a *answers) answer(id int64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got[id] = err
}

// world is one socket and its peer.
type world struct {
	*Socket
	t       *testing.T
	path    *path
	answers *answers
	buffers *buffer.Pool
	peer    *net.TCPConn
	end     chan End
	cancel  context.CancelFunc
}

// watching counts the sizes of the buffers that a connection is read with.
type watching struct {
	*dial.Conn
	mu    sync.Mutex
	sizes []int
}

func (w *watching) Read(p []byte) (int, error) {
	w.mu.Lock()
	w.sizes = append(w.sizes, len(p))
	w.mu.Unlock()
	return w.Conn.Read(p)
}

func newWorld(t *testing.T, options dial.Options, sendWindow, receiveWindow int64, wrap func(*dial.Conn) Conn) *world {
	t.Helper()
	return newWorldOf(t, options, Config{SendWindow: sendWindow, ReceiveWindow: receiveWindow}, wrap)
}

func newWorldOf(t *testing.T, options dial.Options, config Config, wrap func(*dial.Conn) Conn) *world {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	conn, err := (&dial.Dialer{}).TCP(t.Context(), dial.Target{Network: "tcp", Host: address.FromAddr(netip.MustParseAddr("127.0.0.1")), Port: port}, options)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, path: newPath(), answers: &answers{got: map[int64]error{}}, buffers: &buffer.Pool{},
		peer: peer.(*net.TCPConn), end: make(chan End, 1),
	}
	var c Conn = conn
	if wrap != nil {
		c = wrap(conn)
	}
	config.Path, config.Buffers, config.Answer = w.path, w.buffers, w.answers.answer
	w.Socket = New(c, config)
	ctx, cancel := context.WithCancel(t.Context())
	w.cancel = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.end <- w.Run(ctx)
	}()
	t.Cleanup(func() {
		w.Close(true)
		<-done
		cancel()
		w.peer.Close()
	})
	return w
}

func (w *world) write(p []byte, id *int64) error {
	b := w.buffers.Get(len(p))
	b.Bytes = append(b.Bytes, p...)
	return w.Write(b, id)
}

func TestLargeBufferOnlyForBulk(t *testing.T) {
	var seen *watching
	w := newWorld(t, dial.Options{}, protocol.WindowBytes, 8<<20, func(c *dial.Conn) Conn {
		seen = &watching{Conn: c}
		return seen
	})
	last := func() int {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		return seen.sizes[len(seen.sizes)-1]
	}
	send := func(n int) {
		w.path.mu.Lock()
		want := len(w.path.data) + n
		w.path.mu.Unlock()
		if _, err := w.peer.Write(make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		w.path.wait(func() bool { return len(w.path.data) >= want })
	}
	// A keystroke now and then needs no more than the small buffer.
	for range 10 {
		send(100)
	}
	seen.mu.Lock()
	early := slices.Clone(seen.sizes)
	seen.mu.Unlock()
	for _, size := range early {
		if size != idleBytes {
			t.Fatalf("read %d bytes at once while idle", size)
		}
	}
	send(4 << 20)
	large := false
	seen.mu.Lock()
	for _, size := range seen.sizes {
		large = large || size == protocol.ChunkBytes
	}
	seen.mu.Unlock()
	if !large {
		t.Error("bulk was read with the small buffer")
	}
	for deadline := time.Now().Add(10 * time.Second); last() != idleBytes; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("an idle socket keeps the large buffer")
		}
	}
}

// However small the pieces, what waits takes about as much memory as the window.
func TestQueueHoldsAboutTheWindow(t *testing.T) {
	for name, piece := range map[string]int{"1 byte": 1, "5 KiB": 5 << 10, "70 KiB": 70 << 10} {
		t.Run(name, func(t *testing.T) {
			const window = protocol.WindowBytes
			w := newWorld(t, dial.Options{SendBuffer: 4096}, window, 1, nil)
			// Fill what the two systems take, until the writer waits.
			filler := make([]byte, 64<<10)
			for last := int64(-1); ; {
				w.mu.Lock()
				credit, written := w.sendCredit, w.written
				w.mu.Unlock()
				if credit >= int64(len(filler))+window/2 {
					if err := w.write(filler, nil); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if written == last {
					break
				}
				last = written
				time.Sleep(20 * time.Millisecond)
			}
			payload := make([]byte, piece)
			for {
				w.mu.Lock()
				credit := w.sendCredit
				w.mu.Unlock()
				if credit < int64(piece) {
					break
				}
				if err := w.write(payload, nil); err != nil {
					t.Fatal(err)
				}
			}
			w.mu.Lock()
			held := 0
			for _, b := range w.queue {
				held += cap(b.Bytes)
			}
			count := len(w.queue)
			w.mu.Unlock()
			if held > 2*window+256<<10 || count > window/512+10 {
				t.Errorf("%d buffers hold %d KiB", count, held>>10)
			}
		})
	}
}

// Empty writes cost no credit, so their number is bounded by itself.
func TestWaitingRequestsAreBounded(t *testing.T) {
	w := newWorld(t, dial.Options{SendBuffer: 4096}, 32<<20, 1, nil)
	if err := w.write(make([]byte, 256<<10), nil); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := w.write(make([]byte, 256<<10), nil); err != nil {
			t.Fatal(err)
		}
	}
	for id := int64(1); ; id++ {
		err := w.write(nil, &id)
		if errors.Is(err, fault.ErrProtocol) {
			break
		}
		if err != nil || id > maxWaiting+10 {
			t.Fatalf("write %d: %v", id, err)
		}
	}
	if end := <-w.end; !errors.Is(end.Err, fault.ErrProtocol) {
		t.Errorf("ended with %v", end.Err)
	}
	w.answers.mu.Lock()
	defer w.answers.mu.Unlock()
	if n := len(w.answers.got); n != maxWaiting {
		t.Errorf("%d of %d requests were answered", n, maxWaiting)
	}
}

func TestNothingIsReadWithoutCredit(t *testing.T) {
	w := newWorld(t, dial.Options{}, 1, 1000, nil)
	sent := bytes.Repeat([]byte("0123456789"), 1000)
	if _, err := w.peer.Write(sent); err != nil {
		t.Fatal(err)
	}
	for credit := 1000; credit <= 10_000; credit += 1500 {
		w.path.wait(func() bool { return len(w.path.data) >= credit })
		w.path.mu.Lock()
		got := len(w.path.data)
		w.path.mu.Unlock()
		if got != credit {
			t.Fatalf("%d bytes on a credit of %d", got, credit)
		}
		w.Credit(1500)
	}
	if !bytes.Equal(w.path.data, sent[:len(w.path.data)]) {
		t.Error("the bytes differ")
	}
}

// A socket that cannot write any more gives up though its page does not read.
func TestFailedWritingEndsAStalledSocket(t *testing.T) {
	w := newWorld(t, dial.Options{}, protocol.WindowBytes, 1, nil)
	if _, err := w.peer.Write([]byte("two")); err != nil {
		t.Fatal(err)
	}
	w.path.wait(func() bool { return len(w.path.data) == 1 })
	if err := w.peer.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	w.peer.Close()
	began := time.Now()
	for {
		if err := w.write([]byte("x"), nil); err != nil {
			if !errors.Is(err, fault.ErrReset) && !errors.Is(err, fault.ErrGone) {
				t.Fatalf("writing fails with %v", err)
			}
			break
		}
		time.Sleep(time.Millisecond)
	}
	end := <-w.end
	if !errors.Is(end.Err, fault.ErrReset) || w.path.ended {
		t.Errorf("ended with %v, end told: %v", end.Err, w.path.ended)
	}
	if took := time.Since(began); took > drainTime+3*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestContextEndsTheSocket(t *testing.T) {
	w := newWorld(t, dial.Options{}, protocol.WindowBytes, protocol.WindowBytes, nil)
	if err := w.write([]byte("last words"), nil); err != nil {
		t.Fatal(err)
	}
	w.cancel()
	end := <-w.end
	if end.Err != nil || end.Out != int64(len("last words")) {
		t.Errorf("ended with %+v", end)
	}
	if got, err := io.ReadAll(w.peer); string(got) != "last words" || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
}

// A page that gives credit back in odd pieces gets whole frames all the same, and what is
// left of its credit when it has read everything.
func TestSillyWindow(t *testing.T) {
	const window, odd, all = 8 * protocol.ChunkBytes, 80_001, 4 << 20
	// crumbs counts the small payloads and all payloads.
	crumbs := func() (small, payloads int) {
		w := newWorld(t, dial.Options{}, protocol.WindowBytes, window, nil)
		go func() { _, _ = w.peer.Write(make([]byte, all)) }()
		given := window
		for {
			w.path.wait(func() bool { return len(w.path.data) > given-sillyWindow || len(w.path.data) == all })
			if len(w.path.data) == all {
				break
			}
			w.Credit(odd)
			given += odd
		}
		for _, size := range w.path.sizes {
			if size < sillyWindow {
				small++
			}
		}
		w.Close(true)
		<-w.end
		return small, len(w.path.sizes)
	}
	// Some there are always: the first, from the buffer that a socket waits with, and where the kernel had no more at the
	// moment. On a busy computer it may often have no more.
	for tries := 5; ; tries-- {
		small, payloads := crumbs()
		if small*10 <= payloads {
			break
		}
		if tries == 1 {
			t.Fatalf("%d of %d payloads are crumbs", small, payloads)
		}
	}

	// All of a small window goes out.
	w := newWorld(t, dial.Options{}, protocol.WindowBytes, 1_000, nil)
	_, _ = w.peer.Write(make([]byte, 600))
	w.path.wait(func() bool { return len(w.path.data) == 600 })
	_, _ = w.peer.Write(make([]byte, 600))
	w.path.wait(func() bool { return len(w.path.data) == 1_000 })
	w.Close(true)
	<-w.end
}
