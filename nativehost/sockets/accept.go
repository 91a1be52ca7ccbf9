package sockets

import (
	"context"
	"net/netip"
	"sync"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// accepts tells those who wait for room for a connection that there may be some. The zero
// value is ready.
type accepts struct {
	mu      sync.Mutex
	changed chan struct{} // nil unless somebody waits; closed when something changes
}

// wait returns what is closed at the next change.
func (a *accepts) wait() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed == nil {
		a.changed = make(chan struct{})
	}
	return a.changed
}

// freed says that there may be room.
func (a *accepts) freed() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed != nil {
		close(a.changed)
		a.changed = nil
	}
}

// TCPAccept serves tcp.accept. A goroutine owns the connection from then on, and waits for
// it first.
func (r *Registry) TCPAccept(ctx context.Context, id int64, params protocol.TCPAcceptParams) *protocol.RPCError {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.sockets[params.ListenerID]
	switch {
	case from == nil || from.state != stateOpen:
		r.config.Requests.Failure(id, fault.ErrGone)
		return nil
	case from.conn.listener == nil:
		r.config.Requests.Failure(id, fault.ErrNotApplicable)
		return nil
	case from.conn.listener.closed:
		r.config.Requests.Failure(id, fault.ErrAborted)
		return nil
		//rule:pending-accepts-are-bounded
	case from.conn.listener.waiting >= maxAccepting:
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	l := from.conn.listener
	o := &opening{
		request: id,
		subject: audit.Subject{
			SocketID: params.SocketID, Protocol: "tcp", Origin: l.subject.Origin, Document: l.subject.Document,
			Local: true, Secure: l.subject.Secure, Private: l.subject.Private,
			Policy: l.subject.Policy,
		},
		local:  &l.local,
		window: params.Window,
	}
	ctx, e := r.beginLocked(ctx, o)
	if e == nil {
		return protocol.NewError(protocol.CodeInvalidRequest)
	}
	l.waiting++
	l.accepting.Add(1)
	r.owners.Go(func() {
		defer e.cancel()
		r.accept(ctx, o, e, l)
	})
	return nil
}

// accept waits for a connection, answers the request with it, and moves its bytes until
// its end, which does not depend on the listener's.
func (r *Registry) accept(ctx context.Context, o *opening, e *entry, l *listener) {
	c, ticket, err := r.nextConnection(ctx, o, e, l)
	if err == nil {
		if err = r.answerOpened(o, e, c, r.connected, func() {}, nil); err != nil {
			c.drop()
			r.leave(ticket)
		}
	}
	if err != nil {
		r.notAccepted(o, e, err)
	}
	r.mu.Lock()
	l.waiting--
	r.mu.Unlock()
	l.accepting.Done()
	if err != nil {
		return
	}
	l.accepted.Add(1)
	o.unaudited = !r.config.Audit.Accepted(o.subject, l.subject.SocketID, c.remote.String())
	if !o.unaudited {
		r.reported(o, c.remote)
	}
	r.serve(ctx, o, e, c, func() { r.leave(ticket) })
}

// nextConnection waits for a connection that the rules allow, while there is room for it.
func (r *Registry) nextConnection(ctx context.Context, o *opening, e *entry, l *listener) (*connection, *limits.Accepted, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// The listener's end gives it up, too, until there is a connection.
	unhook := context.AfterFunc(l.over, cancel)
	defer unhook()
	ticket, err := r.room(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	for {
		conn, err := l.Accept(ctx)
		if err != nil {
			r.leave(ticket)
			return nil, nil, err
		}
		if c := r.accepted(o, e, conn); c != nil {
			return c, ticket, nil
		}
	}
}

// room waits until one more connection may be accepted. Until then others wait with the
// system.
func (r *Registry) room(ctx context.Context, o *opening) (*limits.Accepted, error) {
	for {
		changed := r.accepts.wait()
		r.policy()
		//rule:accepting-shares-the-limits
		//rule:accepting-counted-by-window-kind
		ticket, err := r.limits.TakeAccepted(o.subject.Origin, o.subject.Private)
		if err == nil {
			return ticket, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fault.ErrAborted
		}
	}
}

// leave gives a connection's place to another one.
func (r *Registry) leave(ticket *limits.Accepted) {
	ticket.Return()
	r.accepts.freed()
}

// accepted makes a socket of a connection, or drops one that a policy forbids which came
// after the listener had asked.
func (r *Registry) accepted(o *opening, e *entry, conn *dial.Conn) *connection {
	c, _ := r.stream(o, conn)
	r.mu.Lock()
	e.local, e.remote = o.local, c.remote
	r.mu.Unlock()
	//rule:policy-change-judges-accepting
	if r.forbiddenLocal(r.config.Policy.Current(), *o.local, c.remote) == nil {
		return c
	}
	c.drop()
	r.mu.Lock()
	e.local, e.remote = nil, netip.AddrPort{}
	r.mu.Unlock()
	return nil
}

// notAccepted answers a tcp.accept that led to nothing, and those that gave it up. It is
// about nobody, so nothing is written down.
func (r *Registry) notAccepted(o *opening, e *entry, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sockets, o.subject.SocketID)
	r.config.Requests.Failure(o.request, err)
	for _, id := range e.closers {
		r.config.Requests.Result(id, protocol.SocketCloseResult{SocketID: o.subject.SocketID})
	}
}
