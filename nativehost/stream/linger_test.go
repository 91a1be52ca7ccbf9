package stream

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// all stands for as much as the host takes while the peer does not read: more than the
// systems hold.
const all = 1 << 30

// stalledWorld is a socket whose peer does not read, to which this was written.
func stalledWorld(t *testing.T, patience time.Duration, bytes int64) (*world, int64) {
	t.Helper()
	const piece = 128 << 10
	w := newWorldOf(t, dial.Options{}, Config{
		SendWindow: protocol.WindowBytes, ReceiveWindow: protocol.WindowBytes, Patience: patience,
	}, nil)
	credited := func() int64 {
		w.path.mu.Lock()
		defer w.path.mu.Unlock()
		return w.path.credit
	}
	written := int64(0)
	for written < bytes {
		n := min(bytes-written, piece)
		for waiting := time.Now(); written+n-credited() > protocol.WindowBytes; time.Sleep(time.Millisecond) {
			if bytes == all && time.Since(waiting) > 500*time.Millisecond {
				return w, written
			}
		}
		if err := w.write(make([]byte, n), nil); err != nil {
			t.Fatal(err)
		}
		written += n
	}
	return w, written
}

// readAll reads what the peer gets, however it ends.
func readAll(peer *net.TCPConn) (int64, error) { return io.Copy(io.Discard, peer) }

// What was written before a close arrives, also at a peer that is slow, and that speaks
// in the meantime.
func TestWhatWasWrittenArrives(t *testing.T) {
	for _, wish := range []int64{300_000, all} {
		w, bytes := stalledWorld(t, 0, wish)
		w.Close(false)
		time.Sleep(100 * time.Millisecond)
		if _, err := w.peer.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(flushTime + 100*time.Millisecond)
		if n, err := readAll(w.peer); n != bytes || err != nil {
			t.Errorf("the peer got %d of %d bytes, %v", n, bytes, err)
		}
		if end := <-w.end; end.Err != nil || end.Out != bytes {
			t.Errorf("ended with %+v", end)
		}
	}
}

// A peer that goes on, however slowly, is waited for.
func TestPeersThatGoOnAreWaitedFor(t *testing.T) {
	const patience = 400 * time.Millisecond
	w, _ := stalledWorld(t, patience, 300_000)
	_ = w.peer.SetReadBuffer(32 << 10)
	began := time.Now()
	w.Close(false)
	got := 0
	for piece := make([]byte, 40_000); ; {
		n, err := w.peer.Read(piece)
		got += n
		if err != nil {
			break
		}
		time.Sleep(patience / 4)
	}
	if took := time.Since(began); got != 300_000 || took < patience {
		t.Errorf("%d bytes in %v", got, took)
	}
	if end := <-w.end; end.Err != nil {
		t.Errorf("ended with %+v", end)
	}
}

// One that does not is an error, and gets a reset, wherever the bytes wait and whoever
// ended the socket.
func TestBytesThatNobodyTakesAreAnError(t *testing.T) {
	for _, wish := range []int64{300_000, all} {
		for _, how := range []string{"close", "both ends", "reset"} {
			if how == "both ends" && wish == all {
				continue
			}
			w, bytes := stalledWorld(t, 300*time.Millisecond, wish)
			want := fault.ErrTimeout
			switch how {
			case "close":
				w.Close(false)
			case "both ends":
				if err := w.peer.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if err := w.Shutdown(7); err != nil {
					t.Fatal(err)
				}
			case "reset":
				want = fault.ErrReset
				w.Close(false)
				_ = w.peer.SetLinger(0)
				w.peer.Close()
			}
			end := <-w.end
			if !errors.Is(end.Err, want) {
				t.Errorf("%d bytes, %s: ended with %+v", bytes, how, end)
			}
			if how == "reset" {
				continue
			}
			if n, err := readAll(w.peer); err == nil {
				t.Errorf("%d bytes, %s: the peer took the cut after %d bytes for an end", bytes, how, n)
			}
		}
	}
}

// Where more was to come the peer gets what came before, and no end.
func TestCut(t *testing.T) {
	w, _ := stalledWorld(t, 0, 300_000)
	w.Cut(fault.ErrNetwork)
	time.Sleep(50 * time.Millisecond)
	n, err := readAll(w.peer)
	if n != 300_000 || err == nil {
		t.Errorf("the peer got %d bytes, %v", n, err)
	}
	<-w.end

	// After FIN there is no more.
	w, _ = stalledWorld(t, 0, 1_000)
	if err := w.Shutdown(1); err != nil {
		t.Fatal(err)
	}
	w.Cut(fault.ErrNetwork)
	if n, err := readAll(w.peer); n != 1_000 || err != nil {
		t.Errorf("the peer got %d bytes, %v", n, err)
	}
	<-w.end
}

// A cut is how a socket ends, but not where it was ending already.
func TestCutIsTheEndOfWhatGoesOn(t *testing.T) {
	for what, c := range map[string]struct {
		before func(*world)
		want   error
	}{
		"an open socket": {func(*world) {}, fault.ErrNetwork},
		"after FIN":      {func(w *world) { _ = w.Shutdown(1) }, fault.ErrNetwork},
		"after a close":  {func(w *world) { w.Close(false) }, nil},
		"after a reset":  {func(w *world) { w.Close(true) }, fault.ErrAborted},
		"after a fault":  {func(w *world) { w.fail(fault.ErrProtocol) }, fault.ErrProtocol},
	} {
		w, _ := stalledWorld(t, 0, 300_000)
		c.before(w)
		w.Cut(fault.ErrNetwork)
		_, _ = readAll(w.peer)
		if end := <-w.end; !errors.Is(end.Err, c.want) {
			t.Errorf("%s: ended with %v", what, end.Err)
		}
	}
}

// What waited before all was written counts as well: the peer has one term in all.
func TestOneTermInAll(t *testing.T) {
	w, _ := stalledWorld(t, time.Minute, 300_000)
	w.mu.Lock()
	w.waited = w.wait()
	w.waited.began = time.Now().Add(-patienceInAll * time.Minute)
	w.mu.Unlock()
	w.Close(false)
	select {
	case end := <-w.end:
		if !errors.Is(end.Err, fault.ErrTimeout) {
			t.Errorf("ended with %+v", end)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a new term begins")
	}
}

// The host ends in time all the same; what the system has goes its way.
func TestTheSessionEndsInTime(t *testing.T) {
	for _, wish := range []int64{300_000, all} {
		w, bytes := stalledWorld(t, 0, wish)
		began := time.Now()
		w.Close(false)
		w.cancel()
		end := <-w.end
		if took := time.Since(began); took > sessionEndTime+5*time.Second {
			t.Errorf("it took %v", took)
		}
		n, err := readAll(w.peer)
		if whole := end.Out == bytes; whole != (err == nil) || whole && n != bytes {
			t.Errorf("%d of %d bytes, %v; ended with %+v", n, bytes, err, end)
		}
	}
}
