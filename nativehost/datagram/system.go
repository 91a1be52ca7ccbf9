package datagram

import (
	"net"
	"net/netip"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/sockopt"
)

// received is a datagram of the system's. from and by are known of those of a socket with
// many peers.
type received struct {
	payload *buffer.Buffer
	from    netip.AddrPort
	by      sockopt.Arrival
}

// addrPort returns an address in its canonical form, IPv4 as IPv4.
func addrPort(addr *net.UDPAddr) netip.AddrPort {
	at := addr.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
