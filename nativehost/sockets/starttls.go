package sockets

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
func (r *Registry) SocketStartTLS(_ context.Context, id int64, params protocol.SocketStartTLSParams) *protocol.RPCError {
	options, err := tlsOptions(params.TLS)
	if err != nil {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	c := r.find(params.SocketID)
	switch {
	case c == nil:
		err = fault.ErrGone
	case c.startTLS == nil:
		err = fault.ErrNotApplicable
	default:
		err = c.startTLS(id, params, options)
	}
	if err != nil {
		r.config.Requests.Failure(id, err)
	}
	return nil
}

// upgrader returns what upgrades a socket that was opened as o says.
func (r *Registry) upgrader(o *opening, conn *dial.Conn, socket *stream.Socket) upgrader {
	return func(request int64, params protocol.SocketStartTLSParams, options dial.TLSOptions) error {
		how, began := o.options, time.Now()
		how.TLS = options
		return socket.StartTLS(stream.Upgrade{
			Received: params.Received,
			Sent:     params.Sent,
			Handshake: func(ctx context.Context, begin func() error) error {
				err := r.config.Dialer.StartTLS(ctx, conn, o.target, how, begin)
				if fault.Describe(err).Name == "NotAllowedError" {
					//rule:upgrade-refusal-is-delayed
					r.refusals.delay(ctx, o.subject.Private, o.subject.Origin, began)
				}
				return err
			},
			Answer: func(err error) {
				if err != nil {
					if !o.subject.Private {
						r.config.Log.Info().Int64("socketId", o.subject.SocketID).Str("cause", fault.Cause(err)).Msg("not secured")
					}
					r.config.Requests.Failure(request, err)
					return
				}
				state := conn.TLS()
				r.config.Audit.Secured(o.subject, peerOf(options, o.target, state), time.Since(began))
				r.secured(o.subject.SocketID, securityOf(state, len(options.Hashes) > 0))
				r.config.Requests.Result(request, protocol.SocketStartTLSResult{SocketID: o.subject.SocketID, TLS: tlsInfo(state)})
			},
		})
	}
}
