package link

import "net"

// bindGroup returns a socket that has the group's port, beside others that have it.
func bindGroup(network string, iface net.Interface) (net.PacketConn, error) {
	return net.ListenMulticastUDP(network, &iface, &net.UDPAddr{IP: group(network).AsSlice(), Port: Port})
}
