// Package listen accepts TCP connections, each when somebody asks for one. It promises that
//
//   - nothing is taken from the system while nobody asks: connections wait in the system's
//     backlog, which is bounded, and whose end a peer sees;
//   - a connection that the rules refuse, or that did not come in by the interface that has
//     the listener's address, is reset before anybody sees it, and a flood of such
//     connections costs a bounded part of a processor;
//   - with TLS, a peer that is silent keeps nobody else waiting, unless there are
//     maxHandshakes of them;
//   - the port is not shared with anybody, and nothing of a listener outlives Close but the
//     connections that were handed out.
//
// What the rules are it does not know: it asks.
package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/sockopt"
)

const (
	// maxHandshakes are under way at a time, or finished and not asked for yet.
	maxHandshakes = 16
	// handshakeTime is how long a handshake may take.
	handshakeTime = 10 * time.Second
	// So many connections a second are turned away, or fail to shake hands, once there were
	// unwantedAtOnce of them. Those beyond wait in the backlog.
	unwantedPerSecond, unwantedAtOnce = 500, 100
)

// Config is what a Listener is made of.
type Config struct {
	// Address is where to listen; port 0 has the system pick one. "::" is IPv4 as well,
	// unless IPv6Only is set.
	Address  netip.AddrPort
	IPv6Only bool
	// Backlog is how many connections the system may keep; 0 is its maximum, which also
	// bounds larger numbers.
	Backlog int
	// Judge returns nil if remote, IPv4 as IPv4, may connect. It must not block for long.
	// Nil: everybody may.
	Judge func(remote netip.AddrPort) error
	// OneInterface: connections must come in by the interface that has the address.
	OneInterface bool
	// Identity is what the listener shows by TLS; nil: connections are plain.
	Identity *Identity
}

// Listener is a TCP socket that listens. Any number of goroutines may use it.
type Listener struct {
	config Config
	tcp    *net.TCPListener
	// secure is what TLS is to do; nil on plain connections.
	secure *tls.Config
	// ctx ends with Close.
	ctx        context.Context
	end        context.CancelFunc
	running    sync.WaitGroup
	turnedAway atomic.Int64
	// unwanted and handshakeTime are set before the first Accept, and by nobody but tests.
	unwanted      *rate.Limiter
	handshakeTime time.Duration
	interfaces    interfaces // the accepting goroutine's

	mu sync.Mutex // guards what follows
	// changed is signalled whenever there may be a reason to accept, or to end.
	changed *sync.Cond
	closed  bool
	// waiters are those who ask for a connection, in order. While there are any, ready,
	// which has connections that nobody has asked for yet, is empty.
	waiters     []chan *dial.Conn
	ready       []*dial.Conn
	handshaking int
}

// Listen begins to listen. Close must follow unless there is an error, which is one of
// package fault's.
func Listen(ctx context.Context, config Config) (*Listener, error) {
	how := net.ListenConfig{
		KeepAlive: -1,
		Control:   func(_, _ string, raw syscall.RawConn) error { return sockopt.SetExclusive(raw) },
	}
	// Multipath TCP would let a connection go by several interfaces.
	how.SetMultipathTCP(false)
	listener, err := how.Listen(ctx, network(config), config.Address.String())
	if err != nil {
		return nil, fault.Classify(err)
	}
	tcp := listener.(*net.TCPListener)
	if config.Backlog > 0 {
		raw, err := tcp.SyscallConn()
		if err == nil {
			err = sockopt.SetBacklog(raw, config.Backlog)
		}
		if err != nil {
			return nil, errors.Join(fault.Classify(err), tcp.Close())
		}
	}
	l := &Listener{config: config, tcp: tcp, unwanted: rate.NewLimiter(unwantedPerSecond, unwantedAtOnce), handshakeTime: handshakeTime}
	if config.Identity != nil {
		l.secure = config.Identity.config()
	}
	l.changed = sync.NewCond(&l.mu)
	l.ctx, l.end = context.WithCancel(context.WithoutCancel(ctx))
	l.allow(false)
	l.running.Go(l.accept)
	return l, nil
}

// network returns what package net calls the kind of address. "tcp6" is IPv6 only, "tcp"
// with "::" is both.
func network(config Config) string {
	addr := config.Address.Addr()
	switch {
	case addr.Is4():
		return "tcp4"
	case addr.IsUnspecified() && !config.IPv6Only:
		return "tcp"
	default:
		return "tcp6"
	}
}

// Addr returns where it listens, with the port.
func (l *Listener) Addr() netip.AddrPort { return l.tcp.Addr().(*net.TCPAddr).AddrPort() }

// TurnedAway returns how many connections the rules, or the interface, have refused.
func (l *Listener) TurnedAway() int64 { return l.turnedAway.Load() }

// Accept waits for the next connection, with TLS on it if the listener has an identity,
// until ctx is done or the listener closed: fault.ErrAborted. A connection that comes at
// this very moment is the next one's who asks.
func (l *Listener) Accept(ctx context.Context) (*dial.Conn, error) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil, fault.ErrAborted
	}
	if len(l.ready) > 0 {
		conn := l.ready[0]
		l.ready = l.ready[1:]
		l.mu.Unlock()
		return conn, nil
	}
	mine := make(chan *dial.Conn, 1)
	l.waiters = append(l.waiters, mine)
	l.allow(true)
	l.changed.Broadcast()
	l.mu.Unlock()
	select {
	case conn, ok := <-mine:
		if !ok {
			return nil, fault.ErrAborted
		}
		return conn, nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	if i := slices.Index(l.waiters, mine); i >= 0 {
		l.waiters = slices.Delete(l.waiters, i, i+1)
		l.allow(len(l.waiters) > 0)
		l.mu.Unlock()
		return nil, fault.ErrAborted
	}
	l.mu.Unlock()
	if conn, ok := <-mine; ok {
		l.deliver(conn)
	}
	return nil, fault.ErrAborted
}

// allow lets the goroutine that accepts wait for a connection, or has it come back. The
// caller holds the mutex.
func (l *Listener) allow(accepting bool) {
	deadline := time.Unix(1, 0)
	if accepting {
		deadline = time.Time{}
	}
	// It fails on a listener that is closed only.
	//rule:accept-only-on-demand.2
	_ = l.tcp.SetDeadline(deadline)
}

// deliver gives a connection to whoever has asked first, or keeps it for whoever does
// next.
func (l *Listener) deliver(conn *dial.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		_ = conn.Reset()
	case len(l.waiters) > 0:
		l.waiters[0] <- conn
		l.waiters = l.waiters[1:]
		l.allow(len(l.waiters) > 0)
	default:
		l.ready = append(l.ready, conn)
	}
}

// Close stops listening, resets the connections that nobody has asked for, and tells those
// who wait for one. Connections that were handed out go on.
func (l *Listener) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		for _, waiter := range l.waiters {
			close(waiter)
		}
		for _, conn := range l.ready {
			_ = conn.Reset()
		}
		l.waiters, l.ready = nil, nil
		_ = l.tcp.Close()
		l.end()
		l.changed.Broadcast()
	}
	l.mu.Unlock()
	l.running.Wait()
}
