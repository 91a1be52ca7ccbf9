package session

import (
	"context"
	"fmt"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/rpc"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/nativehost/version"
	"github.com/portside/portside/protocol"
)

// calls serves what the browser's side calls: each method of the protocol. Those about
// sockets are the registry's.
type calls struct {
	*Session
	*sockets.Registry
}

// dispatch serves a message that fits its schema, and answers it unless it returns
// a fault.
func (s *Session) dispatch(ctx context.Context, message protocol.Message) *protocol.RPCError {
	//rule:hello-comes-first
	if !s.helloDone && message.Method != protocol.MethodHello {
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	return rpc.Serve(ctx, calls{s, s.sockets}, message)
}

// Hello agrees upon the newest version of the protocol that both sides speak. Where there
// is none the host goes on listening, so that an extension that was updated meanwhile may
// try again.
func (s calls) Hello(_ context.Context, id int64, params protocol.HelloParams) *protocol.RPCError {
	if s.helloDone {
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
	if spoken < /*rule:host-requires-known-version*/ max(oldest, protocol.OldestProtocolVersion) {
		detail := fmt.Sprintf("%s is the host's version, which speaks protocol %d to %d; the extension speaks protocol %d to %d.",
			version.Host, protocol.OldestProtocolVersion, protocol.ProtocolVersion, oldest, newest)
		return protocol.NewFailure("NetworkError", "version", detail)
	}
	s.helloDone, s.version = true, spoken
	s.Audit.Greeted(params.ExtensionVersion, params.Browser)
	capabilities := []string{"tcp", "udp", "tls", "listen", "bind"}
	switch {
	case s.LaneOrigin != "":
		capabilities = append(capabilities, "lane")
	case s.LaneOriginTold:
		capabilities = append(capabilities, "laneOrigin")
	}
	s.requests.Result(id, protocol.HelloResult{
		ProtocolVersion: spoken,
		HostVersion:     version.Host,
		Capabilities:    capabilities,
	})
	return nil
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
		if !s.requests.Begin(w.ID) {
			payload.Release()
			s.requests.Reject(protocol.Message{ID: &w.ID, Method: protocol.MethodSocketWrite},
				protocol.NewError(protocol.CodeInvalidRequest))
			return true
		}
		id = &w.ID
	}
	if fault := s.sockets.Write(w.SocketID, payload, id); fault != nil {
		s.requests.Reject(protocol.Message{Method: protocol.MethodSocketWrite}, fault)
	}
	return true
}

// SocketWrite serves a socket.write that came by the general path.
func (s calls) SocketWrite(_ context.Context, id *int64, params protocol.SocketWriteParams) *protocol.RPCError {
	payload, ok := s.decode([]byte(params.Data))
	if !ok {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	return s.sockets.Write(params.SocketID, payload, id)
}

// decode decodes base64 into a borrowed buffer.
func (s *Session) decode(text []byte) (*buffer.Buffer, bool) {
	size := protocol.DecodedLen(text)
	if size > protocol.MaxPayloadBytes {
		return nil, false
	}
	payload := s.buffers.Get(size)
	n, err := protocol.DecodeBase64(payload.Bytes[:size], text)
	//rule:broken-data-ends-its-socket
	if err != nil {
		payload.Release()
		return nil, false
	}
	payload.Bytes = payload.Bytes[:n]
	return payload, true
}

// AuditRefused completes the audit log with what never reached the host.
func (s calls) AuditRefused(_ context.Context, params protocol.AuditRefusedParams) {
	subject := audit.Subject{
		Protocol: params.Protocol,
		Origin:   params.Origin,
		Host:     params.Host,
		Port:     params.Port,
		Local:    params.Local,
		Policy:   s.Policy.Current().Hashes.Files,
		//rule:audit-hides-private-refusals
		Private: params.Private,
	}
	if params.More > 0 {
		s.Audit.MoreRefused(subject, "extension", params.Rule, params.More)
	} else {
		s.Audit.Refused(subject, "extension", params.Rule, params.By)
	}
}
