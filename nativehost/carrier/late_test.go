package carrier

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/portside/portside/protocol"
)

// A way that is not known has nothing to say, and the first to bind it says it all. One
// that ends before is told nowhere.
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
	late.Mute()
	if late.Over() {
		t.Error("it has taken a way")
	}
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
	want("the second", &second)

	late = &Late{}
	if late.Over() {
		t.Error("it has not ended")
	}
	late.Mute()
	if !late.Over() || late.Bind(b.Path(1)) {
		t.Error("it has ended")
	}
}
