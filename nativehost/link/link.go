// Package link is the links of this computer as multicast DNS sees them: from each
// everybody on it is asked, and only answers from it are heard. It promises that what
// is sent goes to 224.0.0.251 or ff02::fb, port 5353, on that one link and no further,
// and that what is received came from port 5353 (RFC 6762, section 6.7), from an
// address on that link (section 11), through that link.
//
// The questions go out from a port of the system's choice, and answers come there, so
// a multicast DNS daemon of this computer is not disturbed (section 6.7 calls such
// askers legacy). Whoever answers questions is a Member of the group instead, on port
// 5353. What the packets say is for others to judge: anybody on a link may send any.
package link

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Port is where multicast DNS is spoken, and where answers come from (RFC 6762,
// sections 3 and 6.7).
const Port = 5353

// MaxPacket is the largest packet of multicast DNS, in bytes (RFC 6762, section 17).
const MaxPacket = 9000

// Link is an interface as seen by one family of addresses: a socket from which that
// interface is asked and where its answers come in. One goroutine may receive while
// others send.
type Link struct {
	iface net.Interface
	// prefixes are on the link: the interface's own and link-local.
	prefixes []netip.Prefix
	four     *ipv4.PacketConn // one of the two is nil
	six      *ipv6.PacketConn
}

// Open opens all links on which multicast is possible. One that cannot be opened,
// because its address is not ready or it has just gone, is left out.
func Open(ctx context.Context) []*Link {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var links []*Link
	for _, iface := range interfaces {
		if iface.Flags&net.FlagUp == 0 || iface.Flags&net.FlagMulticast == 0 {
			continue
		}
		own := ownPrefixes(iface)
		for _, network := range []string{"udp4", "udp6"} {
			if l, err := open(ctx, network, iface, own); err == nil {
				links = append(links, l)
			}
		}
	}
	return links
}

// ownPrefixes returns the interface's addresses with the lengths of their prefixes.
func ownPrefixes(iface net.Interface) []netip.Prefix {
	addrs, err := iface.Addrs()
	if err != nil {
		return nil
	}
	var own []netip.Prefix
	for _, addr := range addrs {
		if prefix, err := netip.ParsePrefix(addr.String()); err == nil {
			own = append(own, prefix)
		}
	}
	return own
}

// open binds to an address of the interface, so that the question has a source on
// that link wherever the system's routes point.
func open(ctx context.Context, network string, iface net.Interface, own []netip.Prefix) (*Link, error) {
	l, source, err := at(network, iface, own)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	conn, err := config.ListenPacket(ctx, network, netip.AddrPortFrom(source, 0).String())
	if err != nil {
		return nil, err
	}
	if err := l.use(conn, network); err != nil {
		conn.Close()
		return nil, err
	}
	return l, nil
}

// at returns a link without a socket yet, and the interface's address that its packets
// come from.
func at(network string, iface net.Interface, own []netip.Prefix) (*Link, netip.Addr, error) {
	l := &Link{iface: iface}
	var source netip.Addr
	for _, prefix := range own {
		addr := prefix.Addr()
		if addr.Is4() != (network == "udp4") {
			continue
		}
		l.prefixes = append(l.prefixes, prefix.Masked())
		// Any IPv4 address will do; of IPv6 ones, the link-local one is always there.
		if !source.IsValid() || addr.Is6() && addr.IsLinkLocalUnicast() && !source.IsLinkLocalUnicast() {
			source = addr
		}
	}
	if !source.IsValid() {
		return nil, source, net.ErrClosed
	}
	if network == "udp4" {
		l.prefixes = append(l.prefixes, netip.MustParsePrefix("169.254.0.0/16"))
	} else {
		l.prefixes = append(l.prefixes, netip.MustParsePrefix("fe80::/10"))
	}
	if source.Is6() && source.IsLinkLocalUnicast() {
		source = source.WithZone(iface.Name)
	}
	return l, source, nil
}

// use has the link's packets go through a socket, and out of its interface only.
func (l *Link) use(conn net.PacketConn, network string) error {
	if network == "udp4" {
		l.four = ipv4.NewPacketConn(conn)
		// Not everywhere; the source's address is looked at in any case.
		_ = l.four.SetControlMessage(ipv4.FlagInterface, true)
		// RFC 6762, section 11.
		return errors.Join(l.four.SetMulticastInterface(&l.iface), l.four.SetMulticastTTL(255))
	}
	l.six = ipv6.NewPacketConn(conn)
	_ = l.six.SetControlMessage(ipv6.FlagInterface, true)
	return errors.Join(l.six.SetMulticastInterface(&l.iface), l.six.SetMulticastHopLimit(255))
}

// Zone is the zone of the link's link-local IPv6 addresses.
func (l *Link) Zone() string { return l.iface.Name }

// Send multicasts a packet on the link. An error means that nobody there can be asked
// now.
func (l *Link) Send(packet []byte) error {
	var err error
	if l.four != nil {
		_, err = l.four.WriteTo(packet, nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: Port})
	} else {
		_, err = l.six.WriteTo(packet, nil, &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: Port, Zone: l.iface.Name})
	}
	return err
}

// Receive reads a packet into buffer and returns it with the address it came from. A
// packet that is too long, or that does not come from where answers come from, is nil;
// only after Close is there an error, net.ErrClosed. The buffer should have MaxPacket
// bytes and one more, or what fills it passes for whole.
func (l *Link) Receive(buffer []byte) ([]byte, netip.Addr, error) {
	n, from, index, err := l.receive(buffer)
	if errors.Is(err, net.ErrClosed) {
		return nil, netip.Addr{}, net.ErrClosed
	}
	// Some systems report a packet that is too long as an error.
	if err != nil || n > MaxPacket || !l.trusts(from, index) {
		return nil, netip.Addr{}, nil
	}
	return buffer[:n], from.Addr().Unmap(), nil
}

// receive reads a packet. The index of the interface that it came in through is 0
// where the system does not tell.
func (l *Link) receive(buffer []byte) (int, netip.AddrPort, int, error) {
	var n, index int
	var from net.Addr
	var err error
	if l.four != nil {
		var about *ipv4.ControlMessage
		n, about, from, err = l.four.ReadFrom(buffer)
		if about != nil {
			index = about.IfIndex
		}
	} else {
		var about *ipv6.ControlMessage
		n, about, from, err = l.six.ReadFrom(buffer)
		if about != nil {
			index = about.IfIndex
		}
	}
	if err != nil {
		return 0, netip.AddrPort{}, 0, err
	}
	udp, ok := from.(*net.UDPAddr)
	if !ok {
		return n, netip.AddrPort{}, index, nil
	}
	return n, udp.AddrPort(), index, nil
}

// trusts reports whether an answer may come from there: from the port of multicast
// DNS (RFC 6762, section 6.7), from an address on this link (section 11), through
// this link.
func (l *Link) trusts(from netip.AddrPort, index int) bool {
	//rule:mdns-answer-on-asked-interface
	if /*rule:mdns-answer-from-mdns-port*/ from.Port() != Port || index != 0 && index != l.iface.Index {
		return false
	}
	return l.covers(from.Addr())
}

// covers reports whether an address is on the link.
func (l *Link) covers(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, prefix := range l.prefixes {
		//rule:mdns-answer-from-link
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Close closes the link. Whoever receives from it is told.
func (l *Link) Close() {
	if l.four != nil {
		_ = l.four.Close()
	} else {
		_ = l.six.Close()
	}
}
