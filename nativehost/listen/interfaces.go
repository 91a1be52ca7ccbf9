package listen

import (
	"net"
	"net/netip"
	"slices"
	"time"
)

// fresh is how long what was read of the interfaces counts. Reading them for each
// connection would cost more than the connection.
const fresh = time.Second

// discardPort is only there because an address without a port cannot be connected to
// (RFC 863); nothing is sent to it.
const discardPort = 9

// interfaces knows which interface has an address. The zero value is ready.
type interfaces struct {
	read time.Time
	// of has the indexes of the interfaces that have an address, by the address without
	// its zone: a link-local one may be on several.
	of map[netip.Addr][]int
}

// same reports whether what goes from here to remote leaves by the interface that has
// local. A host takes packets for any of its addresses by any interface (the weak model of
// RFC 1122, section 3.3.4.2), so the address alone does not tell in which network a peer
// is; but the peer of a TCP connection has got our answers, which went by the route to it.
//
// What this computer says to itself goes by the loopback interface, whatever the address.
// Where the system does not tell, it is false.
func (n *interfaces) same(local, remote netip.Addr) bool {
	if !n.current() {
		return false
	}
	if remote.IsLoopback() || len(n.with(remote)) > 0 {
		return true
	}
	source, ok := sourceTo(remote)
	if !ok {
		return false
	}
	here := n.with(local)
	return slices.ContainsFunc(n.with(source), func(index int) bool { return slices.Contains(here, index) })
}

// sourceTo returns the address that the system would send from to get to remote, which is
// one of the interface that it would send by. Connecting a UDP socket asks for the route,
// and sends nothing.
func sourceTo(remote netip.Addr) (netip.Addr, bool) {
	socket, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, discardPort)))
	if err != nil {
		return netip.Addr{}, false
	}
	defer socket.Close()
	return socket.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), true
}

// with returns the interfaces that have an address; one with a zone is on that one only.
func (n *interfaces) with(addr netip.Addr) []int {
	all := n.of[addr.WithZone("")]
	if zone := addr.Zone(); zone != "" {
		iface, err := net.InterfaceByName(zone)
		if err != nil || !slices.Contains(all, iface.Index) {
			return nil
		}
		return []int{iface.Index}
	}
	return all
}

// current reads the interfaces if what is known is too old, and reports whether anything is
// known.
func (n *interfaces) current() bool {
	if n.of != nil && time.Since(n.read) < /*rule:listener-interfaces-are-reread*/ fresh {
		return true
	}
	list, err := net.Interfaces()
	if err != nil {
		return n.of != nil
	}
	of := map[netip.Addr][]int{}
	for _, iface := range list {
		addrs, err := iface.Addrs()
		if err != nil {
			return n.of != nil
		}
		for _, addr := range addrs {
			if prefix, ok := addr.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(prefix.IP); ok {
					of[ip.Unmap()] = append(of[ip.Unmap()], iface.Index)
				}
			}
		}
	}
	n.of, n.read = of, time.Now()
	return true
}
