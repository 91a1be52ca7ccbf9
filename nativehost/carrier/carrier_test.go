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

func (s *slow) Write(p []byte) (int, error) {
	select {
	case s.frames <- string(p):
		return len(p), nil
	case <-s.gone:
		return 0, io.ErrClosedPipe
	}
}

// tested is one of the two carriers. What they promise is the same.
type tested struct {
	*pump
	out *slow
	// answer queues a control frame that read calls "answer id".
	answer func(id int64)
	// defect queues what cannot be encoded.
	defect func()
	// read says what a frame is about, and its payload.
	read func(t *testing.T, frame string) (what, payload string)
}

func overStdio() *tested {
	out := &slow{frames: make(chan string), gone: make(chan struct{})}
	s := NewStdio(out)
	answer := func(id int64) { s.Result(id, struct{}{}) }
	defect := func() { s.Result(1, func() {}) }
	return &tested{s.pump, out, answer, defect, func(t *testing.T, frame string) (string, string) {
		var m struct {
			ID     *int64
			Method string
			Params struct {
				SocketID int64
				Data     []byte
			}
		}
		if err := json.Unmarshal([]byte(frame[4:]), &m); err != nil {
			t.Fatalf("%q: %v", frame, err)
		}
		if m.ID != nil {
			return fmt.Sprintf("answer %d", *m.ID), ""
		}
		return fmt.Sprintf("%s %d", strings.TrimPrefix(m.Method, "socket."), m.Params.SocketID), string(m.Params.Data)
	}}
}

func overLane() *tested {
	out := &slow{frames: make(chan string), gone: make(chan struct{})}
	l := NewLane(out, LaneLimits{Batches: true})
	answer := func(id int64) { l.Wrote(1, id, false) }
	defect := func() {
		l.Path(1).Closed(protocol.SocketClosedParams{SocketEnd: protocol.SocketEnd{SocketID: 1, Name: "TypeError"}})
	}
	return &tested{l.pump, out, answer, defect, func(t *testing.T, frame string) (string, string) {
		f, err := protocol.ReadLaneFrame([]byte(frame))
		if err != nil {
			t.Fatalf("%q: %v", frame, err)
		}
		if f.Kind == protocol.LaneWrote {
			return fmt.Sprintf("answer %d", f.Number), ""
		}
		name := map[protocol.LaneKind]string{
			protocol.LaneData: "data", protocol.LaneCredit: "credit", protocol.LaneEnd: "end", protocol.LaneClosed: "closed",
		}[f.Kind]
		return fmt.Sprintf("%s %d", name, f.SocketID), string(f.Payload)
	}}
}

// each runs a test over each carrier.
func each(t *testing.T, test func(t *testing.T, c *tested, stop func() error)) {
	for name, carrier := range map[string]func() *tested{"stdio": overStdio, "lane": overLane} {
		t.Run(name, func(t *testing.T) {
			c := carrier()
			result := make(chan error, 1)
			go func() { result <- c.Run() }()
			test(t, c, func() error {
				close(c.out.gone)
				return <-result
			})
		})
	}
}

// take returns what the next frame is about.
func (c *tested) take(t *testing.T) string {
	t.Helper()
	what, _ := c.takePayload(t)
	return what
}

func (c *tested) takePayload(t *testing.T) (what, payload string) {
	t.Helper()
	select {
	case frame := <-c.out.frames:
		return c.read(t, frame)
	case <-time.After(10 * time.Second):
		t.Fatal("no frame comes")
		return "", ""
	}
}

// waitTurns waits until n sockets wait for their turns.
func waitTurns(t *testing.T, c *tested, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		got := len(c.turns)
		c.mu.Unlock()
		if got == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets wait, want %d", got, n)
		}
	}
}

func TestControlFirstThenTurns(t *testing.T) {
	each(t, func(t *testing.T, c *tested, stop func() error) {
		ctx := t.Context()
		done := make(chan struct{}, 3)
		// One frame is on its way; whatever comes now has to wait for it.
		c.answer(100)
		for id, frames := range map[int64]int{1: 3, 2: 2, 3: 1} {
			lane := c.Path(id)
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
		waitTurns(t, c, 3)
		c.Path(9).Credit(5)
		c.answer(101)
		got := []string{c.take(t), c.take(t), c.take(t)}
		if want := []string{"answer 100", "credit 9", "answer 101"}; !slices.Equal(got, want) {
			t.Fatalf("first %v, want %v", got, want)
		}
		got = nil
		for range 9 {
			got = append(got, c.take(t))
		}
		for range 3 {
			<-done
		}
		// Among the first three data frames each socket has one, however the
		// scheduler let them queue.
		var data []string
		for _, what := range got {
			if strings.HasPrefix(what, "data") {
				data = append(data, what)
			}
		}
		slices.Sort(data[:3])
		if want := []string{"data 1", "data 2", "data 3"}; !slices.Equal(data[:3], want) {
			t.Errorf("the first round was %v", data[:3])
		}
		// An end follows its socket's last data.
		for id, frames := range map[int]int{1: 3, 2: 2, 3: 1} {
			seen := 0
			for _, what := range got {
				if what == fmt.Sprintf("data %d", id) {
					seen++
				}
				if what == fmt.Sprintf("end %d", id) && seen != frames {
					t.Errorf("socket %d ended after %d frames of %d", id, seen, frames)
				}
			}
		}
		c.Finish()
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestDataReturnsWhenTheBufferIsFree(t *testing.T) {
	each(t, func(t *testing.T, c *tested, stop func() error) {
		// Nobody takes the frame, yet Data returns: the frame is a copy.
		payload := []byte("first")
		if err := c.Path(1).Data(t.Context(), payload); err != nil {
			t.Fatal(err)
		}
		copy(payload, "xxxxx")
		if what, got := c.takePayload(t); what != "data 1" || got != "first" {
			t.Errorf("the frame is %s with %q", what, got)
		}
		c.Finish()
		_ = stop()
	})
}

func TestStopDataAndCancel(t *testing.T) {
	each(t, func(t *testing.T, c *tested, stop func() error) {
		c.answer(1) // on its way
		stopped, cancelled := c.Path(1), c.Path(2)
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		go func() { errs <- stopped.Data(t.Context(), []byte("x")) }()
		waitTurns(t, c, 1)
		stopped.StopData()
		if err := <-errs; !errors.Is(err, ErrClosed) {
			t.Errorf("stopped while waiting: %v", err)
		}
		if err := stopped.Data(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
			t.Errorf("stopped before: %v", err)
		}
		stopped.End()
		go func() { errs <- cancelled.Data(ctx, []byte("x")) }()
		waitTurns(t, c, 1)
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		stopped.Credit(1)
		stopped.Closed(protocol.SocketClosedParams{SocketEnd: protocol.SocketEnd{SocketID: 1}})
		got := []string{c.take(t), c.take(t), c.take(t)}
		if want := []string{"answer 1", "credit 1", "closed 1"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		c.Finish()
		_ = stop()
	})
}

func TestOutputThatFails(t *testing.T) {
	each(t, func(t *testing.T, c *tested, stop func() error) {
		c.answer(1)
		errs := make(chan error, 1)
		go func() { errs <- c.Path(1).Data(t.Context(), []byte("x")) }()
		waitTurns(t, c, 1)
		if err := stop(); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Run: %v", err)
		}
		if err := <-errs; !errors.Is(err, ErrClosed) {
			t.Errorf("a waiting socket: %v", err)
		}
		if err := c.Path(2).Data(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
			t.Errorf("a late socket: %v", err)
		}
		if err := c.Room(t.Context()); err == nil {
			t.Error("there is room though nothing is written")
		}
		c.answer(2) // goes nowhere, and stays nowhere
		if c.controlBytes != 0 {
			t.Errorf("%d bytes wait for ever", c.controlBytes)
		}
	})
}

func TestRoom(t *testing.T) {
	each(t, func(t *testing.T, c *tested, stop func() error) {
		answers := int64(0)
		for full := false; !full; answers++ {
			c.answer(answers)
			c.mu.Lock()
			full = c.controlBytes > 2*controlBound
			c.mu.Unlock()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := c.Room(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("room for more than %d bytes: %v", controlBound, err)
		}
		room := make(chan error, 1)
		go func() { room <- c.Room(t.Context()) }()
		for range answers {
			c.take(t)
		}
		if err := <-room; err != nil {
			t.Error(err)
		}
		c.Finish()
		_ = stop()
	})
}

// What was said before Finish is still written.
func TestFinishDrains(t *testing.T) {
	each(t, func(t *testing.T, c *tested, stop func() error) {
		for id := range int64(5) {
			c.answer(id)
		}
		c.Finish()
		for id := range 5 {
			if got, want := c.take(t), fmt.Sprintf("answer %d", id); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// A message that cannot be encoded ends the connection instead of leaving somebody
// without an answer.
func TestDefectEndsTheCarrier(t *testing.T) {
	each(t, func(t *testing.T, c *tested, stop func() error) {
		c.defect()
		<-c.done
		if err := stop(); err == nil || errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Run: %v", err)
		}
	})
}

// Where large messages cost the browser more than they are worth, none is larger, and each is one.
func TestMessagesHaveTheSizeThatWasAskedFor(t *testing.T) {
	const most = 61_440
	out := &slow{frames: make(chan string), gone: make(chan struct{})}
	l := NewLane(out, LaneLimits{Batches: true, MessageBytes: most})
	result := make(chan error, 1)
	go func() { result <- l.Run() }()
	path := l.Path(1)
	if got := path.Chunk() + protocol.LaneHeaderBytes; got != most {
		t.Errorf("a message has up to %d bytes", got)
	}
	if got := path.Batch() + protocol.LaneHeaderBytes + 4; got != most {
		t.Errorf("several datagrams have up to %d bytes", got)
	}
	for _, size := range []int{protocol.BulkBytes, path.Chunk()} {
		payload := slices.Repeat([]byte{'x'}, size)
		go func() { _ = path.Data(t.Context(), payload) }()
		f, err := protocol.ReadLaneFrame([]byte(<-out.frames))
		if err != nil || f.Kind != protocol.LaneData || len(f.Payload) != size {
			t.Errorf("%d bytes: %v, kind %d with %d", size, err, f.Kind, len(f.Payload))
		}
	}
	close(out.gone)
	l.Wrote(1, 1, false)
	<-result
}

// Nothing comes between bulk and what announces it.
func TestBulkIsTwoMessages(t *testing.T) {
	c := overLane()
	result := make(chan error, 1)
	go func() { result <- c.Run() }()
	path := c.Path(1)
	for _, size := range []int{protocol.BulkBytes - 1, protocol.BulkBytes, path.Chunk()} {
		payload := slices.Repeat([]byte{'x'}, size)
		go func() { _ = path.Data(t.Context(), payload) }()
		first := <-c.out.frames
		c.answer(1) // could not wait longer for its turn
		f, err := protocol.ReadLaneFrame([]byte(first))
		if err != nil {
			t.Fatal(err)
		}
		got := string(f.Payload)
		if size >= protocol.BulkBytes {
			if f.Kind != protocol.LaneBulk || f.SocketID != 1 || f.Number != int64(size) {
				t.Errorf("%d bytes are announced as %v", size, f)
			}
			got = <-c.out.frames
		}
		if got != string(payload) {
			t.Errorf("%d bytes for %d", len(got), size)
		}
		if what := c.take(t); what != "answer 1" {
			t.Errorf("then came %s", what)
		}
	}
	close(c.out.gone)
	c.answer(1)
	<-result
}
