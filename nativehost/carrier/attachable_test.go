package carrier

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/portside/portside/protocol"
)

// A path that is not attached has nothing to say, and it can be attached once. One that
// ends before is never attached.
func TestAttachable(t *testing.T) {
	var first, second bytes.Buffer
	a, b := NewLane(&first, LaneLimits{Batches: true}), NewLane(&second, LaneLimits{Batches: true})
	path := &Attachable{}
	path.Credit(7)
	path.End()
	if err := path.Data(context.Background(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("data before it was attached: %v", err)
	}
	if !path.Attach(a.Path(1)) || path.Attach(b.Path(1)) {
		t.Error("it can be attached twice, or not at all")
	}
	path.Credit(1)
	path.StopData()
	if path.Over() {
		t.Error("it was attached")
	}
	path.Closed(protocol.SocketClosedParams{SocketEnd: protocol.SocketEnd{SocketID: 1}})
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

	path = &Attachable{}
	if path.Over() {
		t.Error("it has not ended")
	}
	path.StopData()
	if !path.Over() || path.Attach(b.Path(1)) {
		t.Error("it has ended")
	}
}
