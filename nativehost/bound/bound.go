// Package bound opens UDP sockets that are bound and not connected, and decides for each
// datagram. It promises that
//
//   - a socket is bound where the user agreed to and nowhere else, and that what comes from
//     elsewhere, or by another interface, is dropped;
//   - nothing is sent to anybody before the rules have seen host and address, port 443 was
//     asked about, and the ration of new peers was paid;
//   - multicast comes only for groups that the socket has joined, and goes to no others;
//   - sharing an address never takes from another socket what is sent to it alone.
//
// It stands between rules and sockets for many peers as package dial does for one.
package bound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/peers"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/sockopt"
)

// Options are the socket's options. A zero leaves the system's default.
type Options struct {
	// IPv6Only, with the address ::, leaves IPv4 to others.
	IPv6Only bool
	// SendBuffer and ReceiveBuffer are SO_SNDBUF and SO_RCVBUF, in bytes.
	SendBuffer, ReceiveBuffer int
	// TypeOfService is the DSCP of what is sent, 0 to 63.
	TypeOfService int
	// TimeToLive of what is sent to groups; Loopback: this computer hears it, too.
	TimeToLive int
	Loopback   bool
	// Share lets other sockets have the same address and port for multicast.
	Share bool
}

// Config is what a Socket is made of.
type Config struct {
	// Request is what the user agreed to; Policy and Near judge it, and each peer.
	Request rules.LocalRequest
	Peers   rules.Peers
	Private bool
	Policy  *policy.Store
	Near    rules.Near
	// Dialer resolves peers' names and asks about port 443. Its rules are not used.
	Dialer *dial.Dialer
	// Meet is asked before something is sent to a new peer, and Group before a group is
	// joined; over is called when that has been left. Errors refuse.
	Meet  func() error
	Group func() (over func(), err error)
	// Away reports whether this is another network than the one that the user agreed to,
	// where the socket is for one. It must not wait.
	Away func() bool
	Options
}

// Socket is a bound UDP socket. It decides for the datagram.Socket that Attach names.
type Socket struct {
	Config
	conn     *net.UDPConn
	local    netip.AddrPort
	families sockopt.Families
	// iface is the interface that the address is of; nil: every one.
	iface *net.Interface
	// loopback are the interfaces that lead to this computer only.
	loopback map[int]bool
	// apart: groups are received by sockets of their own, since the socket itself is bound
	// to an address of one computer.
	apart bool
	// silent: nothing is sent but to groups.
	silent bool

	table  *peers.Table
	routes *peers.Routes
	hosts  *peers.Hosts
	// seen is the policy that routes and verdicts about peers are of.
	seen atomic.Pointer[policy.Policy]

	// socket moves the datagrams; it is set before anything is asked of the Socket.
	socket *datagram.Socket

	mu     sync.RWMutex // guards groups
	groups map[netip.Addr]*group
}

// Open binds a socket. Close must follow.
func Open(ctx context.Context, config Config) (*Socket, error) {
	s := &Socket{Config: config, routes: peers.NewRoutes(), hosts: peers.NewHosts(), groups: map[netip.Addr]*group{}}
	s.table = peers.New(config.Meet, s.admit)
	if err := s.place(); err != nil {
		return nil, err
	}
	if err := s.listen(ctx); err != nil {
		return nil, fault.Classify(err)
	}
	if err := s.tune(); err != nil {
		_ = s.conn.Close()
		return nil, fault.Classify(err)
	}
	return s, nil
}

// Attach says which socket moves the datagrams.
func (s *Socket) Attach(socket *datagram.Socket) { s.socket = socket }

// Conn is the system's socket.
func (s *Socket) Conn() *net.UDPConn { return s.conn }

// Local is where it is bound.
func (s *Socket) Local() netip.AddrPort { return s.local }

// Close gives back what the socket has taken, once nothing is moved any more.
func (s *Socket) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.groups {
		g.over()
	}
	s.groups = nil
}

// place finds the interface that has the address.
func (s *Socket) place() error {
	all, err := nearby.Addresses()
	if err != nil {
		return fault.Classify(err)
	}
	s.loopback = map[int]bool{}
	at := s.Request.Address
	for _, one := range all {
		if one.Loopback() {
			s.loopback[one.Index] = true
		}
		fits := one.Addr == at
		if s.Request.Reach == rules.ReachComputer {
			// All of 127.0.0.0/8 is there.
			fits = one.Loopback()
		}
		if fits && s.iface == nil && s.Request.Reach != rules.ReachAnybody {
			if s.iface, err = net.InterfaceByIndex(one.Index); err != nil {
				return fault.Classify(err)
			}
		}
	}
	if s.iface == nil && s.Request.Reach != rules.ReachAnybody {
		return fmt.Errorf("%w: no interface that is up has it", fault.ErrAddress)
	}
	return nil
}

// listen binds the system's socket.
func (s *Socket) listen(ctx context.Context) error {
	at, network := s.Request.Address, "udp4"
	s.families = sockopt.Families{Four: at.Is4(), Six: at.Is6()}
	switch {
	case at.Is6() && at.IsUnspecified() && !s.IPv6Only:
		network, s.families.Four = "udp", true
	case at.Is6():
		network = "udp6"
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return s.prepare(raw, s.families) }}
	conn, err := config.ListenPacket(ctx, network, netip.AddrPortFrom(at, s.Request.Port).String())
	if err == nil {
		udp, ok := conn.(*net.UDPConn)
		if !ok {
			return errors.Join(fmt.Errorf("%w: not a UDP socket", fault.ErrNetwork), conn.Close())
		}
		s.conn, s.apart = udp, groupsApart && !at.IsUnspecified()
		local := udp.LocalAddr().(*net.UDPAddr).AddrPort()
		s.local = netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
		s.silent = answersNames(local.Port())
		return nil
	}
	if s.Share && s.Request.Port != 0 && groupsApart && errors.Is(err, syscall.EADDRINUSE) {
		return s.shareTaken(err)
	}
	return err
}

// answersNames reports whether systems take what comes from a port for an answer about a
// name: multicast DNS (RFC 6762, section 6) and LLMNR (RFC 4795, section 2.1).
func answersNames(port uint16) bool { return port == 5353 || port == 5355 }

// shareTaken is what is left when another socket has the address and port: a socket that
// receives nothing by itself, since what is sent to the address is the other's, and from
// which can be sent to groups only, since to single computers it would be the other's word.
// What comes to groups is received apart. A socket on every interface that does not share
// keeps its port from all others.
func (s *Socket) shareTaken(taken error) error {
	// Of the groups for documentation, which nobody joins (RFC 5771, section 9.2; RFC 6676).
	nobody := netip.AddrFrom4([4]byte{233, 252, 0, 1})
	if s.families.Six {
		nobody, s.families.Four = netip.MustParseAddr("ff0e::db8:0:1"), false
	}
	conn, err := s.listenGroup(netip.AddrPortFrom( /*rule:shared-address-takes-no-unicast*/ nobody, s.Request.Port))
	if err != nil {
		return taken
	}
	s.conn, s.apart, s.silent, s.local = conn, true, true, netip.AddrPortFrom(s.Request.Address, s.Request.Port)
	return nil
}

// prepare sets what has to be set before a socket is bound.
func (s *Socket) prepare(raw syscall.RawConn, of sockopt.Families) error {
	//rule:bound-socket-sends-no-broadcast
	if err := sockopt.ForbidBroadcast(raw); err != nil {
		return err
	}
	if of.Four {
		// A socket of both may have no options of IPv4.
		if err := sockopt.SetTypeOfService(raw, "udp4", s.TypeOfService); err != nil && !of.Six {
			return err
		}
	}
	if of.Six {
		if err := sockopt.SetTypeOfService(raw, "udp6", s.TypeOfService); err != nil {
			return err
		}
	}
	return sockopt.SetBuffers(raw, s.SendBuffer, s.ReceiveBuffer)
}

// tune sets what can only be set on a socket that is bound. Sharing begins now, so that
// the address was nobody else's.
func (s *Socket) tune() error {
	if s.Share {
		raw, err := s.conn.SyscallConn()
		if err != nil {
			return err
		}
		if err := sockopt.ShareAddress(raw, true); err != nil {
			return err
		}
	}
	if err := sockopt.TellArrival(s.conn, s.families.Six); err != nil {
		return err
	}
	return sockopt.SetMulticast(s.conn, s.families, sockopt.Multicast{
		TimeToLive: s.TimeToLive, Loopback: s.Loopback, Interface: s.iface,
	})
}

// current returns the policy that is in force. What was found out under another one is
// judged again.
func (s *Socket) current() *policy.Policy {
	p := s.Policy.Current()
	//rule:policy-change-judges-peers
	if s.seen.Load() != p {
		s.routes.Expire()
		s.table.Expire()
		s.seen.Store(p)
	}
	return p
}

// Enforce puts groups before a new policy, which allows the socket itself. Peers are judged
// when something comes from them or goes there.
func (s *Socket) Enforce(p *policy.Policy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, g := range s.groups {
		if _, err := rules.Group(p, s.Request, netip.AddrPortFrom(at, s.local.Port())); err != nil {
			//rule:policy-change-leaves-groups
			s.leaveAll(at, g)
		}
	}
}

// State is what the user may know of a bound socket.
type State struct {
	Peers, Groups int
	// Refused datagrams were not sent because of the rules, or not let in.
	Refused int64
}

// State returns the socket's state of now.
func (s *Socket) State() State {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	for _, g := range s.groups {
		n += g.memberships()
	}
	return State{Peers: s.table.Count(), Groups: n, Refused: s.socket.Refused()}
}

// request is what the rules are asked about a peer.
func (s *Socket) request(host address.Host, port uint16) rules.Request {
	return rules.Request{Origin: s.Request.Origin, Protocol: "udp", Host: host, Port: port}
}
