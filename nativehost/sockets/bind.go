package sockets

import (
	"context"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/bound"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// usualTimeToLive is the TTL of what is sent to groups: it stays on the link.
const usualTimeToLive = 1

// binding is what a request to bind a UDP socket says besides an opening.
type binding struct {
	request rules.LocalRequest
	peers   rules.Peers
	options bound.Options
}

// UDPBind serves udp.bind.
func (r *Registry) UDPBind(ctx context.Context, id int64, params protocol.UDPBindParams) *protocol.RPCError {
	peers := rules.Peers{Choice: rules.Choice(params.Peers)}
	for _, one := range params.Hosts {
		host, err := address.ParseHost(one.Host)
		if err != nil {
			return protocol.NewError(protocol.CodeInvalidParams)
		}
		peers.Named = append(peers.Named, rules.NamedPeer{Host: host, Port: uint16(one.Port)})
	}
	o := &opening{
		request: id,
		subject: audit.Subject{
			SocketID: params.SocketID, Protocol: "udp", Origin: params.Origin, Document: params.Document,
			Host: params.LocalAddress, Port: params.LocalPort, Private: params.Private,
		},
		target: dial.Target{Network: "udp"},
		options: dial.Options{
			SendBuffer: int(params.SendBufferSize), ReceiveBuffer: int(params.ReceiveBufferSize),
			TypeOfService: int(params.IPTypeOfService),
		},
		window: params.Window,
		bind: &binding{
			request: rules.LocalRequest{
				Origin: params.Origin, Protocol: "udp", Port: uint16(params.LocalPort), Reach: rules.Reach(params.Reach),
				Peers: peers.Choice, Announce: params.Announce != nil, Multicast: params.Multicast,
			},
			peers: peers,
			options: bound.Options{
				IPv6Only: params.Ipv6Only, TimeToLive: usualTimeToLive, Loopback: true,
				//rule:sharing-needs-multicast
				Share: params.MulticastAllowAddressSharing && params.Multicast,
			},
		},
	}
	if params.MulticastTimeToLive != nil {
		o.bind.options.TimeToLive = int(*params.MulticastTimeToLive)
	}
	if params.MulticastLoopback != nil {
		o.bind.options.Loopback = *params.MulticastLoopback
	}
	at, err := address.ParseLocal(params.LocalAddress)
	if err != nil {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	o.bind.request.Address = at
	return r.open(ctx, o, r.bind)
}

// admitBind is admit for a socket that others can send to.
func (r *Registry) admitBind(e *entry, o *opening) (*limits.Ticket, error) {
	r.mu.Lock()
	e.local = &o.bind.request
	r.mu.Unlock()
	p := r.config.Policy.Current()
	caps := p.Settings.Limits.Over(r.config.Caps)
	r.limits.SetCaps(caps)
	//rule:dscp-of-bound-is-bounded
	if o.options.TypeOfService > caps.TypeOfService {
		o.options.TypeOfService = 0
	}
	//rule:binds-share-the-limits
	ticket, err := r.limits.TakeLocal(o.subject.Origin, o.subject.Private)
	if err != nil {
		return nil, err
	}
	//rule:bind-is-judged
	if err := rules.Local(p, r.config.Near, o.bind.request); err != nil {
		ticket.Failed()
		ticket.Return()
		return nil, err
	}
	return ticket, nil
}

// bind binds a UDP socket.
func (r *Registry) bind(ctx context.Context, o *opening) (*connection, error) {
	options := o.bind.options
	options.SendBuffer, options.ReceiveBuffer = o.options.SendBuffer, o.options.ReceiveBuffer
	options.TypeOfService = o.options.TypeOfService
	who := owner{o.subject.Origin, o.subject.Private}
	b, err := bound.Open(ctx, bound.Config{
		Request: o.bind.request, Peers: o.bind.peers, Private: o.subject.Private,
		Policy: r.config.Policy, Near: r.config.Near, Dialer: r.config.Dialer,
		Meet:    func() error { return r.limits.TakePeer(o.subject.Origin, o.subject.Private) },
		Group:   func() (func(), error) { return r.memberships.take(who) },
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
		run: func(ctx context.Context) ending {
			end := socket.Run(ctx)
			b.Close()
			return ending{audit.Traffic{In: end.In, Out: end.Out, Dropped: end.Dropped}, end.Err}
		},
		drop: func() { _ = b.Conn().Close() },
	}, nil
}
