package session

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/resolve"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/stream"
	"github.com/portside/portside/protocol"
)

// opening is a request to open a socket, whatever its protocol.
type opening struct {
	request int64
	subject audit.Subject
	target  dial.Target
	options dial.Options
	window  int64
	// path is the socket's way to the browser. late is the same, or nil when the
	// carrier is known for good.
	path carrier.Path
	late *carrier.Late
	// upgradable: the socket is plain until socket.startTLS.
	upgradable bool
}

// connection is a connected socket that nobody reads from yet.
type connection struct {
	socket        socket
	local, remote netip.AddrPort
	// tls, security and peer are nil on a plain connection.
	tls      *protocol.TLSInfo
	security *security
	peer     *audit.Peer
	// startTLS is nil when the connection cannot be upgraded, setOption when it has no
	// options.
	startTLS  upgrader
	setOption func(option string, value int64) error
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

func (s calls) TCPOpen(ctx context.Context, id int64, params protocol.TCPOpenParams) *protocol.RPCError {
	options, err := tlsOptions(params.TLS)
	if err != nil {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	o := newOpening("tcp", id, params.OpenRequest, params.SharedOptions)
	o.subject.Secure = params.SecureTransport == "on"
	o.options.Secure, o.options.TLS = o.subject.Secure, options
	o.options.NoDelay, o.options.KeepAlive = params.NoDelay, time.Duration(params.KeepAliveDelay)*time.Millisecond
	o.upgradable = params.SecureTransport == "starttls"
	return s.open(ctx, o, s.connectTCP)
}

func (s calls) UDPOpen(ctx context.Context, id int64, params protocol.UDPOpenParams) *protocol.RPCError {
	return s.open(ctx, newOpening("udp", id, params.OpenRequest, params.SharedOptions), s.connectUDP)
}

// newOpening is a request to open a socket, as far as it says the same for TCP and UDP.
func newOpening(network string, id int64, r protocol.OpenRequest, options protocol.SharedOptions) *opening {
	return &opening{
		request: id,
		subject: audit.Subject{
			SocketID: r.SocketID, Protocol: network, Origin: r.Origin, Document: r.Document,
			Host: r.Host, Port: r.Port, UserEntered: r.UserEntered, Private: r.Private,
		},
		target: dial.Target{
			Network: network, Port: uint16(r.Port), Origin: r.Origin,
			UserEntered: r.UserEntered, RiskAccepted: r.RiskAccepted, Private: r.Private,
		},
		options: dial.Options{
			Timeout:    time.Duration(options.Timeout) * time.Millisecond,
			SendBuffer: int(options.SendBufferSize), ReceiveBuffer: int(options.ReceiveBufferSize),
			DNSQueryType:  resolve.Family(options.DNSQueryType),
			TypeOfService: int(options.IPTypeOfService),
		},
		window: r.Window,
	}
}

// open leaves a request to a goroutine that owns the socket from then on.
func (s *Session) open(ctx context.Context, o *opening,
	connect func(context.Context, *opening) (*connection, error),
) *protocol.RPCError {
	o.path = s.out.Path(o.subject.SocketID)
	if o.window == 0 {
		o.late = &carrier.Late{}
		o.path = o.late
	}
	ctx, cancel := context.WithCancel(ctx)
	e := &entry{cancel: cancel, document: o.subject.Document, datagrams: o.target.Network == "udp"}
	s.mu.Lock()
	_, taken := s.sockets[o.subject.SocketID]
	if !taken {
		s.sockets[o.subject.SocketID] = e
	}
	s.mu.Unlock()
	if taken {
		cancel()
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	started := time.Now()
	ticket, err := s.admit(e, o)
	s.owners.Go(func() {
		defer cancel()
		if err == nil {
			defer ticket.Return()
			var c *connection
			if c, err = connect(ctx, o); err == nil {
				err = s.opened(ctx, o, e, c, ticket)
			}
			if err == nil {
				s.serve(ctx, o, e, c, ticket, started)
				return
			}
			ticket.Failed()
			ticket.Return()
		}
		s.notOpened(ctx, o, e, err, started)
	})
	return nil
}

// admit puts the request before the rules that need no network.
func (s *Session) admit(e *entry, o *opening) (*limits.Ticket, error) {
	if _, err := address.ParseOrigin(o.subject.Origin); err != nil {
		return nil, err
	}
	host, err := address.ParseHost(o.subject.Host)
	if err != nil {
		return nil, err
	}
	o.target.Host = host
	o.target.Secure = o.options.Secure && o.options.TLS.Authenticates(host.String())
	o.subject.Host = host.String()
	r := request(o.target)
	s.mu.Lock()
	e.request = &r
	s.mu.Unlock()
	p := s.Policy.Current()
	caps := p.Settings.Limits.Over(s.Caps)
	s.limits.SetCaps(caps)
	if o.options.TypeOfService > caps.TypeOfService {
		o.options.TypeOfService = 0
	}
	ticket, err := s.limits.Take(o.subject.Origin, o.subject.Private)
	if err != nil {
		return nil, err
	}
	// After the limits, so that not even refusals are to be had without end.
	j := rules.Before(p, s.Near, r)
	if err := j.Err(); err != nil {
		ticket.Failed()
		ticket.Return()
		return nil, err
	}
	return ticket, nil
}

// serve moves the bytes of an open socket until its end.
func (s *Session) serve(ctx context.Context, o *opening, e *entry, c *connection, ticket *limits.Ticket, started time.Time) {
	s.Audit.Opened(o.subject, c.remote.String(), c.peer, time.Since(started))
	opened := time.Now()
	end := c.run(ctx)
	// Whoever hears that a socket has gone may open another one at once.
	ticket.Return()
	s.mu.Lock()
	ended := e.ended
	s.mu.Unlock()
	if ended != nil {
		end.err = ended
	}
	s.closed(o, e, end, time.Since(opened))
}

// opened answers the request to open, under the mutex, so that a socket.close sees
// the socket either as opening or as open and answered. If one has come before, or a
// policy that forbids the socket, it drops the connection.
func (s *Session) opened(ctx context.Context, o *opening, e *entry, c *connection, ticket *limits.Ticket) error {
	s.mu.Lock()
	e.remote = c.remote.Addr()
	s.mu.Unlock()
	// The rules were asked about the address before it was connected to. A policy that
	// came meanwhile is in force by now, or enforce finds the address.
	var refused error
	if s.Dialer.Rules != nil {
		refused = s.Dialer.Rules.Judge(ctx, o.target, c.remote)
	}
	err := s.answerOpened(o, e, c, ticket, refused)
	if err != nil {
		c.drop()
	}
	return err
}

// answerOpened is what opened does under the mutex. refused is what the rules say now.
func (s *Session) answerOpened(o *opening, e *entry, c *connection, ticket *limits.Ticket, refused error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.state == stateGivenUp:
		return fault.ErrAborted
	case e.ended != nil:
		return e.ended
	case refused != nil:
		return refused
	}
	ticket.Opened()
	e.state = stateOpen
	e.socket, e.startTLS, e.security = c.socket, c.startTLS, c.security
	e.late, e.setOption = o.late, c.setOption
	s.resultLocked(o.request, protocol.TCPOpenResult{
		Opened: protocol.Opened{
			RemoteAddress: c.remote.Addr().String(), RemotePort: int64(c.remote.Port()),
			LocalAddress: c.local.Addr().String(), LocalPort: int64(c.local.Port()),
			Window: s.Window,
		},
		TLS: c.tls,
	})
	return nil
}

// notOpened writes down why a socket did not open, and answers the request to open
// and those to close that came meanwhile, in this order. A rule's refusal is not a
// failure of the network.
func (s *Session) notOpened(ctx context.Context, o *opening, e *entry, err error, started time.Time) {
	took := time.Since(started)
	s.mu.Lock()
	if e.ended != nil && e.state != stateGivenUp {
		err = e.ended
	}
	e.state = stateFailed
	s.mu.Unlock()
	says := fault.Describe(err)
	var told bool
	if says.Name == "NotAllowedError" || says.Name == "QuotaExceededError" {
		told = s.Audit.Refused(o.subject, "host", says.Reason)
	} else {
		told = s.Audit.Failed(o.subject, says.Reason, took)
	}
	// What floods one log would flood the other, too.
	if told && !o.subject.Private {
		s.Log.Info().Int64("socketId", o.subject.SocketID).Str("cause", fault.Cause(err)).Msg("not opened")
	}
	if says.Name == "NotAllowedError" {
		s.hush(ctx, o.subject.Private, o.subject.Origin, started)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, o.subject.SocketID)
	s.failureLocked(o.request, err)
	for _, id := range e.closers {
		s.resultLocked(id, protocol.SocketCloseResult{SocketID: o.subject.SocketID})
	}
}

// closed says the last word about a socket.
func (s *Session) closed(o *opening, e *entry, end ending, open time.Duration) {
	last := protocol.SocketClosedParams{
		SocketID: o.subject.SocketID,
		BytesIn:  end.traffic.In, BytesOut: end.traffic.Out, Dropped: end.traffic.Dropped,
	}
	if end.err != nil {
		says := fault.Describe(end.err)
		last.Reason, last.By = says.Reason, setting(end.err)
		// A reset that was asked for is not an error to whoever asked.
		if says.Reason != "aborted" {
			last.Name, last.PageReason = says.Name, s.pageReason(says)
		}
	}
	s.Audit.Closed(o.subject, end.traffic, last.Reason, open)
	s.mu.Lock()
	delete(s.sockets, o.subject.SocketID)
	last.OnLane = e.lane != nil
	cut := e.cut
	s.mu.Unlock()
	if last.OnLane {
		said := last
		if cut && said.Name == "" {
			// The page closes on the lane; this was somebody else.
			said.Name = "NetworkError"
		}
		o.path.Closed(said)
	}
	s.out.Path(o.subject.SocketID).Closed(last)
}

func (s *Session) connectTCP(ctx context.Context, o *opening) (*connection, error) {
	conn, err := s.Dialer.TCP(ctx, o.target, o.options)
	if err != nil {
		return nil, err
	}
	socket := stream.New(conn, stream.Config{
		Path:          o.path,
		Buffers:       &s.buffers,
		Answer:        s.answerer(o),
		SendWindow:    s.Window,
		ReceiveWindow: o.window,
		Patience:      s.Patience,
	})
	state := conn.TLS()
	c := &connection{
		socket: socket,
		local:  addrPort(conn.LocalAddr()), remote: addrPort(conn.RemoteAddr()),
		tls: tlsInfo(state), security: securityOf(state, len(o.options.TLS.Hashes) > 0),
		run: func(ctx context.Context) ending {
			end := socket.Run(ctx)
			return ending{audit.Traffic{In: end.In, Out: end.Out}, end.Err}
		},
		drop: func() { _ = conn.Reset() },
	}
	if state != nil {
		c.peer = peerOf(o.options.TLS, o.target)
	}
	c.setOption = func(option string, value int64) error {
		if option == "noDelay" {
			return conn.SetNoDelay(value != 0)
		}
		return conn.SetKeepAlive(time.Duration(value) * time.Millisecond)
	}
	if o.upgradable {
		c.startTLS = s.upgrader(o, conn, socket)
	}
	return c, nil
}

func (s *Session) connectUDP(ctx context.Context, o *opening) (*connection, error) {
	conn, err := s.Dialer.UDP(ctx, o.target, o.options)
	if err != nil {
		return nil, err
	}
	socket := datagram.New(conn, datagram.Config{
		Path:          o.path,
		Buffers:       &s.buffers,
		Answer:        s.answerer(o),
		KeepBuffer:    o.options.ReceiveBuffer > 0,
		Room:          s.backlogs,
		MayWait:       func() (func(), bool) { return s.waits.take(o.subject.Origin, o.subject.Private) },
		SendWindow:    s.Window,
		ReceiveWindow: o.window,
	})
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
