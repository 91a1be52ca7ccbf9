package sockets

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/bound"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/stream"
	"github.com/portside/portside/protocol"
)

// connection is a connected socket that nobody reads from yet.
type connection struct {
	socket        socket
	local, remote netip.AddrPort
	// tls, security and peer are nil on a plain connection.
	tls      *protocol.TLSInfo
	security *security
	peer     *audit.Peer
	// bound is nil but for a bound UDP socket, which has no remote.
	bound *bound.Socket
	// startTLS is nil when the connection cannot be upgraded, setOption when it has no
	// options.
	startTLS  upgrader
	setOption func(option string, value int64) error
	// listener is nil unless the socket listens.
	listener *listener
	// inspect, unless it is nil, adds what is to be known of this kind of socket.
	inspect func(*protocol.SocketState)
	// run moves bytes until the socket's end.
	run func(context.Context) ending
	// drop closes it before it ran.
	drop func()
}

// ending is what remains of a socket.
type ending struct {
	traffic audit.Traffic
	err     error
}

func (r *Registry) connectTCP(ctx context.Context, o *opening) (*connection, error) {
	conn, err := r.config.Dialer.TCP(ctx, o.target, o.options)
	if err != nil {
		return nil, err
	}
	c, socket := r.stream(o, conn)
	if c.tls != nil {
		//rule:audit-tells-authentication
		c.peer = peerOf(o.options.TLS, o.target, conn.TLS())
	}
	//rule:upgrade-only-when-opened-for
	if o.upgradable {
		c.startTLS = r.upgrader(o, conn, socket)
	}
	return c, nil
}

// stream makes a socket of a TCP connection, whoever began it.
func (r *Registry) stream(o *opening, conn *dial.Conn) (*connection, *stream.Socket) {
	socket := stream.New(conn, stream.Config{
		Path:          o.path,
		Buffers:       r.config.Buffers,
		Answer:        r.answerer(o),
		SendWindow:    r.config.Window,
		ReceiveWindow: o.window,
		Patience:      r.config.Patience,
	})
	state := conn.TLS()
	return &connection{
		socket: socket,
		local:  addrPort(conn.LocalAddr()), remote: addrPort(conn.RemoteAddr()),
		tls: tlsInfo(state), security: securityOf(state, len(o.options.TLS.Hashes) > 0),
		run: func(ctx context.Context) ending {
			end := socket.Run(ctx)
			return ending{audit.Traffic{In: end.In, Out: end.Out}, end.Err}
		},
		drop: func() { _ = conn.Reset() },
		setOption: func(option string, value int64) error {
			if option == "noDelay" {
				return conn.SetNoDelay(value != 0)
			}
			return conn.SetKeepAlive(time.Duration(value) * time.Millisecond)
		},
	}, socket
}

func (r *Registry) connectUDP(ctx context.Context, o *opening) (*connection, error) {
	conn, err := r.config.Dialer.UDP(ctx, o.target, o.options)
	if err != nil {
		return nil, err
	}
	socket := datagram.New(conn, r.datagrams(o))
	return &connection{
		socket: socket,
		local:  addrPort(conn.LocalAddr()), remote: addrPort(conn.RemoteAddr()),
		run: func(ctx context.Context) ending {
			end := socket.Run(ctx)
			return ending{audit.Traffic{In: end.In, Out: end.Out, Dropped: end.Dropped}, end.Err}
		},
		drop: func() { _ = conn.Close() },
	}, nil
}

// datagrams is how the datagrams of a UDP socket are moved.
func (r *Registry) datagrams(o *opening) datagram.Config {
	return datagram.Config{
		Path:          o.path,
		Buffers:       r.config.Buffers,
		Answer:        r.answerer(o),
		Sent:          r.sent(o),
		KeepBuffer:    o.options.ReceiveBuffer > 0,
		Room:          r.backlogs.room,
		MayWait:       func() (func(), bool) { return r.backlogs.take(o.subject.Origin, o.subject.Private) },
		SendWindow:    r.config.Window,
		ReceiveWindow: o.window,
	}
}

// addrPort returns an address in its canonical form: IPv4 as IPv4, even where the
// system says it as IPv6.
func addrPort(address net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch address := address.(type) {
	case *net.TCPAddr:
		ap = address.AddrPort()
	case *net.UDPAddr:
		ap = address.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
