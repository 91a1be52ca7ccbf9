package sockopt

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Families says of which IP versions a UDP socket is.
type Families struct{ Four, Six bool }

// Multicast is what is sent to groups.
type Multicast struct {
	// TimeToLive is the TTL, or hop limit, of what is sent to groups.
	TimeToLive int
	// Loopback: this computer hears it, too.
	Loopback bool
	// Interface is where it leaves by; nil leaves that to the system.
	Interface *net.Interface
}

// SetMulticast says how a socket sends to groups, and that it hears only of those that it
// has joined itself.
func SetMulticast(conn *net.UDPConn, of Families, m Multicast) error {
	if err := onlyJoined(conn, of); err != nil {
		return fmt.Errorf("hear of joined groups only: %w", err)
	}
	if of.Six {
		six := ipv6.NewPacketConn(conn)
		if err := setMulticast(six, six.SetMulticastHopLimit, m); err != nil {
			return err
		}
	}
	if !of.Four {
		return nil
	}
	four := ipv4.NewPacketConn(conn)
	err := setMulticast(four, four.SetMulticastTTL, m)
	if err != nil && of.Six && !bothAtOnce {
		// Here a socket of both has no options of IPv4.
		return nil
	}
	return err
}

// multicastConn is what the two IP versions have in common.
type multicastConn interface {
	SetMulticastLoopback(on bool) error
	SetMulticastInterface(iface *net.Interface) error
}

// setMulticast sets the options of one IP version. setTTL sets its TTL or hop limit.
func setMulticast(c multicastConn, setTTL func(int) error, m Multicast) error {
	if err := setTTL(m.TimeToLive); err != nil {
		return fmt.Errorf("set the TTL of multicast: %w", err)
	}
	if err := c.SetMulticastLoopback(m.Loopback); err != nil {
		return fmt.Errorf("set the loopback of multicast: %w", err)
	}
	if m.Interface == nil {
		return nil
	}
	if err := c.SetMulticastInterface(m.Interface); err != nil {
		return fmt.Errorf("set the interface of multicast: %w", err)
	}
	return nil
}

// Membership is a group that is joined on an interface. Source is the zero Addr, or the
// only one who is heard (source-specific multicast, RFC 4607).
type Membership struct {
	Group, Source netip.Addr
	Interface     *net.Interface
}

// Join has a socket join a group.
func Join(conn *net.UDPConn, m Membership) error {
	group, source := udpAddr(m.Group), udpAddr(m.Source)
	switch four, specific := m.Group.Is4(), m.Source.IsValid(); {
	case four && specific:
		return ipv4.NewPacketConn(conn).JoinSourceSpecificGroup(m.Interface, group, source)
	case four:
		return ipv4.NewPacketConn(conn).JoinGroup(m.Interface, group)
	case specific:
		return ipv6.NewPacketConn(conn).JoinSourceSpecificGroup(m.Interface, group, source)
	default:
		return ipv6.NewPacketConn(conn).JoinGroup(m.Interface, group)
	}
}

// Leave ends what Join began.
func Leave(conn *net.UDPConn, m Membership) error {
	group, source := udpAddr(m.Group), udpAddr(m.Source)
	switch four, specific := m.Group.Is4(), m.Source.IsValid(); {
	case four && specific:
		return ipv4.NewPacketConn(conn).LeaveSourceSpecificGroup(m.Interface, group, source)
	case four:
		return ipv4.NewPacketConn(conn).LeaveGroup(m.Interface, group)
	case specific:
		return ipv6.NewPacketConn(conn).LeaveSourceSpecificGroup(m.Interface, group, source)
	default:
		return ipv6.NewPacketConn(conn).LeaveGroup(m.Interface, group)
	}
}

func udpAddr(addr netip.Addr) *net.UDPAddr {
	return &net.UDPAddr{IP: addr.AsSlice()}
}
