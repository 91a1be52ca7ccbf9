package sockets

import (
	"io"
	"testing"

	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/protocol"
)

// What crosses a socket's end is nobody's fault, also where the socket had not taken a
// carrier yet.
func TestLaneFramesThatCrossAnEnd(t *testing.T) {
	r := New(Config{})
	ended := &carrier.Attachable{}
	ended.StopData()
	r.sockets[1] = &entry{document: "document", path: ended}
	l := &Lane{Document: "document", Out: carrier.NewLane(io.Discard, carrier.LaneLimits{Batches: true})}
	for _, kind := range []protocol.LaneKind{protocol.LaneCredit, protocol.LaneData, protocol.LaneBulk, protocol.LaneShutdown, protocol.LaneClose} {
		for _, id := range []int64{1, 2} {
			if target, err := r.onLane(l, protocol.LaneFrame{Kind: kind, SocketID: id, Number: 1}); target != nil || err != nil {
				t.Errorf("kind %d of socket %d: %v, %v", kind, id, target, err)
			}
		}
	}
	other := &Lane{Document: "another", Out: carrier.NewLane(io.Discard, carrier.LaneLimits{Batches: true})}
	if _, err := r.onLane(other, protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: 1, Number: 1}); err == nil {
		t.Error("another document's socket, that has ended, is reached")
	}
}
