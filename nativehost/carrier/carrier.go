// Package carrier takes the bytes of sockets to the browser. It promises that
// what is said about one socket arrives in order, that no socket keeps another
// waiting for more than one frame, and that it holds at most one frame of each:
// a browser that takes nothing fills no memory of the host.
//
// There are two: Stdio speaks JSON over the pipe that the browser gave the host, and
// Lane binary frames over a connection of a document's own. They mean the same.
//
// It spends no credit and knows no sockets, only their ids.
package carrier

import (
	"context"
	"errors"

	"github.com/portside/portside/protocol"
)

// ErrClosed says that the carrier, or the path, takes nothing more.
var ErrClosed = errors.New("the way to the browser is closed")

// A Path is one socket's way to the browser. All methods but Data return at once.
// One goroutine at a time calls Data and End; any may call the others.
type Path interface {
	// Chunk is how many bytes of a bulk transfer to send at a time.
	Chunk() int
	// Data sends payload and returns when it may be reused. It waits for the turns
	// of other sockets, until ctx is done or the path is stopped.
	Data(ctx context.Context, payload []byte) error
	// Batch is how many bytes of datagrams one frame takes, as protocol.AppendToBatch lays
	// them out; 0: each datagram is Data.
	Batch() int
	// Datagrams is Data for a batch.
	Datagrams(ctx context.Context, batch []byte) error
	// End says that the peer will send nothing more. It follows all Data.
	End()
	// Credit says that bytes have left the host's hands.
	Credit(bytes int64)
	// StopData drops the frame that waits for its turn, if any, and everything but
	// Credit and Closed from now on.
	StopData()
	// Closed is the last word about the socket.
	Closed(end protocol.SocketClosedParams)
}
