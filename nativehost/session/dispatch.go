package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/version"
	"github.com/portside/portside/protocol"
)

// dispatch serves a message that fits its schema, and answers it unless it returns
// a fault.
func (s *Session) dispatch(ctx context.Context, message protocol.Message) *protocol.RPCError {
	if !s.greeted && message.Method != protocol.MethodHello {
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	switch message.Method {
	case protocol.MethodHello:
		return s.hello(message)
	case protocol.MethodPolicyManaged:
		return s.managed(message)
	case protocol.MethodPolicyJudge:
		return s.judge(message)
	case protocol.MethodPolicyGet:
		return s.policies(message)
	case protocol.MethodResolveBrowse:
		return s.browse(ctx, message)
	case protocol.MethodResolveStop:
		return s.stopBrowse(message)
	case protocol.MethodTCPOpen:
		return s.openTCP(ctx, message)
	case protocol.MethodUDPOpen:
		return s.openUDP(ctx, message)
	case protocol.MethodSocketWrite:
		return s.decoded(message)
	case protocol.MethodSocketShutdown:
		return s.shutdown(message)
	case protocol.MethodSocketStartTLS:
		return s.startTLS(message)
	case protocol.MethodSocketSetOption:
		return s.setOption(message)
	case protocol.MethodSocketClose:
		return s.close(message)
	case protocol.MethodSocketInspect:
		return s.inspect(message)
	case protocol.MethodSocketCredit:
		return s.credit(message)
	case protocol.MethodLaneOpen:
		return s.openLane(ctx, message)
	case protocol.MethodTryoutStart:
		return s.startTrying(ctx, message)
	case protocol.MethodTryoutStop:
		return s.stopTrying(message)
	case protocol.MethodAuditRefused:
		return s.refusedByExtension(message)
	default:
		// The schemas name a method that nobody wrote.
		return protocol.NewError(protocol.CodeInternal)
	}
}

// hello compares versions. After a mismatch the host goes on listening, so that
// an extension that was updated meanwhile may try again.
func (s *Session) hello(message protocol.Message) *protocol.RPCError {
	var params protocol.HelloParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	if s.greeted {
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	s.Log.Info().Str("extension", params.ExtensionVersion).Int64("protocol", params.ProtocolVersion).
		Str("browser", params.Browser).Msg("hello")
	if params.ProtocolVersion != protocol.ProtocolVersion {
		detail := fmt.Sprintf("%s is the host's version, which speaks protocol %d; the extension speaks protocol %d.",
			version.Host, protocol.ProtocolVersion, params.ProtocolVersion)
		return protocol.NewFailure("NetworkError", "version", detail)
	}
	s.greeted = true
	capabilities := []string{"tcp", "udp", "tls"}
	if s.LaneOrigin != "" {
		capabilities = append(capabilities, "lane")
	}
	s.result(*message.ID, protocol.HelloResult{
		ProtocolVersion: protocol.ProtocolVersion,
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
	if e == nil || e.socket == nil || e.lane != nil {
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

// decoded serves a socket.write that came by the general path.
func (s *Session) decoded(message protocol.Message) *protocol.RPCError {
	var params protocol.SocketWriteParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	payload, ok := s.decode([]byte(params.Data))
	if !ok {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	s.write(params.SocketID, payload, message.ID)
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

func (s *Session) shutdown(message protocol.Message) *protocol.RPCError {
	var params protocol.SocketShutdownParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	target := s.onStdio(params.SocketID)
	if target == nil {
		s.failure(*message.ID, fault.ErrGone)
		return nil
	}
	if err := target.Shutdown(*message.ID); err != nil {
		s.failure(*message.ID, err)
	}
	return nil
}

// setOption sets an option of an open socket, whichever way its bytes take.
func (s *Session) setOption(message protocol.Message) *protocol.RPCError {
	var params protocol.SocketSetOptionParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	s.mu.Lock()
	var open bool
	var set func(option string, value int64) error
	if e := s.sockets[params.SocketID]; e != nil && e.socket != nil {
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
		s.failure(*message.ID, err)
		return nil
	}
	s.result(*message.ID, protocol.SocketSetOptionResult{SocketID: params.SocketID})
	return nil
}

// close closes a socket, or gives up one that is opening. In the second case the
// goroutine that opens answers both requests, in order.
func (s *Session) close(message protocol.Message) *protocol.RPCError {
	var params protocol.SocketCloseParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	s.mu.Lock()
	e := s.sockets[params.SocketID]
	if e == nil {
		s.failureLocked(*message.ID, fault.ErrGone)
		s.mu.Unlock()
		return nil
	}
	target := e.socket
	e.cut = e.lane != nil
	if target == nil {
		e.abandoned = true
		e.closers = append(e.closers, *message.ID)
		e.cancel()
	}
	s.mu.Unlock()
	if target != nil {
		target.Close(params.Reset)
		s.answer(params.SocketID, *message.ID, nil)
	}
	return nil
}

func (s *Session) credit(message protocol.Message) *protocol.RPCError {
	var params protocol.SocketCreditParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
	if target := s.onStdio(params.SocketID); target != nil {
		target.Credit(params.Bytes)
	}
	return nil
}

// refusedByExtension completes the audit log with what never reached the host.
func (s *Session) refusedByExtension(message protocol.Message) *protocol.RPCError {
	var params protocol.AuditRefusedParams
	if fault := protocol.DecodeParams(message, &params); fault != nil {
		return fault
	}
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
	return nil
}
