package sockets

import (
	"context"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// TCPListen serves tcp.listen.
func (r *Registry) TCPListen(_ context.Context, id int64, _ protocol.TCPListenParams) *protocol.RPCError {
	r.config.Requests.Failure(id, fault.ErrNotApplicable)
	return nil
}

// TCPAccept serves tcp.accept.
func (r *Registry) TCPAccept(_ context.Context, id int64, _ protocol.TCPAcceptParams) *protocol.RPCError {
	r.config.Requests.Failure(id, fault.ErrNotApplicable)
	return nil
}

// UDPBind serves udp.bind.
func (r *Registry) UDPBind(_ context.Context, id int64, _ protocol.UDPBindParams) *protocol.RPCError {
	r.config.Requests.Failure(id, fault.ErrNotApplicable)
	return nil
}

// MulticastJoin serves multicast.join.
func (r *Registry) MulticastJoin(_ context.Context, id int64, _ protocol.MulticastJoinParams) *protocol.RPCError {
	r.config.Requests.Failure(id, fault.ErrNotApplicable)
	return nil
}

// MulticastLeave serves multicast.leave.
func (r *Registry) MulticastLeave(_ context.Context, id int64, _ protocol.MulticastLeaveParams) *protocol.RPCError {
	r.config.Requests.Failure(id, fault.ErrNotApplicable)
	return nil
}
