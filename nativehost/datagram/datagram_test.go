package datagram

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// path hands datagrams over one by one, or several at a time as batches.
type path struct {
	data    chan string
	stopped chan struct{}
	// room is how many bytes a batch has; 0: there are none.
	room    int
	batches chan []string
}

func (l *path) Chunk() int { return protocol.ChunkBytes }
func (l *path) Batch() int { return l.room }

func (l *path) Datagrams(ctx context.Context, batch []byte) error {
	var all []string
	for _, payload := range (protocol.LaneFrame{Payload: batch}).Batch() {
		all = append(all, string(payload))
	}
	select {
	case l.batches <- all:
		return nil
	case <-l.stopped:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *path) Data(ctx context.Context, p []byte) error {
	select {
	case l.data <- string(p):
		return nil
	case <-l.stopped:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (l *path) End()         {}
func (l *path) Credit(int64) {}
func (l *path) StopData() {
	select {
	case <-l.stopped:
	default:
		close(l.stopped)
	}
}
func (l *path) Closed(protocol.SocketClosedParams) {}

type answer struct {
	id  int64
	err error
}

type world struct {
	*Socket
	path    *path
	buffers *buffer.Pool
	answers chan answer
	peer    *net.UDPConn
	end     chan End
	cancel  context.CancelFunc
}

// sendOne hands one datagram to the system.
func (s *Socket) sendOne(payload []byte) error {
	batch := []outgoing{{payload: &buffer.Buffer{Bytes: payload}}}
	s.send(newBatchConn(s.conn), batch)
	return batch[0].err
}

func newWorld(t *testing.T, sendWindow, receiveWindow int64, change ...func(*Config)) *world {
	t.Helper()
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	conn, err := net.DialUDP("udp4", nil, peer.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	return joinWorld(t, conn, peer, sendWindow, receiveWindow, change...)
}

// joinWorld makes a world of a socket and a peer that are there.
func joinWorld(t *testing.T, conn, peer *net.UDPConn, sendWindow, receiveWindow int64, change ...func(*Config)) *world {
	t.Helper()
	w := &world{
		path: &path{data: make(chan string), stopped: make(chan struct{})}, buffers: &buffer.Pool{},
		answers: make(chan answer, 100), peer: peer, end: make(chan End, 1),
	}
	config := Config{
		Path: w.path, Buffers: w.buffers, SendWindow: sendWindow, ReceiveWindow: receiveWindow,
		Answer: func(id int64, err error) { w.answers <- answer{id, err} },
	}
	for _, change := range change {
		change(&config)
	}
	w.Socket = New(conn, config)
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
	})
	return w
}

func (w *world) write(p string, id *int64) error {
	b := w.buffers.Get(len(p))
	b.Bytes = append(b.Bytes, p...)
	return w.Write(b, id)
}

func TestBothWays(t *testing.T) {
	w := newWorld(t, 1000, 1000)
	id := int64(4)
	if err := w.write("ping", &id); err != nil {
		t.Fatal(err)
	}
	if got := <-w.answers; got != (answer{4, nil}) {
		t.Fatalf("answered %+v", got)
	}
	buf := make([]byte, 100)
	n, from, err := w.peer.ReadFromUDP(buf)
	if err != nil || string(buf[:n]) != "ping" {
		t.Fatalf("the peer got %q, %v", buf[:n], err)
	}
	for _, p := range []string{"pong", "", "again"} {
		if _, err := w.peer.WriteToUDP([]byte(p), from); err != nil {
			t.Fatal(err)
		}
		if got := <-w.path.data; got != p {
			t.Fatalf("got %q, want %q", got, p)
		}
	}
	w.Close(false)
	if end := <-w.end; end != (End{In: 9, Out: 4}) {
		t.Errorf("ended with %+v", end)
	}
	if err := w.write("late", &id); !errors.Is(err, fault.ErrGone) {
		t.Errorf("after the end: %v", err)
	}
}

func TestTooMuchCredit(t *testing.T) {
	w := newWorld(t, 1000, protocol.MaxWindowBytes)
	w.Credit(1)
	if end := <-w.end; !errors.Is(end.Err, fault.ErrProtocol) {
		t.Errorf("ended with %v", end.Err)
	}
}

func TestRefusedWrites(t *testing.T) {
	w := newWorld(t, 1<<20, 1000)
	id := int64(1)
	if err := w.write("x", nil); !errors.Is(err, fault.ErrNotApplicable) {
		t.Errorf("without an id: %v", err)
	}
	if err := w.write(string(make([]byte, protocol.MaxDatagramBytes+1)), &id); !errors.Is(err, fault.ErrMessageSize) {
		t.Errorf("too large: %v", err)
	}
	if err := w.Shutdown(1); !errors.Is(err, fault.ErrNotApplicable) {
		t.Errorf("shutdown: %v", err)
	}
	if err := w.write("still alive", &id); err != nil {
		t.Error(err)
	}
	<-w.answers
}

// The system reports a refusal with the next datagram and does not send that one.
func TestRefusalDoesNotEatTheNextDatagram(t *testing.T) {
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", nil, peer.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer.Close()
	// Without Run nobody else hears of the refusal.
	s := New(conn, Config{})
	for i := range 10 {
		if err := s.sendOne([]byte("x")); err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
	}
}

// Refusals have no number beyond which they would end a socket: a page may speak to a
// closed port for as long as it likes.
func TestRefusalsWithoutEnd(t *testing.T) {
	w := newWorld(t, 1<<20, 1000)
	w.peer.Close()
	id := int64(1)
	for i := range 1500 {
		if err := w.write("x", &id); err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
		if got := <-w.answers; got.err != nil {
			t.Fatalf("datagram %d: %v", i, got.err)
		}
		// So that it is mostly the reader who hears of it, whom nobody can watch.
		time.Sleep(50 * time.Microsecond)
	}
}

// Datagrams for which there is no credit wait in the system, and come with it.
func TestWaitingForCredit(t *testing.T) {
	const count, size = 50, 100
	const cost = size + protocol.DatagramOverhead
	w := newWorld(t, 1000, 10*cost)
	for i := range count {
		if _, err := w.peer.WriteToUDP(bytes.Repeat([]byte{byte(i)}, size), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range count {
		if i >= 10 {
			w.Credit(cost)
		}
		if got := <-w.path.data; got != string(bytes.Repeat([]byte{byte(i)}, size)) {
			t.Fatalf("datagram %d: %d bytes, %d", i, len(got), got[0])
		}
	}
	w.Close(false)
	if end := <-w.end; end.Dropped != 0 || end.In != count*size || end.Err != nil {
		t.Errorf("ended with %+v", end)
	}
}

// One that costs more than there ever was credit for would wait for good, and keep all
// others waiting.
func TestLargerThanAllCredit(t *testing.T) {
	w := newWorld(t, 1000, 1000)
	for _, p := range []string{string(make([]byte, 1000)), "small"} {
		if _, err := w.peer.WriteToUDP([]byte(p), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-w.path.data; got != "small" {
		t.Errorf("got %d bytes", len(got))
	}
	w.Close(false)
	if end := <-w.end; end.Dropped != 1 {
		t.Errorf("ended with %+v", end)
	}
}

// Where they may not wait, datagrams without credit are dropped as they come.
func TestWhoMayWait(t *testing.T) {
	const cost = 1 + protocol.DatagramOverhead
	var may atomic.Bool
	var waiting atomic.Int32
	w := newWorld(t, 1000, cost, func(c *Config) {
		c.MayWait = func() (func(), bool) {
			if !may.Load() {
				return nil, false
			}
			waiting.Add(1)
			return func() { waiting.Add(-1) }, true
		}
	})
	send := func(p string) {
		if _, err := w.peer.WriteToUDP([]byte(p), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
	}
	until := func(what string, condition func() bool) {
		for end := time.Now().Add(10 * time.Second); !condition(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: it does not come", what)
			}
		}
	}
	send("1")
	if got := <-w.path.data; got != "1" {
		t.Errorf("got %q", got)
	}
	send("2")
	until("the drop", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.dropped == 1
	})
	may.Store(true)
	send("3")
	until("the wait", func() bool { return waiting.Load() == 1 })
	w.Credit(cost)
	if got := <-w.path.data; got != "3" {
		t.Errorf("got %q", got)
	}
	send("4")
	until("another wait", func() bool { return waiting.Load() == 1 })
	w.Close(false)
	if end := <-w.end; end.Dropped != 1 || waiting.Load() != 0 {
		t.Errorf("ended with %+v, %d still wait", end, waiting.Load())
	}
}

// A socket that waits for credit ends as any other.
func TestClosingWhileWaitingForCredit(t *testing.T) {
	w := newWorld(t, 1000, 100+protocol.DatagramOverhead)
	for range 3 {
		if _, err := w.peer.WriteToUDP(make([]byte, 100), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
	}
	<-w.path.data
	w.Close(false)
	select {
	case <-w.end:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
}

// While the way to the browser is blocked, closing still ends the socket.
func TestEndWhileTheBrowserTakesNothing(t *testing.T) {
	for name, end := range map[string]func(*world){
		"close":   func(w *world) { w.Close(false) },
		"reset":   func(w *world) { w.Close(true) },
		"context": func(w *world) { w.cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1000, 1000)
			for range 3 {
				if _, err := w.peer.WriteToUDP([]byte("x"), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
					t.Fatal(err)
				}
			}
			end(w)
			select {
			case <-w.end:
			case <-time.After(10 * time.Second):
				t.Fatal("it does not end")
			}
		})
	}
}
