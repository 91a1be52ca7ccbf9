package carrier

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/portside/portside/protocol"
)

// A way that is not known has nothing to say, the first to bind it does, and once it was
// loosened the next.
func TestLate(t *testing.T) {
	var first, second bytes.Buffer
	a, b := NewLane(&first), NewLane(&second)
	late := &Late{}
	late.Credit(7)
	late.End()
	if err := late.Data(context.Background(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("data without a way: %v", err)
	}
	if !late.Bind(a.Path(1)) || late.Bind(b.Path(1)) {
		t.Error("it can be bound twice, or not at all")
	}
	late.Credit(1)
	late.Loosen()
	late.Credit(7)
	if !late.Bind(b.Path(1)) {
		t.Error("loosened, it cannot be bound")
	}
	late.Credit(2)
	late.Mute()
	late.Loosen()
	late.Bind(a.Path(1))
	late.Closed(protocol.SocketClosedParams{SocketID: 1})
	for _, l := range []*Lane{a, b} {
		l.Finish()
		if err := l.Run(); err != nil {
			t.Error(err)
		}
	}
	want := func(what string, got *bytes.Buffer, frames ...protocol.LaneFrame) {
		var all []byte
		for _, f := range frames {
			all, _ = protocol.AppendLaneFrame(all, f)
		}
		if !bytes.Equal(got.Bytes(), all) {
			t.Errorf("%s: % x, want % x", what, got.Bytes(), all)
		}
	}
	want("the first", &first, protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: 1, Number: 1},
		protocol.LaneFrame{Kind: protocol.LaneClosed, SocketID: 1})
	want("the second", &second, protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: 1, Number: 2})
}

// A socket that ends while its way is loosened stays without one, or loses what it had.
func TestLateEndsWhileItIsLoosened(t *testing.T) {
	out := NewLane(&bytes.Buffer{})
	for range 2_000 {
		late := &Late{}
		late.Bind(out.Path(1))
		var both sync.WaitGroup
		both.Go(late.Loosen)
		both.Go(late.Mute)
		both.Wait()
		if p := late.bound.Load(); p != nil {
			if err := (*p).Data(context.Background(), nil); !errors.Is(err, ErrClosed) {
				t.Fatalf("it delivers: %v", err)
			}
		}
	}
}
