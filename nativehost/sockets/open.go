package sockets

import (
	"context"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/nativehost/resolve"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// opening is a request to open a socket, whatever its protocol.
type opening struct {
	request int64
	subject audit.Subject
	// target and options are those of a connection that the page opens.
	target  dial.Target
	options dial.Options
	// local is where others can send to it; nil on a connection that the page opens.
	local *rules.LocalRequest
	// announce is what its links are told of it; nil: nothing. ipv6Only: bound to ::, it has
	// no IPv4.
	announce *protocol.Announcement
	ipv6Only bool
	window   int64
	// resolved is what the audit log tells of the name.
	resolved addresses
	// path is the socket's way to the browser. attachable is the same, or nil when the
	// carrier is known for good.
	path       carrier.Path
	attachable *carrier.Attachable
	// upgradable: the socket is plain until socket.startTLS.
	upgradable bool
	// again is set where a lane asks for it, and nobody waits by request. reopen is what the
	// document may do once it is open, or nil.
	again  *reopening
	reopen *reopenable
	// unaudited: that it opened is only counted, so its end is not written either.
	unaudited bool
}

// kind is what a kind of socket does in its own way while it opens.
type kind struct {
	// admit puts the request before the rules that need no network.
	admit func(*entry, *opening) (*limits.Ticket, error)
	// connect opens it.
	connect func(context.Context, *opening) (*connection, error)
	// judge puts what is open now before the rules again: a policy may have come.
	judge func(context.Context, *opening, *connection) error
	// result answers the request.
	result func(*opening, *connection) any
	// audited writes that it is open.
	audited func(o *opening, c *connection, took time.Duration)
}

// outgoing is a connection that the page opens.
func (r *Registry) outgoing(connect func(context.Context, *opening) (*connection, error)) kind {
	return kind{
		admit:   r.admit,
		connect: connect,
		judge: func(ctx context.Context, o *opening, c *connection) error {
			//rule:policy-change-judges-connecting
			if r.config.Dialer.Rules != nil {
				return r.config.Dialer.Rules.Judge(ctx, o.target, c.remote)
			}
			return nil
		},
		result: r.connected,
		audited: func(o *opening, c *connection, took time.Duration) {
			r.config.Audit.Opened(r.admitted(o, c.remote), c.remote.String(), c.peer, took)
		},
	}
}

// connected is the answer about a socket that is connected, whoever began.
func (r *Registry) connected(_ *opening, c *connection) any {
	return protocol.TCPOpenResult{
		Opened: protocol.Opened{
			RemoteAddress: c.remote.Addr().String(), RemotePort: int64(c.remote.Port()),
			LocalAddress: c.local.Addr().String(), LocalPort: int64(c.local.Port()),
			Window: r.config.Window,
		},
		TLS: c.tls,
	}
}

// TCPOpen serves tcp.open.
func (r *Registry) TCPOpen(ctx context.Context, id int64, params protocol.TCPOpenParams) *protocol.RPCError {
	options, err := tlsOptions(params.TLS)
	if err != nil {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	return r.openAsked(ctx, id, params.OpenRequest, r.connectTCP, func(socketID int64) *opening {
		o := newOpening("tcp", socketID, params.OpenRequest, params.SharedOptions)
		o.subject.Secure = params.SecureTransport == "on"
		o.options.Secure, o.options.TLS = o.subject.Secure, options
		o.options.NoDelay, o.options.KeepAlive = params.NoDelay, time.Duration(params.KeepAliveDelay)*time.Millisecond
		o.upgradable = params.SecureTransport == "starttls"
		o.subject.StartTLS = o.upgradable
		return o
	})
}

// UDPOpen serves udp.open.
func (r *Registry) UDPOpen(ctx context.Context, id int64, params protocol.UDPOpenParams) *protocol.RPCError {
	return r.openAsked(ctx, id, params.OpenRequest, r.connectUDP, func(socketID int64) *opening {
		return newOpening("udp", socketID, params.OpenRequest, params.SharedOptions)
	})
}

// newOpening is a request to open a socket, as far as it says the same for TCP and UDP.
func newOpening(network string, socketID int64, asked protocol.OpenRequest, options protocol.SharedOptions) *opening {
	o := &opening{
		subject: audit.Subject{
			SocketID: socketID, Protocol: network, Origin: asked.Origin, Document: asked.Document,
			Host: asked.Host, Port: asked.Port, UserEntered: asked.UserEntered, Private: asked.Private,
			Admitted: asked.Admitted,
		},
		target: dial.Target{
			Network: network, Port: uint16(asked.Port), Origin: asked.Origin,
			UserEntered: asked.UserEntered, RiskAccepted: asked.RiskAccepted, Private: asked.Private,
		},
		options: dial.Options{
			Timeout:    time.Duration(options.Timeout) * time.Millisecond,
			SendBuffer: int(options.SendBufferSize), ReceiveBuffer: int(options.ReceiveBufferSize),
			DNSQueryType:  resolve.Family(options.DNSQueryType),
			TypeOfService: int(options.IPTypeOfService),
		},
		window: asked.Window,
	}
	o.options.Resolved = o.resolved.add
	return o
}

// open leaves a request to a goroutine that owns the socket from then on.
func (r *Registry) open(ctx context.Context, o *opening, k kind) *protocol.RPCError {
	r.mu.Lock()
	ctx, e := r.beginLocked(ctx, o)
	r.mu.Unlock()
	if e == nil {
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	started := time.Now()
	ticket, err := k.admit(e, o)
	r.owners.Go(func() { r.own(ctx, o, e, k, ticket, err, started) })
	return nil
}

// own opens a socket that was admitted, or was refused with err, and has it until its end.
func (r *Registry) own(ctx context.Context, o *opening, e *entry, k kind, ticket *limits.Ticket, err error, started time.Time) {
	defer e.cancel()
	if err == nil {
		defer ticket.Return()
		var c *connection
		if c, err = k.connect(ctx, o); err == nil {
			err = r.opened(ctx, o, e, c, k, ticket)
		}
		if err == nil {
			k.audited(o, c, time.Since(started))
			//rule:reported-refusals-are-written
			r.reported(o, c.remote)
			r.serve(ctx, o, e, c, ticket.Return)
			return
		}
		//rule:network-failure-costs-double
		ticket.Failed()
		ticket.Return()
	}
	r.notOpened(ctx, o, e, err, started)
}

// beginLocked makes the entry of a socket that is to open, and the context that giving it
// up ends, unless its id is in use. The caller holds the mutex.
func (r *Registry) beginLocked(ctx context.Context, o *opening) (context.Context, *entry) {
	var lane *Lane
	switch {
	case o.again != nil:
		lane = o.again.lane
		o.path = lane.Out.Path(lanePart(o.subject.SocketID))
	case o.window > 0:
		o.path = r.config.Stdio.Path(o.subject.SocketID)
	default:
		o.attachable = &carrier.Attachable{}
		o.path = o.attachable
	}
	if _, taken := r.sockets[o.subject.SocketID]; taken {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	e := &entry{cancel: cancel, document: o.subject.Document, datagrams: o.subject.Protocol == "udp", lane: lane}
	r.sockets[o.subject.SocketID] = e
	return ctx, e
}

// admit puts the request before the rules that need no network.
func (r *Registry) admit(e *entry, o *opening) (*limits.Ticket, error) {
	if err := o.parse(); err != nil {
		return nil, err
	}
	asked := request(o.target)
	r.mu.Lock()
	e.request = &asked
	r.mu.Unlock()
	p, caps := r.policy()
	o.subject.Policy = p.Hashes.Files
	//rule:dscp-is-bounded
	if o.options.TypeOfService > caps.TypeOfService {
		o.options.TypeOfService = 0
	}
	//rule:opens-share-the-limits
	//rule:opens-counted-by-window-kind
	ticket, err := r.limits.Take(o.subject.Origin, o.subject.Private)
	if err != nil {
		return nil, err
	}
	// After the limits, so that not even refusals are to be had without end.
	j := rules.Before(p, r.config.Near, asked)
	err = j.Err()
	//rule:open-needs-required-audit
	if err == nil {
		err = MustAudit(r.config.Audit, p)
	}
	//rule:open-is-judged
	if err != nil {
		//rule:refused-attempt-costs-double
		ticket.Failed()
		ticket.Return()
		return nil, err
	}
	return ticket, nil
}

// policy returns what is in force, and has the limits go by it.
func (r *Registry) policy() (*policy.Policy, limits.Caps) {
	p := r.config.Policy.Current()
	caps := p.Settings.Limits.Over(r.config.Caps)
	r.limits.SetCaps(caps)
	return p, caps
}

// serve moves the bytes of an open socket until its end. leave gives its place to another
// one.
func (r *Registry) serve(ctx context.Context, o *opening, e *entry, c *connection, leave func()) {
	opened := time.Now()
	end := c.run(ctx)
	// Whoever hears that a socket has gone may open another one at once.
	leave()
	r.mu.Lock()
	ended := e.ended
	r.mu.Unlock()
	if ended != nil {
		end.err = ended
	}
	r.closed(o, e, end, time.Since(opened))
}

// opened answers the request to open, under the mutex, so that a socket.close sees
// the socket either as opening or as open and answered. If one has come before, or a
// policy that forbids the socket, it drops the connection.
func (r *Registry) opened(ctx context.Context, o *opening, e *entry, c *connection, k kind, ticket *limits.Ticket) error {
	r.mu.Lock()
	e.remote = c.remote
	r.mu.Unlock()
	// The rules were asked about the address before it was connected to. A policy that
	// came meanwhile is in force by now, or Enforce finds the address.
	refused := k.judge(ctx, o, c)
	err := r.answerOpened(o, e, c, k.result, ticket.Opened, refused)
	if err != nil {
		c.drop()
	}
	return err
}

// answerOpened is what opened does under the mutex. take counts the socket as open;
// refused is what the rules say now.
func (r *Registry) answerOpened(
	o *opening, e *entry, c *connection, result func(*opening, *connection) any, take func(), refused error,
) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e.state == stateGivenUp:
		return fault.ErrAborted
	case e.ended != nil:
		return e.ended
	case refused != nil:
		return refused
	}
	take()
	e.state = stateOpen
	e.conn, e.security, e.path = c, c.security, o.attachable
	if o.reopen != nil {
		r.allowReopeningLocked(o.subject.Document, o.reopen)
	}
	if o.again != nil {
		r.reopenedLocked(o, c)
	} else {
		r.config.Requests.Result(o.request, result(o, c))
	}
	return nil
}

// notOpened writes down why a socket did not open, and answers the request to open
// and those to close that came meanwhile, in this order. A rule's refusal is not a
// failure of the network.
func (r *Registry) notOpened(ctx context.Context, o *opening, e *entry, err error, started time.Time) {
	took := time.Since(started)
	r.mu.Lock()
	if e.ended != nil && e.state != stateGivenUp {
		err = e.ended
	}
	e.state = stateFailed
	r.mu.Unlock()
	says := fault.Describe(err)
	var told bool
	if says.Name == "NotAllowedError" || says.Name == "QuotaExceededError" {
		told = r.config.Audit.Refused(o.told(), "host", says.Reason, fault.Setting(err))
	} else {
		if told = r.config.Audit.Failed(o.told(), says.Reason, took); told && o.target.Host.Kind() != 0 {
			r.reported(o, netip.AddrPort{})
		}
	}
	// What floods one log would flood the other, too.
	if /*rule:private-refusals-not-logged*/ told &&
		//rule:log-hides-private-failures
		!o.subject.Private {
		r.config.Log.Info().Int64("socketId", o.subject.SocketID).Str("cause", fault.Cause(err)).Msg("not opened")
	}
	//rule:host-refusals-are-delayed
	if says.Name == "NotAllowedError" {
		r.refusals.delay(ctx, o.subject.Private, o.subject.Origin, started)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sockets, o.subject.SocketID)
	if o.again != nil {
		r.reopenFailedLocked(o, err)
	} else {
		r.config.Requests.Failure(o.request, err)
	}
	for _, id := range e.closers {
		r.config.Requests.Result(id, protocol.SocketCloseResult{SocketID: o.subject.SocketID})
	}
}

// closed says the last word about a socket.
func (r *Registry) closed(o *opening, e *entry, end ending, open time.Duration) {
	last := protocol.SocketClosedParams{SocketEnd: protocol.SocketEnd{
		SocketID: o.subject.SocketID,
		BytesIn:  end.traffic.In, BytesOut: end.traffic.Out, Dropped: end.traffic.Dropped,
	}}
	if end.err != nil {
		says := fault.Describe(end.err)
		last.Reason, last.By = says.Reason, requests.Setting(end.err)
		// A reset that was asked for is not an error to whoever asked.
		if says.Reason != "aborted" {
			//rule:lane-ends-hide-error-detail
			last.Name, last.PageReason = says.Name, r.config.Requests.PageReason(says)
		}
	}
	//rule:end-of-counted-connection-is-not-written
	if !o.unaudited {
		r.config.Audit.Closed(o.subject, end.traffic, last.Reason, open)
	}
	r.mu.Lock()
	delete(r.sockets, o.subject.SocketID)
	last.OnLane = e.lane != nil
	cut := e.cut
	if o.again != nil {
		r.reopenClosedLocked(o, last.SocketEnd)
	}
	r.mu.Unlock()
	if last.OnLane {
		said := last
		said.SocketID = lanePart(said.SocketID)
		if cut && said.Name == "" {
			// The page closes on the lane; this was somebody else.
			said.Name = "NetworkError"
		}
		o.path.Closed(said)
	}
	if o.again == nil {
		r.config.Stdio.Path(o.subject.SocketID).Closed(last)
	}
}
