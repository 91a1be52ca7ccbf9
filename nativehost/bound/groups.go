package bound

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/sockopt"
)

const (
	// maxMemberships a socket may have.
	maxMemberships = 16
	// maxInterfaces a group is joined on, where the socket is bound to every one.
	maxInterfaces = 16
)

// group is a group that the socket has joined.
type group struct {
	// sources are those that it hears, with how each membership ends. The zero Addr is
	// anybody, and then the only one.
	sources map[netip.Addr]func()
	// members are the system's sockets that have joined it, on which interface.
	members []member
	// own: the sockets are the group's own.
	own bool
}

type member struct {
	conn  *net.UDPConn
	iface *net.Interface
}

func (g *group) memberships() int { return len(g.sources) }

// over ends the account of all memberships.
func (g *group) over() {
	for _, over := range g.sources {
		over()
	}
}

// hears reports whether a datagram to a group is from somebody whom a membership admits,
// and came by an interface on which the group was joined.
func (s *Socket) hears(from netip.AddrPort, by sockopt.Arrival) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.groups[by.To]
	//rule:only-joined-groups-are-heard
	if g == nil {
		return false
	}
	_, anybody := g.sources[netip.Addr{}]
	_, named := g.sources[from.Addr().WithZone("")]
	//rule:only-joined-sources-are-heard
	if !anybody && !named {
		return false
	}
	for _, m := range g.members {
		if m.iface.Index == by.Interface {
			return rules.Inbound(s.Policy.Current(), s.Near, s.Request, from) == nil
		}
	}
	return false
}

// mayNotify judges a group that is about to be sent to.
func (s *Socket) mayNotify(p *policy.Policy, to netip.AddrPort) error {
	//rule:groups-are-sent-to-with-consent
	if !s.Request.Multicast {
		return fmt.Errorf("%w: no multicast was agreed to", fault.ErrAddress)
	}
	if to.Addr().Is4() && !s.families.Four || to.Addr().Is6() && !s.families.Six {
		return fmt.Errorf("%w: no address that the socket can send to", fault.ErrDNS)
	}
	//rule:groups-sent-to-are-judged
	named, err := rules.Group(p, s.Request, to)
	if err != nil {
		return err
	}
	//rule:link-control-groups-are-refused
	if !named && LinkControl(to.Addr()) {
		return fmt.Errorf("%w: a group by which systems find each other", fault.ErrAddress)
	}
	return nil
}

// LinkControl reports whether a group is one by which the systems of a link find and
// configure each other: routers, name resolution by multicast DNS and LLMNR, DHCP. What a
// page sent there would be taken for a system's word.
func LinkControl(group netip.Addr) bool {
	group = address.Plain(group)
	if group.Is4() {
		// RFC 5771, section 4: the local network control block.
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{224, 0, 0, 0}), 24).Contains(group)
	}
	// RFC 4291, section 2.7: flags and scope. Those that IANA has assigned, of the scope of
	// an interface or a link.
	const transient, linkScope = 0x10, 2
	b := group.As16()
	return b[1]&transient == 0 && b[1]&0xf <= linkScope
}

// Join joins a group, of which it hears anybody, or only source. fault.ErrNotApplicable:
// it was joined so before, or the socket is not for multicast.
func (s *Socket) Join(at, source netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayJoin(at, source); err != nil {
		return err
	}
	over, err := s.Group()
	if err != nil {
		return err
	}
	g := s.groups[at]
	fresh := g == nil
	if fresh {
		g = &group{sources: map[netip.Addr]func(){}, own: s.apart}
		err = s.openMembers(g, at)
	}
	if err == nil {
		err = g.join(at, source)
	}
	if err == nil && fresh && g.own {
		for _, conn := range g.conns() {
			if joined := s.socket.Join(conn); joined != nil && err == nil {
				err = joined
			}
		}
		if err != nil {
			over()
			return err
		}
	}
	if err != nil {
		over()
		if fresh {
			g.close()
		}
		return fault.Classify(err)
	}
	g.sources[source] = over
	s.groups[at] = g
	return nil
}

// mayJoin judges a membership. The caller holds the mutex.
func (s *Socket) mayJoin(at, source netip.Addr) error {
	total := 0
	for _, g := range s.groups {
		total += g.memberships()
	}
	switch g := s.groups[at]; {
	//rule:groups-need-multicast
	case !s.Request.Multicast:
		return fault.ErrNotApplicable
	case s.groups == nil:
		return fault.ErrGone
	case g != nil && (g.has(source) || g.has(netip.Addr{}) || !source.IsValid()):
		return fmt.Errorf("%w: it has joined the group", fault.ErrNotApplicable)
		//rule:memberships-are-bounded
	case total >= maxMemberships:
		return fmt.Errorf("%w: too many groups", fault.ErrLimitOrigin)
	case at.Is4() && !s.families.Four && !s.apart, at.Is6() && !s.families.Six:
		return fmt.Errorf("%w: a group of the other IP version", fault.ErrUnreachable)
	}
	//rule:groups-are-judged
	_, err := rules.Group(s.Policy.Current(), s.Request, netip.AddrPortFrom(at, s.local.Port()))
	return err
}

func (g *group) has(source netip.Addr) bool {
	_, ok := g.sources[source]
	return ok
}

// openMembers opens what is going to join the group: the socket itself on each of its
// interfaces, or sockets that are bound to the group.
func (s *Socket) openMembers(g *group, at netip.Addr) error {
	interfaces, err := s.interfaces()
	if err != nil {
		return err
	}
	if !g.own {
		for _, iface := range interfaces {
			g.members = append(g.members, member{s.conn, iface})
		}
		return nil
	}
	var conn *net.UDPConn
	for _, iface := range interfaces {
		bind := at
		if zoned := at.Is6() && (at.IsLinkLocalMulticast() || at.IsInterfaceLocalMulticast()); zoned {
			// Such a group is another one on each link.
			bind, conn = at.WithZone(iface.Name), nil
		}
		if conn == nil {
			if conn, err = s.listenGroup(netip.AddrPortFrom(bind, s.local.Port())); err != nil {
				return err
			}
		}
		g.members = append(g.members, member{conn, iface})
	}
	return nil
}

// interfaces returns where groups are joined: on the one that the socket is bound to, or on
// every one that is up and can do multicast.
func (s *Socket) interfaces() ([]*net.Interface, error) {
	if s.iface != nil {
		return []*net.Interface{s.iface}, nil
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var list []*net.Interface
	for _, iface := range all {
		if iface.Flags&net.FlagUp != 0 && iface.Flags&net.FlagMulticast != 0 && len(list) < maxInterfaces {
			list = append(list, &iface)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: no interface for multicast", fault.ErrUnreachable)
	}
	return list, nil
}

// join has all members join, of which one has to succeed: not every interface has
// addresses of both IP versions. Those that do not are none.
func (g *group) join(at, source netip.Addr) error {
	var failures []error
	var joined []member
	for _, m := range g.members {
		if err := sockopt.Join(m.conn, sockopt.Membership{Group: at, Source: source, Interface: m.iface}); err != nil {
			failures = append(failures, err)
			continue
		}
		joined = append(joined, m)
	}
	if len(joined) == 0 {
		return errors.Join(failures...)
	}
	if len(g.sources) == 0 {
		for _, m := range g.members {
			if g.own && !uses(joined, m.conn) {
				_ = m.conn.Close()
			}
		}
		g.members = joined
	}
	return nil
}

func uses(members []member, conn *net.UDPConn) bool {
	for _, m := range members {
		if m.conn == conn {
			return true
		}
	}
	return false
}

// conns returns the group's own sockets, each once.
func (g *group) conns() []*net.UDPConn {
	var list []*net.UDPConn
	for i, m := range g.members {
		if g.own && !uses(g.members[:i], m.conn) {
			list = append(list, m.conn)
		}
	}
	return list
}

// close closes the group's own sockets, which nobody receives from yet.
func (g *group) close() {
	for _, conn := range g.conns() {
		_ = conn.Close()
	}
}

// Leave ends a membership. fault.ErrNotApplicable: there is none.
func (s *Socket) Leave(at, source netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[at]
	if g == nil || !g.has(source) {
		return fmt.Errorf("%w: it has not joined the group", fault.ErrNotApplicable)
	}
	s.leave(at, source, g)
	return nil
}

// leave ends a membership. What the system says to it does not matter: what comes from now
// on is dropped. The caller holds the mutex.
func (s *Socket) leave(at, source netip.Addr, g *group) {
	for _, m := range g.members {
		_ = sockopt.Leave(m.conn, sockopt.Membership{Group: at, Source: source, Interface: m.iface})
	}
	g.sources[source]()
	delete(g.sources, source)
	if len(g.sources) > 0 {
		return
	}
	delete(s.groups, at)
	for _, conn := range g.conns() {
		s.socket.Leave(conn)
	}
}

// leaveAll ends all memberships of a group. The caller holds the mutex.
func (s *Socket) leaveAll(at netip.Addr, g *group) {
	for source := range g.sources {
		s.leave(at, source, g)
	}
}
