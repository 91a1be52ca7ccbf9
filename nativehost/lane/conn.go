package lane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/portside/portside/protocol"
)

// Conn is one lane. One goroutine at a time reads, and one writes.
type Conn struct {
	lanes *Listener
	ws    *websocket.Conn
	// ended is done when the lane is over.
	ended context.Context
	end   context.CancelFunc
	// stream is the one that was offered, if one was.
	stream atomic.Pointer[stream]

	// What follows is for the one who writes.

	// streams: the other side knows of streams, and may still take one.
	streams bool
	// sent counts bytes to the page until a stream is offered.
	sent int
	// onStream: messages go by the stream.
	onStream bool
}

func newConn(l *Listener, ws *websocket.Conn) *Conn {
	c := &Conn{lanes: l, ws: ws, streams: ws.Subprotocol() == protocol.LaneStreamProtocol}
	c.ended, c.end = context.WithCancel(context.Background())
	ws.SetReadLimit(protocol.LaneChunkBytes)
	return c
}

// Read reads the next message into p and returns its length. One that is longer, or
// text that says nothing of a stream, is an error that ends the lane.
func (c *Conn) Read(p []byte) (int, error) {
	kind, message, err := c.ws.Reader(c.ended)
	if err == nil && kind == websocket.MessageText {
		if err = c.hear(message); err == nil {
			kind, message, err = c.ws.Reader(c.ended)
		}
	}
	if err != nil {
		return 0, err
	}
	//rule:lane-hears-one-text
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

// hear reads text: that the stream works, where one was offered.
func (c *Conn) hear(message io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(message, int64(len(protocol.LaneStreamReady))+1))
	if err != nil {
		return err
	}
	s := c.stream.Load()
	if string(text) != protocol.LaneStreamReady || s == nil || !s.works() {
		return fmt.Errorf("%w: text", protocol.ErrLane)
	}
	return nil
}

// Write writes one message.
func (c *Conn) Write(message []byte) (int, error) {
	if err := c.WriteMessages(message); err != nil {
		return 0, err
	}
	return len(message), nil
}

// WriteMessages writes one or two messages, one behind the other.
func (c *Conn) WriteMessages(messages ...[]byte) error {
	if err := c.chooseWay(messages); err != nil {
		return err
	}
	if c.onStream {
		return c.stream.Load().write(messages)
	}
	for _, message := range messages {
		if err := c.ws.Write(c.ended, websocket.MessageBinary, message); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the lane at once: whoever reads or writes gets an error.
func (c *Conn) Close() {
	c.end()
	_ = c.ws.CloseNow()
}
