package datagram

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// path hands datagrams over one by one.
type path struct {
	data  chan string
	muted chan struct{}
}

func (l *path) Chunk() int { return protocol.ChunkBytes }

func (l *path) Data(ctx context.Context, p []byte) error {
	select {
	case l.data <- string(p):
		return nil
	case <-l.muted:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (l *path) End()         {}
func (l *path) Credit(int64) {}
func (l *path) Mute() {
	select {
	case <-l.muted:
	default:
		close(l.muted)
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

func newWorld(t *testing.T, sendWindow, receiveWindow int64) *world {
	t.Helper()
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", nil, peer.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		path: &path{data: make(chan string), muted: make(chan struct{})}, buffers: &buffer.Pool{},
		answers: make(chan answer, 100), peer: peer, end: make(chan End, 1),
	}
	w.Socket = New(conn, Config{
		Path: w.path, Buffers: w.buffers, SendWindow: sendWindow, ReceiveWindow: receiveWindow,
		Answer: func(id int64, err error) { w.answers <- answer{id, err} },
	})
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
		peer.Close()
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
		if err := s.send([]byte("x")); err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
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
