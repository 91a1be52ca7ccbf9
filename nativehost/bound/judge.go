package bound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/datagram"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/resolve"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/nativehost/sockopt"
	"github.com/portside/portside/protocol"
)

// Look implements datagram.Peers.
func (s *Socket) Look(header []byte) (netip.AddrPort, error) {
	p := s.current()
	if to, isFresh, _ := s.routes.Get(header); isFresh {
		return to, nil
	}
	host, port, family, err := readPeer(header)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if host.Kind() == address.Literal && host.Addr().IsMulticast() {
		to := netip.AddrPortFrom(address.Plain(host.Addr()), port)
		if err := s.mayNotify(p, to); err != nil {
			return netip.AddrPort{}, err
		}
		return s.remember(p, header, host, to), nil
	}
	//rule:shared-port-speaks-to-groups-only
	if s.silent {
		return netip.AddrPort{}, fmt.Errorf("%w: what comes from this port is somebody else's word", fault.ErrAddress)
	}
	//rule:peer-is-judged-before-asking
	if err := rules.Peer(p, s.Near, s.Peers, s.request(host, port)); err != nil {
		return netip.AddrPort{}, err
	}
	if host.Kind() != address.Literal || dial.Probed(port) {
		return netip.AddrPort{}, datagram.ErrAsk
	}
	addr, err := s.usable(host.Addr())
	if err != nil {
		return netip.AddrPort{}, err
	}
	if family == resolve.IPv4 && !addr.Is4() || family == resolve.IPv6 && !addr.Is6() {
		return netip.AddrPort{}, fmt.Errorf("%w: no address of this family", fault.ErrDNS)
	}
	if err := rules.PeerAt(p, s.Near, s.Peers, s.request(host, port), addr); err != nil {
		return netip.AddrPort{}, err
	}
	return s.remember(p, header, host, netip.AddrPortFrom(addr, port)), nil
}

// Find implements datagram.Peers.
func (s *Socket) Find(ctx context.Context, header []byte) (netip.AddrPort, error) {
	host, port, family, err := readPeer(header)
	if err != nil {
		return netip.AddrPort{}, err
	}
	p := s.current()
	_, _, known := s.routes.Get(header)
	if !known {
		// A question to the network is worth as much as a datagram to somebody new.
		//rule:questions-about-peers-are-rationed
		if err := s.Meet(); err != nil {
			return netip.AddrPort{}, err
		}
	}
	dialer := *s.Dialer
	dialer.Rules = peerRules{s}
	at, err := dialer.Peer(ctx, dial.Target{
		Network: "udp", Host: host, Port: port, Origin: s.Request.Origin, Private: s.Private,
	}, family, func(addr netip.Addr) bool {
		_, err := s.usable(addr)
		return err == nil
	})
	if err != nil {
		//rule:lost-names-are-rationed-again
		s.routes.Drop(header)
		return netip.AddrPort{}, err
	}
	addr, err := s.usable(at.Addr())
	if err != nil {
		return netip.AddrPort{}, err
	}
	to := s.remember(p, header, host, netip.AddrPortFrom(addr, port))
	if !known {
		s.table.Introduce(to)
	}
	return to, nil
}

// remember notes where a host has led to, as the policy p has judged it.
func (s *Socket) remember(p *policy.Policy, header []byte, host address.Host, to netip.AddrPort) netip.AddrPort {
	if host.Addr() != to.Addr() {
		s.hosts.Put(to.Addr(), host)
	}
	s.routes.Put(header, to)
	if s.Policy.Current() != p {
		s.routes.Expire()
	}
	return to
}

// peerRules are the rules of package dial about the peers of a socket.
type peerRules struct{ *Socket }

// Judge implements dial.Rules.
func (s peerRules) Judge(_ context.Context, target dial.Target, at netip.AddrPort) error {
	//rule:resolved-peer-is-judged
	return rules.PeerAt(s.Policy.Current(), s.Near, s.Peers, s.request(target.Host, target.Port), at.Addr())
}

// Send implements datagram.Peers.
func (s *Socket) Send(to netip.AddrPort, bytes int) error {
	//rule:bound-socket-stays-in-its-network
	if s.Peers.Choice == rules.PeersNetwork && s.Away() {
		return fmt.Errorf("%w: this is another network", fault.ErrAddress)
	}
	if !to.Addr().IsMulticast() {
		return s.table.Send(to, bytes, false)
	}
	// Whether it has joined the group makes no difference to those who have. Whether it may
	// send to groups at all was asked when the peer was judged.
	return s.table.Send(to, bytes, true)
}

// Receive implements datagram.Peers.
func (s *Socket) Receive(dst []byte, from netip.AddrPort, by sockopt.Arrival) ([]byte, bool) {
	if from.Port() == 0 {
		// Nothing could be sent back, nor said of it on the wire.
		return dst, false
	}
	s.current()
	local := s.loopback[by.Interface]
	//rule:bound-socket-stays-in-its-network.2
	if !local && s.Away() {
		return dst, false
	}
	if by.To.IsMulticast() {
		if !s.hears(from, by) {
			return dst, false
		}
		return s.table.Received(dst, from, local, true)
	}
	//rule:datagrams-come-to-the-place
	if !s.came(by) {
		return dst, false
	}
	return s.table.Received(dst, from, local, false)
}

// came reports whether a datagram has come to where the socket is, by the interface that
// is there, or from this computer itself.
func (s *Socket) came(by sockopt.Arrival) bool {
	switch {
	case !sockopt.TellsArrivals:
		return true
	case by.Interface == 0 || !by.To.IsValid():
		return false
	case s.Request.Reach == rules.ReachAnybody:
		// Not to everybody on a link.
		return /*rule:broadcasts-are-not-received*/ rules.Class(s.Near, by.To) != address.Never
	default:
		return by.To == s.local.Addr().WithZone("") &&
			//rule:datagrams-come-by-the-interface
			(by.Interface == s.iface.Index || s.loopback[by.Interface])
	}
}

// admit is asked whether a datagram may come in from an address.
func (s *Socket) admit(from netip.AddrPort, asked, local bool) error {
	//rule:forged-local-sources-are-dropped
	if sockopt.TellsArrivals && !local && rules.Class(s.Near, from.Addr()) == address.Loopback {
		return fmt.Errorf("%w: it says that it is from this computer, and came from elsewhere", fault.ErrAddress)
	}
	p := s.Policy.Current()
	host, found := s.hosts.Of(from.Addr())
	if asked || found && s.Peers.Choice == rules.PeersNamed {
		if !found {
			host = address.FromAddr(from.Addr())
		}
		return rules.PeerAt(p, s.Near, s.Peers, s.request(host, from.Port()), from.Addr())
	}
	return rules.Unasked(p, s.Near, s.Peers, s.Request, from)
}

// usable returns an address as the socket can send to it, or why it cannot: of its IP
// version, within its reach, and a link-local one with the zone of the interface.
func (s *Socket) usable(addr netip.Addr) (netip.Addr, error) {
	addr = addr.Unmap()
	switch {
	case addr.Is4() && !s.families.Four, addr.Is6() && !s.families.Six:
		return addr, fmt.Errorf("%w: no address that the socket can send to", fault.ErrDNS)
		//rule:computer-reach-sends-to-loopback
	case s.Request.Reach == rules.ReachComputer && address.Classify(addr) != address.Loopback:
		return addr, fmt.Errorf("%w: another computer", fault.ErrAddress)
	case !addr.Is6() || !addr.IsLinkLocalUnicast():
		return addr.WithZone(""), nil
	}
	zone := zoneName(addr.Zone())
	switch {
	case s.iface == nil:
		return addr.WithZone(zone), nil
		//rule:peer-zone-is-the-interface
	case zone != "" && zone != s.iface.Name:
		return addr, fmt.Errorf("%w: on another link", fault.ErrAddress)
	default:
		return addr.WithZone(s.iface.Name), nil
	}
}

// zoneName returns the name of the interface that a zone names by its number, as the
// system tells it of what comes.
func zoneName(zone string) string {
	index, err := strconv.Atoi(zone)
	if err != nil {
		return zone
	}
	iface, err := net.InterfaceByIndex(index)
	if err != nil {
		return zone
	}
	return iface.Name
}

// readPeer reads the header of a peer as a page may write it.
func readPeer(header []byte) (host address.Host, port uint16, family resolve.Family, err error) {
	peer, _, err := protocol.ReadPeer(header)
	if err != nil || peer.Port == 0 {
		return host, 0, "", fmt.Errorf("%w: no peer", fault.ErrProtocol)
	}
	switch peer.Family {
	case protocol.PeerIPv4:
		family = resolve.IPv4
	case protocol.PeerIPv6:
		family = resolve.IPv6
	}
	host, err = address.ParseHost(peer.Address)
	return host, peer.Port, family, err
}
