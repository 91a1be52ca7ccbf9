// Package rpc hands what the browser's side calls to whoever serves it. It promises that
// each method of protocol/schema/methods.json that the browser's side may call has
// somebody who serves it, which the compiler checks, and that parameters are decoded
// strictly, and once.
//
// It knows neither sockets nor rules. That messages fit their schemas is checked before.
package rpc

import (
	"context"

	"github.com/portside/portside/protocol"
)

// request decodes what is asked, and has it served. Whoever serves it answers the
// request with this id, then or later, or returns a fault.
func request[P any](ctx context.Context, m protocol.Message, serve func(context.Context, int64, P) *protocol.RPCError) *protocol.RPCError {
	var params P
	if fault := protocol.DecodeParams(m, &params); fault != nil {
		return fault
	}
	return serve(ctx, *m.ID, params)
}

// data is request for bytes, which are answered only where there is an id.
func data[P any](ctx context.Context, m protocol.Message, serve func(context.Context, *int64, P) *protocol.RPCError) *protocol.RPCError {
	var params P
	if fault := protocol.DecodeParams(m, &params); fault != nil {
		return fault
	}
	return serve(ctx, m.ID, params)
}

// notification is request for what nobody answers.
func notification[P any](ctx context.Context, m protocol.Message, serve func(context.Context, P)) *protocol.RPCError {
	var params P
	if fault := protocol.DecodeParams(m, &params); fault != nil {
		return fault
	}
	serve(ctx, params)
	return nil
}
