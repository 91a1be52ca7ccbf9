package stream

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// holding keeps what it has read, or the news of the end, until it may tell.
type holding struct {
	*dial.Conn
	read, tell chan struct{}
}

func (h *holding) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if n > 0 || errors.Is(err, io.EOF) {
		h.read <- struct{}{}
		<-h.tell
	}
	return n, err
}

// upgradeOf asks for an upgrade whose handshake is nothing, and returns what becomes
// of it.
func upgradeOf(w *world, received int64) (shaken chan struct{}, answer chan error) {
	shaken, answer = make(chan struct{}), make(chan error, 1)
	w.mu.Lock()
	sent := w.accepted
	w.mu.Unlock()
	err := w.StartTLS(Upgrade{
		Received:  received,
		Sent:      sent,
		Handshake: func(context.Context, func() error) error { close(shaken); return nil },
		Answer:    func(err error) { answer <- err },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return shaken, answer
}

// What the reader had in its hands when the request came was plain text that the page
// did not know of; so was the peer's end.
func TestUpgradeWithTheReaderInTheMiddle(t *testing.T) {
	for what, c := range map[string]struct {
		peer func(*world)
		want error
	}{
		"of bytes":   {func(w *world) { _, _ = w.peer.Write([]byte("* injected")) }, fault.ErrPlaintext},
		"of the end": {func(w *world) { _ = w.peer.CloseWrite() }, fault.ErrTLS},
	} {
		t.Run(what, func(t *testing.T) {
			var held *holding
			w := newWorld(t, dial.Options{}, protocol.WindowBytes, protocol.WindowBytes, func(c *dial.Conn) Conn {
				held = &holding{c, make(chan struct{}), make(chan struct{})}
				return held
			})
			c.peer(w)
			<-held.read
			shaken, answer := upgradeOf(w, 0)
			close(held.tell)
			if err := <-answer; !errors.Is(err, c.want) {
				t.Errorf("answered with %v", err)
			}
			if end := <-w.end; !errors.Is(end.Err, c.want) {
				t.Errorf("ended with %v", end.Err)
			}
			select {
			case <-shaken:
				t.Error("hands were shaken")
			default:
			}
			if len(w.path.data) > 0 || w.path.ended {
				t.Errorf("the page got %q, end %v", w.path.data, w.path.ended)
			}
		})
	}
}

// spinning comes back from Read at once, again and again, until reading is stopped.
type spinning struct {
	*dial.Conn
	stopped atomic.Bool
}

func (s *spinning) Read(p []byte) (int, error) {
	if !s.stopped.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	return s.Conn.Read(p)
}

func (s *spinning) SetReadDeadline(t time.Time) error {
	if t.Equal(time.Unix(1, 0)) {
		s.stopped.Store(true)
	}
	return s.Conn.SetReadDeadline(t)
}

// The reader stops wherever it is, and goes on afterwards.
func TestUpgradeStopsTheReader(t *testing.T) {
	for range 100 {
		w := newWorld(t, dial.Options{}, protocol.WindowBytes, protocol.WindowBytes, func(c *dial.Conn) Conn {
			return &spinning{Conn: c}
		})
		time.Sleep(100 * time.Microsecond)
		_, answer := upgradeOf(w, 0)
		select {
		case err := <-answer:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the reader does not stop")
		}
		if _, err := w.peer.Write([]byte("on")); err != nil {
			t.Fatal(err)
		}
		w.path.wait(func() bool { return string(w.path.data) == "on" })
		w.Close(true)
		<-w.end
	}
}

// Whatever ends the socket ends what comes before a handshake, at once, and then there is
// none. The peer gets what was written before, or a reset.
func TestUpgradeGivenUpBeforeTheHandshake(t *testing.T) {
	for what, c := range map[string]struct {
		end   func(*world)
		reset bool
	}{
		"a close":             {func(w *world) { w.Close(false) }, false},
		"a reset":             {func(w *world) { w.Close(true) }, true},
		"the end of the lane": {func(w *world) { w.Cut(fault.ErrNetwork) }, true},
		"the session's end":   {func(w *world) { w.cancel() }, false},
		"a fault":             {func(w *world) { _ = w.write([]byte("x"), nil) }, true},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, dial.Options{}, protocol.WindowBytes, protocol.WindowBytes, nil)
			if err := w.write([]byte("STARTTLS"), nil); err != nil {
				t.Fatal(err)
			}
			command := make([]byte, len("STARTTLS"))
			if _, err := io.ReadFull(w.peer, command); err != nil {
				t.Fatal(err)
			}
			asking, answer, began := make(chan struct{}), make(chan error, 1), make(chan error, 1)
			err := w.StartTLS(Upgrade{
				Sent: int64(len(command)),
				Handshake: func(ctx context.Context, begin func() error) error {
					close(asking)
					select {
					case <-ctx.Done():
					case <-time.After(patienceOfTests):
						t.Error("it goes on")
					}
					began <- begin()
					return ctx.Err()
				},
				Answer: func(err error) { answer <- err },
			})
			if err != nil {
				t.Fatal(err)
			}
			<-asking
			c.end(w)
			if err := <-began; err == nil {
				t.Error("a handshake begins")
			}
			if err := <-answer; err == nil {
				t.Error("answered as if it was secure")
			}
			<-w.end
			if _, err := io.Copy(io.Discard, w.peer); (err != nil) != c.reset {
				t.Errorf("the peer got %v", err)
			}
		})
	}
}

// patienceOfTests is how long what must happen may take.
const patienceOfTests = 20 * time.Second
