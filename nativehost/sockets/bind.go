package sockets

import (
	"context"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/bound"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// usualTimeToLive is the TTL of what is sent to groups: it stays on the link.
const usualTimeToLive = 1

// UDPBind serves udp.bind.
func (r *Registry) UDPBind(ctx context.Context, id int64, params protocol.UDPBindParams) *protocol.RPCError {
	if fault := announceable(params.Announce); fault != nil {
		return fault
	}
	peers := rules.Peers{Choice: rules.Choice(params.Peers)}
	for _, one := range params.Hosts {
		host, err := address.ParseHost(one.Host)
		if err != nil {
			return protocol.NewError(protocol.CodeInvalidParams)
		}
		peers.Named = append(peers.Named, rules.NamedPeer{Host: host, Port: uint16(one.Port)})
	}
	o := newLocal("udp", id, params.LocalRequest)
	o.ipv6Only = params.Ipv6Only
	o.local.Peers, o.local.Multicast = peers.Choice, params.Multicast
	o.options = dial.Options{
		SendBuffer: int(params.SendBufferSize), ReceiveBuffer: int(params.ReceiveBufferSize),
		TypeOfService: int(params.IPTypeOfService),
	}
	o.window = params.Window
	options := bound.Options{
		IPv6Only: params.Ipv6Only, TimeToLive: usualTimeToLive, Loopback: true,
		//rule:sharing-needs-multicast
		Share: params.MulticastAllowAddressSharing && params.Multicast,
	}
	if params.MulticastTimeToLive != nil {
		options.TimeToLive = int(*params.MulticastTimeToLive)
	}
	if params.MulticastLoopback != nil {
		options.Loopback = *params.MulticastLoopback
	}
	k := r.inbound(func(ctx context.Context, o *opening) (*connection, error) {
		return r.bind(ctx, o, peers, options)
	}, func(_ *opening, c *connection) any {
		return protocol.UDPBindResult{LocalAddress: c.local.Addr().String(), LocalPort: int64(c.local.Port()), Window: r.config.Window}
	})
	k.audited = func(o *opening, c *connection, took time.Duration) {
		r.config.Audit.Bound(o.subject, c.local.String(), string(o.local.Reach), string(peers.Choice), took)
	}
	return r.open(ctx, o, k)
}

// bind binds a UDP socket.
func (r *Registry) bind(ctx context.Context, o *opening, peers rules.Peers, options bound.Options) (*connection, error) {
	_, caps := r.policy()
	//rule:dscp-of-bound-is-bounded
	if o.options.TypeOfService > caps.TypeOfService {
		o.options.TypeOfService = 0
	}
	options.SendBuffer, options.ReceiveBuffer = o.options.SendBuffer, o.options.ReceiveBuffer
	options.TypeOfService = o.options.TypeOfService
	b, err := bound.Open(ctx, bound.Config{
		Request: *o.local, Peers: peers, Private: o.subject.Private,
		Policy: r.config.Policy, Near: r.config.Near, Dialer: r.config.Dialer,
		Meet:    func() error { return r.limits.TakePeer(o.subject.Origin, o.subject.Private) },
		Group:   func() (func(), error) { return r.memberships.take(owner{o.subject.Origin, o.subject.Private}) },
		Away:    away(*o.local),
		Options: options,
	})
	if err != nil {
		return nil, err
	}
	config := r.datagrams(o)
	config.Peers = b
	socket := datagram.New(b.Conn(), config)
	b.Attach(socket)
	return &connection{
		socket: socket, bound: b, local: b.Local(),
		inspect: func(state *protocol.SocketState) {
			now := b.State()
			state.Peers, state.Groups, state.TurnedAway = int64(now.Peers), int64(now.Groups), now.Refused
		},
		run: func(ctx context.Context) ending {
			end := socket.Run(ctx)
			b.Close()
			return ending{audit.Traffic{In: end.In, Out: end.Out, Dropped: end.Dropped, TurnedAway: socket.Refused()}, end.Err}
		},
		drop: func() { _ = b.Conn().Close() },
	}, nil
}

// away returns what reports whether this computer is in another network than the one in
// which a socket was bound that is for one network.
func away(local rules.LocalRequest) func() bool {
	if local.Reach != rules.ReachNetwork {
		return func() bool { return false }
	}
	var mu sync.Mutex // guards here
	here := newHome(local.Address)
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		return here.left()
	}
}
