package sockets

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/bound"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// maxMemberships is how many groups the sockets of one origin may have joined.
const maxMemberships = 64

// memberships counts the groups that sockets have joined. The zero value is ready.
type memberships struct {
	mu    sync.Mutex // guards count
	count map[owner]int
}

// take counts one more membership, until over is called.
func (m *memberships) take(who owner) (over func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	//rule:memberships-per-origin
	if m.count[who] >= maxMemberships {
		return nil, fmt.Errorf("%w: too many groups", fault.ErrLimitOrigin)
	}
	if m.count == nil {
		m.count = map[owner]int{}
	}
	m.count[who]++
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.count[who]--; m.count[who] == 0 {
			delete(m.count, who)
		}
	}, nil
}

// membership reads what multicast.join and multicast.leave are about. The fault is that of
// a group or a source that is none; the error is about the socket.
func (r *Registry) membership(socketID int64, groupText, sourceText string) (
	socket *bound.Socket, group, source netip.Addr, wrong *protocol.RPCError, err error,
) {
	group, err = address.ParseLocal(groupText)
	//rule:groups-are-multicast
	if err != nil || !group.IsMulticast() {
		return nil, group, source, protocol.NewError(protocol.CodeInvalidParams), nil
	}
	if sourceText != "" {
		source, err = address.ParseLocal(sourceText)
		//rule:sources-are-unicast
		if err != nil || source.IsMulticast() || source.IsLoopback() || source.IsUnspecified() || source.Is4() != group.Is4() {
			return nil, group, source, protocol.NewError(protocol.CodeInvalidParams), nil
		}
		source = source.WithZone("")
	}
	c := r.find(socketID)
	switch {
	case c == nil:
		err = fault.ErrGone
	case c.bound == nil:
		err = fault.ErrNotApplicable
	default:
		socket = c.bound
	}
	return socket, group, source, nil, err
}

// MulticastJoin serves multicast.join.
func (r *Registry) MulticastJoin(_ context.Context, id int64, params protocol.MulticastJoinParams) *protocol.RPCError {
	socket, group, source, wrong, err := r.membership(params.SocketID, params.Group, params.Source)
	if wrong != nil {
		return wrong
	}
	if err == nil {
		err = socket.Join(group, source)
	}
	if err != nil {
		r.config.Requests.Failure(id, err)
		return nil
	}
	r.config.Requests.Result(id, protocol.MulticastJoinResult{SocketID: params.SocketID})
	return nil
}

// MulticastLeave serves multicast.leave.
func (r *Registry) MulticastLeave(_ context.Context, id int64, params protocol.MulticastLeaveParams) *protocol.RPCError {
	socket, group, source, wrong, err := r.membership(params.SocketID, params.Group, params.Source)
	if wrong != nil {
		return wrong
	}
	if err == nil {
		err = socket.Leave(group, source)
	}
	if err != nil {
		r.config.Requests.Failure(id, err)
		return nil
	}
	r.config.Requests.Result(id, protocol.MulticastLeaveResult{SocketID: params.SocketID})
	return nil
}
