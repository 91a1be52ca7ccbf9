package lane

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/coder/websocket"

	"github.com/portside/portside/protocol"
)

// Conn is one lane. One goroutine at a time reads, and one writes.
type Conn struct {
	ws *websocket.Conn
	// ended is done when the lane is over.
	ended context.Context
	end   context.CancelFunc
}

func newConn(ws *websocket.Conn) *Conn {
	c := &Conn{ws: ws}
	c.ended, c.end = context.WithCancel(context.Background())
	ws.SetReadLimit(protocol.LaneChunkBytes)
	return c
}

// Batches reports whether the other end knows frames with several datagrams.
func (c *Conn) Batches() bool { return c.ws.Subprotocol() == protocol.LaneProtocol }

// Read reads the next message into p and returns its length. One that is longer, or
// text, is an error that ends the lane.
func (c *Conn) Read(p []byte) (int, error) {
	kind, message, err := c.ws.Reader(c.ended)
	if err != nil {
		return 0, err
	}
	if kind != websocket.MessageBinary {
		return 0, fmt.Errorf("%w: text", protocol.ErrLane)
	}
	n, err := io.ReadFull(message, p)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return n, nil
	case err != nil:
		return n, err
	}
	// It may have ended exactly here.
	if _, err := message.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("%w: too long", protocol.ErrLane)
	}
	return n, nil
}

// Write writes one message.
func (c *Conn) Write(message []byte) (int, error) {
	if err := c.ws.Write(c.ended, websocket.MessageBinary, message); err != nil {
		return 0, err
	}
	return len(message), nil
}

// Close ends the lane at once: whoever reads or writes gets an error.
func (c *Conn) Close() {
	c.end()
	_ = c.ws.CloseNow()
}
