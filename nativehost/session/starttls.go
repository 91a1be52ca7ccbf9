package session

import (
	"context"
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/stream"
	"github.com/portside/portside/protocol"
)

// upgrader begins to put TLS on a socket. It answers the request unless it returns an
// error.
type upgrader func(request int64, params protocol.SocketStartTLSParams, options dial.TLSOptions) error

// SocketStartTLS serves socket.startTLS.
func (s calls) SocketStartTLS(_ context.Context, id int64, params protocol.SocketStartTLSParams) *protocol.RPCError {
	options, err := tlsOptions(params.TLS)
	if err != nil {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	s.mu.Lock()
	var found bool
	var start upgrader
	if e := s.sockets[params.SocketID]; e != nil && e.state == stateOpen {
		found, start = true, e.startTLS
	}
	s.mu.Unlock()
	switch {
	case !found:
		err = fault.ErrGone
	case start == nil:
		err = fault.ErrNotApplicable
	default:
		err = start(id, params, options)
	}
	if err != nil {
		s.failure(id, err)
	}
	return nil
}

// upgrader returns what upgrades a socket that was opened as o says.
func (s *Session) upgrader(o *opening, conn *dial.Conn, socket *stream.Socket) upgrader {
	return func(request int64, params protocol.SocketStartTLSParams, options dial.TLSOptions) error {
		how, began := o.options, time.Now()
		how.TLS = options
		return socket.StartTLS(stream.Upgrade{
			Received: params.Received,
			Sent:     params.Sent,
			Handshake: func(ctx context.Context, begin func() error) error {
				err := s.Dialer.StartTLS(ctx, conn, o.target, how, begin)
				if fault.Describe(err).Name == "NotAllowedError" {
					s.hush(ctx, o.subject.Private, o.subject.Origin, began)
				}
				return err
			},
			Answer: func(err error) {
				if err != nil {
					if !o.subject.Private {
						s.Log.Info().Int64("socketId", o.subject.SocketID).Str("cause", fault.Cause(err)).Msg("not secured")
					}
					s.failure(request, err)
					return
				}
				s.Audit.Secured(o.subject, peerOf(options, o.target), time.Since(began))
				state := conn.TLS()
				s.secured(o.subject.SocketID, securityOf(state, len(options.Hashes) > 0))
				s.result(request, protocol.SocketStartTLSResult{SocketID: o.subject.SocketID, TLS: tlsInfo(state)})
			},
		})
	}
}
