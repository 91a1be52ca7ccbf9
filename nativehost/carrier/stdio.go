package carrier

import (
	"io"

	"github.com/portside/portside/protocol"
)

// Stdio carries frames over one stream, the host's stdout, as JSON. It also carries
// what is about no socket.
type Stdio struct{ *pump }

// NewStdio returns a carrier that writes to out once Run runs.
func NewStdio(out io.Writer) *Stdio { return &Stdio{newPump(out, nativeMessaging{})} }

// Result answers the request id.
func (s *Stdio) Result(id int64, result any) {
	s.send(protocol.AppendResult(nil, id, result))
}

// Error answers the request id, or what could not be read when id is nil.
func (s *Stdio) Error(id *int64, fault *protocol.RPCError) {
	s.send(protocol.AppendError(nil, id, fault))
}

// Notify says something that is about no socket.
func (s *Stdio) Notify(method string, params any) {
	s.send(protocol.AppendNotification(nil, method, params))
}

// nativeMessaging is the encoding of native messaging.
type nativeMessaging struct{}

func (nativeMessaging) most() int { return protocol.ChunkBytes }

func (nativeMessaging) data(dst []byte, id int64, payload []byte) (frame []byte, rest int, err error) {
	frame, err = protocol.AppendData(dst, id, payload)
	return frame, len(frame), err
}

func (nativeMessaging) mostBatch() int { return 0 }

func (nativeMessaging) batch([]byte, int64, []byte) ([]byte, error) { return nil, ErrClosed }

func (nativeMessaging) credit(id, bytes int64) ([]byte, error) {
	return protocol.AppendNotification(nil, protocol.MethodSocketCredit,
		protocol.SocketCreditParams{SocketID: id, Bytes: bytes})
}

func (nativeMessaging) end(id int64) ([]byte, error) {
	return protocol.AppendNotification(nil, protocol.MethodSocketEnd, protocol.SocketEndParams{SocketID: id})
}

func (nativeMessaging) closed(last protocol.SocketClosedParams) ([]byte, error) {
	return protocol.AppendNotification(nil, protocol.MethodSocketClosed, last)
}
