package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/rpc"
	"github.com/portside/portside/nativehost/version"
	"github.com/portside/portside/protocol"
)

// calls serves what the browser's side calls: each method of the protocol.
type calls struct{ *Session }

// dispatch serves a message that fits its schema, and answers it unless it returns
// a fault.
func (s *Session) dispatch(ctx context.Context, message protocol.Message) *protocol.RPCError {
	if !s.greeted && message.Method != protocol.MethodHello {
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	return rpc.Serve(ctx, calls{s}, message)
}

// Hello agrees upon the newest version of the protocol that both sides speak. Where there
// is none the host goes on listening, so that an extension that was updated meanwhile may
// try again.
func (s calls) Hello(_ context.Context, id int64, params protocol.HelloParams) *protocol.RPCError {
	if s.greeted {
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	newest, oldest := params.ProtocolVersion, params.ProtocolVersion
	if params.OldestVersion != 0 {
		oldest = params.OldestVersion
	}
	if oldest > newest {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	s.Log.Info().Str("extension", params.ExtensionVersion).Int64("oldest", oldest).Int64("newest", newest).
		Str("browser", params.Browser).Msg("hello")
	spoken := min(newest, protocol.ProtocolVersion)
	if spoken < max(oldest, protocol.OldestProtocolVersion) {
		detail := fmt.Sprintf("%s is the host's version, which speaks protocol %d to %d; the extension speaks protocol %d to %d.",
			version.Host, protocol.OldestProtocolVersion, protocol.ProtocolVersion, oldest, newest)
		return protocol.NewFailure("NetworkError", "version", detail)
	}
	s.greeted = true
	capabilities := []string{"tcp", "udp", "tls"}
	if s.LaneOrigin != "" {
		capabilities = append(capabilities, "lane")
	}
	s.result(id, protocol.HelloResult{
		ProtocolVersion: spoken,
		HostVersion:     version.Host,
		Capabilities:    capabilities,
	})
	return nil
}

// onStdio returns an open socket whose bytes take stdio, or nil. One that was left open
// takes it from now on.
func (s *Session) onStdio(socketID int64) socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sockets[socketID]
	if e == nil || e.state != stateOpen || e.lane != nil {
		return nil
	}
	if e.late != nil {
		e.late.Bind(s.out.Path(socketID))
	}
	return e.socket
}

// scanned serves a socket.write frame by the fast path. It reports false for every
// other frame, and for one whose data is wrong: the general path knows what to say.
func (s *Session) scanned(frame []byte) bool {
	w, ok := protocol.ScanWrite(frame)
	if !ok {
		return false
	}
	payload, ok := s.decode(w.Text)
	if !ok {
		return false
	}
	var id *int64
	if w.HasID {
		if !s.begin(w.ID) {
			payload.Release()
			s.reject(protocol.Message{ID: &w.ID, Method: protocol.MethodSocketWrite},
				protocol.NewError(protocol.CodeInvalidRequest))
			return true
		}
		id = &w.ID
	}
	s.write(w.SocketID, payload, id)
	return true
}

// SocketWrite serves a socket.write that came by the general path.
func (s calls) SocketWrite(_ context.Context, id *int64, params protocol.SocketWriteParams) *protocol.RPCError {
	payload, ok := s.decode([]byte(params.Data))
	if !ok {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	s.write(params.SocketID, payload, id)
	return nil
}

// decode decodes base64 into a borrowed buffer.
func (s *Session) decode(text []byte) (*buffer.Buffer, bool) {
	size := protocol.DecodedLen(text)
	if size > protocol.MaxPayloadBytes {
		return nil, false
	}
	payload := s.buffers.Get(size)
	n, err := protocol.DecodeBase64(payload.Bytes[:size], text)
	if err != nil {
		payload.Release()
		return nil, false
	}
	payload.Bytes = payload.Bytes[:n]
	return payload, true
}

// write hands payload to a socket. Without an id it may have crossed with
// socket.closed, and nobody is to be told.
func (s *Session) write(socketID int64, payload *buffer.Buffer, id *int64) {
	target := s.onStdio(socketID)
	if target == nil {
		payload.Release()
		if id != nil {
			s.failure(*id, fault.ErrGone)
		}
		return
	}
	err := target.Write(payload, id)
	switch {
	case err == nil:
	case id != nil:
		s.failure(*id, err)
	case errors.Is(err, fault.ErrNotApplicable):
		s.reject(protocol.Message{Method: protocol.MethodSocketWrite},
			protocol.NewError(protocol.CodeInvalidRequest))
	}
}

func (s calls) SocketShutdown(_ context.Context, id int64, params protocol.SocketShutdownParams) *protocol.RPCError {
	target := s.onStdio(params.SocketID)
	if target == nil {
		s.failure(id, fault.ErrGone)
		return nil
	}
	if err := target.Shutdown(id); err != nil {
		s.failure(id, err)
	}
	return nil
}

// SocketSetOption sets an option of an open socket, whichever way its bytes take.
func (s calls) SocketSetOption(_ context.Context, id int64, params protocol.SocketSetOptionParams) *protocol.RPCError {
	s.mu.Lock()
	var open bool
	var set func(option string, value int64) error
	if e := s.sockets[params.SocketID]; e != nil && e.state == stateOpen {
		open, set = true, e.setOption
	}
	s.mu.Unlock()
	var err error
	switch {
	case !open:
		err = fault.ErrGone
	case set == nil:
		err = fault.ErrNotApplicable
	default:
		err = fault.Classify(set(params.Option, params.Value))
	}
	if err != nil {
		s.failure(id, err)
		return nil
	}
	s.result(id, protocol.SocketSetOptionResult{SocketID: params.SocketID})
	return nil
}

// SocketClose closes a socket, or gives up one that is opening. In the second case the
// goroutine that opens answers both requests, in order.
func (s calls) SocketClose(_ context.Context, id int64, params protocol.SocketCloseParams) *protocol.RPCError {
	s.mu.Lock()
	e := s.sockets[params.SocketID]
	if e == nil {
		s.failureLocked(id, fault.ErrGone)
		s.mu.Unlock()
		return nil
	}
	open := e.state == stateOpen
	e.cut = e.lane != nil
	if !open {
		if e.state == stateOpening {
			e.state = stateGivenUp
		}
		e.closers = append(e.closers, id)
		e.cancel()
	}
	s.mu.Unlock()
	if open {
		e.socket.Close(params.Reset)
		s.answer(params.SocketID, id, nil)
	}
	return nil
}

func (s calls) SocketCredit(_ context.Context, params protocol.SocketCreditParams) {
	if target := s.onStdio(params.SocketID); target != nil {
		target.Credit(params.Bytes)
	}
}

// AuditRefused completes the audit log with what never reached the host.
func (s calls) AuditRefused(_ context.Context, params protocol.AuditRefusedParams) {
	subject := audit.Subject{
		Protocol: params.Protocol,
		Origin:   params.Origin,
		Host:     params.Host,
		Port:     params.Port,
		Private:  params.Private,
	}
	if params.More > 0 {
		s.Audit.MoreRefused(subject, "extension", params.Rule, params.More)
	} else {
		s.Audit.Refused(subject, "extension", params.Rule)
	}
}
