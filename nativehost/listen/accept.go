package listen

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/portside/portside/nativehost/dial"
)

// Between two tries to accept while the system has no room, mostly for descriptors.
const (
	shortPause = 5 * time.Millisecond
	longPause  = time.Second
)

// accept takes connections from the system while somebody asks for them.
func (l *Listener) accept() {
	pause := shortPause
	for l.wanted() {
		tcp, err := l.tcp.AcceptTCP()
		switch {
		case err == nil:
			pause = shortPause
			l.receive(tcp)
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
		default:
			select {
			case <-time.After(pause):
			case <-l.ctx.Done():
			}
			pause = min(2*pause, longPause)
		}
	}
}

// wanted waits until a connection is wanted and may be taken, and reports false when the
// listener is closed.
func (l *Listener) wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && ( /*rule:accept-only-on-demand*/ len(l.waiters) == 0 ||
		//rule:handshakes-are-bounded
		l.handshaking >= maxHandshakes) {
		l.changed.Wait()
	}
	return !l.closed
}

// receive hands a connection on, if it may be there.
func (l *Listener) receive(tcp *net.TCPConn) {
	local, remote := ends(tcp)
	if !l.admits(local, remote) {
		l.turnAway(tcp)
		return
	}
	conn, err := dial.Accepted(tcp)
	if err != nil {
		return // the peer has gone
	}
	if l.secure == nil {
		l.deliver(conn)
		return
	}
	l.mu.Lock()
	l.handshaking++
	l.mu.Unlock()
	l.running.Go(func() { l.handshake(conn) })
}

// admits reports whether a connection may be handed on.
func (l *Listener) admits(local netip.Addr, remote netip.AddrPort) bool {
	//rule:accepted-remote-is-judged
	if l.config.Judge != nil && l.config.Judge(remote) != nil {
		return false
	}
	return !l.config.OneInterface || /*rule:accepted-by-own-interface*/ l.interfaces.same(local, remote.Addr())
}

// turnAway ends a connection that may not be here, by RST: the peer is told at once that
// nobody will answer, as when nobody listened, and the system keeps nothing of it.
func (l *Listener) turnAway(tcp *net.TCPConn) {
	l.turnedAway.Add(1)
	//rule:turned-away-by-reset
	_ = tcp.SetLinger(0)
	_ = tcp.Close()
	//rule:turned-away-at-bounded-rate
	l.pace()
}

// pace waits while too many connections come that nobody gets. It fails when the listener
// closes, which whoever called it sees by itself.
func (l *Listener) pace() { _ = l.unwanted.Wait(l.ctx) }

// handshake shakes hands and hands the connection on. A peer that does not shake hands
// keeps its place while there are too many such peers.
func (l *Listener) handshake(conn *dial.Conn) {
	ctx, cancel := context.WithTimeout(l.ctx,
		//rule:silent-client-is-given-up
		l.handshakeTime)
	defer cancel()
	err := conn.Serve(ctx, l.secure)
	if err == nil {
		l.deliver(conn)
	} else {
		_ = conn.Reset()
		//rule:failed-handshakes-at-bounded-rate
		l.pace()
	}
	l.mu.Lock()
	l.handshaking--
	l.changed.Broadcast()
	l.mu.Unlock()
}

// ends returns the addresses of both ends of a connection, IPv4 as IPv4.
func ends(tcp *net.TCPConn) (local netip.Addr, remote netip.AddrPort) {
	here, there := tcp.LocalAddr().(*net.TCPAddr).AddrPort(), tcp.RemoteAddr().(*net.TCPAddr).AddrPort()
	return here.Addr().Unmap(), netip.AddrPortFrom(there.Addr().Unmap(), there.Port())
}
