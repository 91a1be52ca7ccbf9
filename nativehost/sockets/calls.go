package sockets

import (
	"context"
	"errors"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// Write serves socket.write: it hands payload, of which it becomes the owner, to a socket
// on stdio. Without an id it may have crossed with socket.closed, and nobody is to be told.
// The fault is that of a datagram without an id, which nothing answers.
func (r *Registry) Write(socketID int64, payload *buffer.Buffer, id *int64) *protocol.RPCError {
	target := r.onStdio(socketID)
	if target == nil {
		payload.Release()
		if id != nil {
			r.config.Requests.Failure(*id, fault.ErrGone)
		}
		return nil
	}
	err := target.Write(payload, id)
	switch {
	case err == nil:
	case id != nil:
		r.config.Requests.Failure(*id, err)
	case errors.Is(err, fault.ErrNotApplicable):
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	return nil
}

// SocketShutdown serves socket.shutdown.
func (r *Registry) SocketShutdown(_ context.Context, id int64, params protocol.SocketShutdownParams) *protocol.RPCError {
	target := r.onStdio(params.SocketID)
	if target == nil {
		r.config.Requests.Failure(id, fault.ErrGone)
		return nil
	}
	if err := target.Shutdown(id); err != nil {
		r.config.Requests.Failure(id, err)
	}
	return nil
}

// SocketCredit serves socket.credit. The first one attaches a socket to stdio.
func (r *Registry) SocketCredit(_ context.Context, params protocol.SocketCreditParams) {
	if target := r.onStdio(params.SocketID); target != nil {
		target.Credit(params.Bytes)
	}
}

// SocketSetOption serves socket.setOption, whichever way the socket's bytes take.
func (r *Registry) SocketSetOption(_ context.Context, id int64, params protocol.SocketSetOptionParams) *protocol.RPCError {
	c := r.find(params.SocketID)
	var err error
	switch {
	case c == nil:
		err = fault.ErrGone
	case c.setOption == nil:
		err = fault.ErrNotApplicable
	default:
		err = fault.Classify(c.setOption(params.Option, params.Value))
	}
	if err != nil {
		r.config.Requests.Failure(id, err)
		return nil
	}
	r.config.Requests.Result(id, protocol.SocketSetOptionResult{SocketID: params.SocketID})
	return nil
}

// SocketClose serves socket.close: it closes a socket, or gives up one that is opening. In
// the second case the goroutine that opens answers both requests, in order.
func (r *Registry) SocketClose(_ context.Context, id int64, params protocol.SocketCloseParams) *protocol.RPCError {
	r.mu.Lock()
	e := r.sockets[params.SocketID]
	if e == nil {
		// Under the mutex: this comes after the answers about a socket that did not open.
		r.config.Requests.Failure(id, fault.ErrGone)
		r.mu.Unlock()
		return nil
	}
	open := e.state == stateOpen
	e.cut = e.lane != nil
	if !open {
		e.closers = append(e.closers, id)
		e.giveUpLocked()
	}
	r.mu.Unlock()
	if open {
		e.conn.socket.Close(params.Reset)
		r.answer(params.SocketID, id, nil)
	}
	return nil
}
