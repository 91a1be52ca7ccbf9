package sockets

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/listen"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// maxAccepting is how many tcp.accept of a listener may wait. The extension asks for one
// after the other.
const maxAccepting = 16

// listener is a socket that listens. Of what a socket can do it can be closed.
type listener struct {
	*listen.Listener
	// subject and local are what it was opened as.
	subject audit.Subject
	local   rules.LocalRequest
	// over is done when it is to end.
	over context.Context
	end  context.CancelFunc
	// accepted counts the connections that the page has taken.
	accepted atomic.Int64

	// accepting are the tcp.accept that wait. The Registry's mutex guards waiting, which
	// is their number, and closed, which says that no more may come.
	accepting sync.WaitGroup
	waiting   int
	closed    bool
}

// TCPListen serves tcp.listen.
func (r *Registry) TCPListen(ctx context.Context, id int64, params protocol.TCPListenParams) *protocol.RPCError {
	if fault := announceable(params.Announce); fault != nil {
		return fault
	}
	o := newLocal("tcp", id, params.LocalRequest)
	o.ipv6Only = params.Ipv6Only
	o.subject.Secure = params.Secure
	// It has no bytes to receive, so it waits for no lane to take.
	//rule:listener-takes-no-lane
	o.window = protocol.WindowBytes
	backlog, only6 := int(min(params.Backlog, maxBacklog)), params.Ipv6Only
	var identity *listen.Identity
	return r.open(ctx, o, r.inbound(func(ctx context.Context, o *opening) (*connection, error) {
		if params.Secure {
			var err error
			if identity, err = listen.NewIdentity(time.Now()); err != nil {
				return nil, fault.Classify(err)
			}
		}
		return r.listen(ctx, o, listen.Config{Backlog: backlog, IPv6Only: only6, Identity: identity})
	}, func(_ *opening, c *connection) any {
		result := protocol.TCPListenResult{LocalAddress: c.local.Addr().String(), LocalPort: int64(c.local.Port())}
		if identity != nil {
			hash := identity.Hash()
			result.Certificate = base64.StdEncoding.EncodeToString(hash[:])
		}
		return result
	}))
}

// maxBacklog is more than systems allow.
const maxBacklog = 1 << 20

// listen begins to listen as config and the request say.
func (r *Registry) listen(ctx context.Context, o *opening, config listen.Config) (*connection, error) {
	local := *o.local
	config.Address = netip.AddrPortFrom(local.Address, local.Port)
	//rule:network-listener-checks-interface
	config.OneInterface = local.Reach == rules.ReachNetwork
	//rule:listener-asks-rules
	config.Judge = r.visitors(local)
	listening, err := listen.Listen(ctx, config)
	if err != nil {
		return nil, err
	}
	l := &listener{Listener: listening, subject: o.subject, local: local}
	l.over, l.end = context.WithCancel(ctx)
	return &connection{
		socket:   l,
		listener: l,
		local:    listening.Addr(),
		inspect: func(state *protocol.SocketState) {
			state.Accepted, state.TurnedAway = l.accepted.Load(), l.TurnedAway()
		},
		run: func(context.Context) ending {
			<-l.over.Done()
			r.endListener(l)
			return ending{traffic: audit.Traffic{Accepted: l.accepted.Load(), TurnedAway: l.TurnedAway()}}
		},
		drop: func() { r.endListener(l) },
	}, nil
}

// visitors returns what judges who connects to a listener, by one goroutine at a time.
func (r *Registry) visitors(local rules.LocalRequest) func(netip.AddrPort) error {
	here := newHome(local.Address)
	return func(remote netip.AddrPort) error {
		if err := rules.Inbound(r.config.Policy.Current(), r.config.Near, local, remote); err != nil {
			return err
		}
		//rule:network-listener-stays-in-its-network
		if local.Reach == rules.ReachNetwork && here.left() && rules.Class(r.config.Near, remote.Addr()) != address.Loopback {
			return fmt.Errorf("%w: this is another network", fault.ErrAddress)
		}
		return nil
	}
}

// endListener closes a listener, and waits until those who wait for a connection of it
// have their answers.
func (r *Registry) endListener(l *listener) {
	l.end()
	r.mu.Lock()
	l.closed = true
	r.mu.Unlock()
	l.Listener.Close()
	l.accepting.Wait()
}

// Close ends the listener. The connections that it has accepted go on.
func (l *listener) Close(bool) { l.end() }

// Cut is for sockets on a lane, which no listener is.
func (l *listener) Cut(error) { l.end() }

// Write refuses: bytes go to what was accepted.
func (l *listener) Write(payload *buffer.Buffer, _ *int64) error {
	payload.Release()
	return fault.ErrNotApplicable
}

// Credit does nothing: nothing is received.
func (l *listener) Credit(int64) {}

// Shutdown refuses: there is nothing to end.
func (l *listener) Shutdown(int64) error { return fault.ErrNotApplicable }

// Traffic is none.
func (l *listener) Traffic() (in, out int64) { return 0, 0 }
