package carrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// slow is an output of which a test takes one frame at a time.
type slow struct {
	frames chan string
	gone   chan struct{}
}

func newSlow() *slow { return &slow{frames: make(chan string), gone: make(chan struct{})} }

func (s *slow) Write(p []byte) (int, error) {
	select {
	case s.frames <- string(p[4:]):
		return len(p), nil
	case <-s.gone:
		return 0, io.ErrClosedPipe
	}
}

// take returns what the next frame is about.
func (s *slow) take(t *testing.T) string {
	t.Helper()
	select {
	case frame := <-s.frames:
		var m struct {
			ID     *int64
			Method string
			Params struct{ SocketID int64 }
		}
		if err := json.Unmarshal([]byte(frame), &m); err != nil {
			t.Fatalf("%q: %v", frame, err)
		}
		if m.ID != nil {
			return fmt.Sprintf("answer %d", *m.ID)
		}
		return fmt.Sprintf("%s %d", m.Method, m.Params.SocketID)
	case <-time.After(10 * time.Second):
		t.Fatal("no frame comes")
		return ""
	}
}

// start returns a running carrier; stop ends it and returns what Run returned.
func start(t *testing.T) (*Stdio, *slow, func() error) {
	t.Helper()
	out := newSlow()
	s := NewStdio(out)
	result := make(chan error, 1)
	go func() { result <- s.Run() }()
	return s, out, func() error {
		close(out.gone)
		return <-result
	}
}

// waitTurns waits until n sockets wait for their turns.
func waitTurns(t *testing.T, s *Stdio, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		got := len(s.turns)
		s.mu.Unlock()
		if got == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets wait, want %d", got, n)
		}
	}
}

func TestControlFirstThenTurns(t *testing.T) {
	s, out, stop := start(t)
	ctx := t.Context()
	done := make(chan struct{}, 3)
	// One frame is on its way; whatever comes now has to wait for it.
	s.Result(100, struct{}{})
	for id, frames := range map[int64]int{1: 3, 2: 2, 3: 1} {
		lane := s.Lane(id)
		go func() {
			for range frames {
				if err := lane.Data(ctx, []byte("x")); err != nil {
					t.Errorf("socket %d: %v", id, err)
				}
			}
			lane.End()
			done <- struct{}{}
		}()
	}
	waitTurns(t, s, 3)
	s.Lane(9).Credit(5)
	s.Result(101, struct{}{})
	got := []string{out.take(t), out.take(t), out.take(t)}
	if want := []string{"answer 100", "socket.credit 9", "answer 101"}; !slices.Equal(got, want) {
		t.Fatalf("first %v, want %v", got, want)
	}
	got = nil
	for range 9 {
		got = append(got, out.take(t))
	}
	for range 3 {
		<-done
	}
	// Among the first three data frames each socket has one, however the
	// scheduler let them queue.
	var data []string
	for _, what := range got {
		if strings.HasPrefix(what, "socket.data") {
			data = append(data, what)
		}
	}
	slices.Sort(data[:3])
	if want := []string{"socket.data 1", "socket.data 2", "socket.data 3"}; !slices.Equal(data[:3], want) {
		t.Errorf("the first round was %v", data[:3])
	}
	// An end follows its socket's last data.
	for id, frames := range map[int]int{1: 3, 2: 2, 3: 1} {
		seen := 0
		for _, what := range got {
			if what == fmt.Sprintf("socket.data %d", id) {
				seen++
			}
			if what == fmt.Sprintf("socket.end %d", id) && seen != frames {
				t.Errorf("socket %d ended after %d frames of %d", id, seen, frames)
			}
		}
	}
	s.Finish()
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestDataReturnsWhenTheBufferIsFree(t *testing.T) {
	s, out, stop := start(t)
	// Nobody takes the frame, yet Data returns: the frame is a copy.
	payload := []byte("first")
	if err := s.Lane(1).Data(t.Context(), payload); err != nil {
		t.Fatal(err)
	}
	copy(payload, "xxxxx")
	if frame := <-out.frames; !strings.Contains(frame, `"data":"Zmlyc3Q="`) {
		t.Errorf("the frame is %s", frame)
	}
	s.Finish()
	_ = stop()
}

func TestMuteAndCancel(t *testing.T) {
	s, out, stop := start(t)
	s.Result(1, struct{}{}) // on its way
	muted, cancelled := s.Lane(1), s.Lane(2)
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 2)
	go func() { errs <- muted.Data(t.Context(), []byte("x")) }()
	waitTurns(t, s, 1)
	muted.Mute()
	if err := <-errs; !errors.Is(err, ErrClosed) {
		t.Errorf("muted while waiting: %v", err)
	}
	if err := muted.Data(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("muted before: %v", err)
	}
	muted.End()
	go func() { errs <- cancelled.Data(ctx, []byte("x")) }()
	waitTurns(t, s, 1)
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	muted.Credit(1)
	muted.Closed(protocol.SocketClosedParams{SocketID: 1})
	got := []string{out.take(t), out.take(t), out.take(t)}
	if want := []string{"answer 1", "socket.credit 1", "socket.closed 1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.Finish()
	_ = stop()
}

func TestOutputThatFails(t *testing.T) {
	s, out, stop := start(t)
	s.Result(1, struct{}{})
	errs := make(chan error, 1)
	go func() { errs <- s.Lane(1).Data(t.Context(), []byte("x")) }()
	waitTurns(t, s, 1)
	if err := stop(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Run: %v", err)
	}
	if err := <-errs; !errors.Is(err, ErrClosed) {
		t.Errorf("a waiting socket: %v", err)
	}
	if err := s.Lane(2).Data(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("a late socket: %v", err)
	}
	if err := s.Room(t.Context()); err == nil {
		t.Error("there is room though nothing is written")
	}
	s.Result(2, struct{}{}) // goes nowhere, and stays nowhere
	if s.controlBytes != 0 {
		t.Errorf("%d bytes wait for ever", s.controlBytes)
	}
	_ = out
}

func TestRoom(t *testing.T) {
	s, out, stop := start(t)
	answer := strings.Repeat("x", 1<<16)
	for id := range int64(20) {
		s.Result(id, answer)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Room(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("room for more than %d bytes: %v", controlBound, err)
	}
	room := make(chan error, 1)
	go func() { room <- s.Room(t.Context()) }()
	for range 20 {
		out.take(t)
	}
	if err := <-room; err != nil {
		t.Error(err)
	}
	s.Finish()
	_ = stop()
}

// What was said before Finish is still written.
func TestFinishDrains(t *testing.T) {
	s, out, stop := start(t)
	for id := range int64(5) {
		s.Result(id, struct{}{})
	}
	s.Finish()
	for id := range 5 {
		if got, want := out.take(t), fmt.Sprintf("answer %d", id); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// A message that cannot be encoded ends the connection instead of leaving somebody
// without an answer.
func TestDefectEndsTheCarrier(t *testing.T) {
	s, _, stop := start(t)
	s.Result(1, func() {})
	if err := stop(); err == nil {
		t.Error("Run found nothing wrong")
	}
}
