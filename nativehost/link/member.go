package link

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// group is where everybody on a link is reached (RFC 6762, section 3).
func group(network string) netip.Addr {
	if network == "udp4" {
		return netip.MustParseAddr("224.0.0.251")
	}
	return netip.MustParseAddr("ff02::fb")
}

// Member is a link on which this computer hears the questions of others, and answers from
// port 5353. It promises that
//
//   - only questions count that were sent to the multicast group, from an address on that
//     link, and came in through it;
//   - a multicast DNS daemon of this computer loses nothing: the socket is bound to the
//     group's address, so packets for port 5353 of this computer's own addresses go on
//     reaching the daemon.
//
// Windows has neither: sockets there cannot be bound to a group, and do not tell through
// which interface a packet came in. What remains there is the sender's address.
type Member struct {
	*Link
	// source is the IPv4 address that its packets come from, or nil.
	source net.IP
}

// Join has this computer take part in multicast DNS on an interface, by both families of
// addresses. None is returned where that is not possible. IPv4 packets come from the first
// IPv4 address of sources, if there is one: who checks whether they come from the link
// (RFC 6762, section 11) may not know of the interface's other addresses. Windows does not
// take it.
func Join(iface net.Interface, sources []netip.Addr) []Member {
	if iface.Flags&net.FlagUp == 0 || iface.Flags&net.FlagMulticast == 0 {
		return nil
	}
	own := ownPrefixes(iface)
	var members []Member
	for _, network := range []string{"udp4", "udp6"} {
		if m, err := join(network, iface, own); err == nil {
			if i := slices.IndexFunc(sources, netip.Addr.Is4); i >= 0 && m.four != nil {
				//rule:announcement-comes-from-its-address
				m.source = sources[i].AsSlice()
			}
			members = append(members, m)
		}
	}
	return members
}

func join(network string, iface net.Interface, own []netip.Prefix) (Member, error) {
	l, _, err := at(network, iface, own)
	if err != nil {
		return Member{}, err
	}
	conn, err := bindGroup(network, iface)
	if err != nil {
		return Member{}, err
	}
	err = l.use(conn, network)
	// Other programs of this computer hear what is said, too.
	if l.four != nil {
		err = errors.Join(err, l.four.JoinGroup(&iface, &net.UDPAddr{IP: group(network).AsSlice()}),
			l.four.SetMulticastLoopback(true), l.four.SetTTL(255))
	} else {
		err = errors.Join(err, l.six.JoinGroup(&iface, &net.UDPAddr{IP: group(network).AsSlice()}),
			l.six.SetMulticastLoopback(true), l.six.SetHopLimit(255))
	}
	if err != nil {
		conn.Close()
		return Member{}, err
	}
	return Member{Link: l}, nil
}

// Receive reads a packet into buffer and returns it with who sent it, from whichever port.
// A packet that is too long, or does not come from the link, is nil; only after Close is
// there an error, net.ErrClosed. The buffer should have MaxPacket bytes and one more, or
// what fills it passes for whole.
func (m Member) Receive(buffer []byte) ([]byte, netip.AddrPort, error) {
	n, from, index, err := m.receive(buffer)
	if errors.Is(err, net.ErrClosed) {
		return nil, netip.AddrPort{}, net.ErrClosed
	}
	if err != nil || n > MaxPacket || !m.hears(from, index) {
		return nil, netip.AddrPort{}, nil
	}
	return buffer[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), nil
}

// hears reports whether a question may come from there.
func (m Member) hears(from netip.AddrPort, index int) bool {
	// Linux hands a socket what comes in for the group on any interface, if somebody has
	// joined the group there.
	//rule:announcement-heard-on-its-interface
	if index != 0 && index != m.iface.Index {
		return false
	}
	//rule:announcement-heard-on-its-link
	return m.covers(from.Addr())
}

// Send multicasts a packet on the link. An error means that nobody there can be told now.
func (m Member) Send(packet []byte) error {
	if m.four == nil {
		return m.Link.Send(packet)
	}
	return m.SendTo(packet, netip.AddrPortFrom(group("udp4"), Port))
}

// SendTo sends a packet to somebody on the link, out of its interface.
func (m Member) SendTo(packet []byte, to netip.AddrPort) error {
	addr := net.UDPAddrFromAddrPort(to)
	var err error
	if m.four != nil {
		_, err = m.four.WriteTo(packet, &ipv4.ControlMessage{IfIndex: m.iface.Index, Src: m.source}, addr)
	} else {
		_, err = m.six.WriteTo(packet, &ipv6.ControlMessage{IfIndex: m.iface.Index}, addr)
	}
	return err
}
