// Package network tells networks apart, for destinations that are another machine in
// another network: private addresses, and names of multicast DNS.
//
// A network is known by its router: the address and the hardware address of the
// default gateway on the interface that leads to the destination, in the destination's
// family of addresses. It promises that
//
//   - the system alone is asked, and nothing is sent to any network;
//   - what identifies the router does not leave the package, but as a digest under the
//     caller's salt;
//   - a network that has no router, or one that it cannot tell from others, is
//     Unknown: tunnels and other links without hardware addresses, virtual routers
//     whose address is the same everywhere (VRRP, RFC 9568, section 7.3), and routers
//     that the system has not heard of yet.
//
// It does not promise that a network is what it seems: who knows the addresses of
// somebody's router can build a network that looks the same. Prefixes do not count,
// since many homes have the same, and those of IPv6 change.
package network

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/netip"

	"github.com/portside/portside/nativehost/address"
)

// Unknown is a network that cannot be told from others.
const Unknown = "unknown"

// idLength is how many bytes of a digest make an id.
const idLength = 16

// router is a default gateway.
type router struct {
	addr     netip.Addr
	hardware net.HardwareAddr
}

// DependsOn reports whether a host is another machine in another network. An address
// of this computer's own is: elsewhere somebody else has it.
func DependsOn(host address.Host) bool {
	switch host.Kind() {
	case address.MulticastDNS:
		return true
	case address.Literal:
		class := address.Classify(host.Addr())
		return class != address.Public && class != address.Loopback
	default:
		return false
	}
}

// Of returns the id of the network that the host would be looked for in, or Unknown.
// The same router has the same id under the same salt.
func Of(host address.Host, salt []byte) string {
	if len(salt) == 0 {
		return Unknown
	}
	at, ok := routerFor(host)
	if !ok || /*rule:shared-router-macs-identify-nothing*/ isShared(at.hardware) {
		return Unknown
	}
	//rule:network-ids-are-salted
	mac := hmac.New(sha256.New, salt)
	//rule:network-id-has-router-address
	mac.Write(at.addr.WithZone("").AsSlice())
	//rule:network-id-has-router-hardware
	mac.Write(at.hardware)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:idLength])
}

// routerFor finds the router of the interface that leads to the host. Names of
// multicast DNS are asked for on every link: for them it is the system's own way out,
// by IPv4 if there is one.
func routerFor(host address.Host) (router, bool) {
	if host.Kind() == address.Literal {
		addr := host.Addr().Unmap()
		index, ok := interfaceTo(addr)
		if !ok {
			return router{}, false
		}
		//rule:router-of-used-interface
		return defaultRouter(addr.Is4(), index)
	}
	if at, ok := defaultRouter(true, 0); ok {
		return at, true
	}
	return defaultRouter(false, 0)
}

// interfaceTo returns the interface through which the system would send to addr.
// Connecting a UDP socket sends nothing.
func interfaceTo(addr netip.Addr) (index int, ok bool) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 9)))
	if err != nil {
		return 0, false
	}
	defer conn.Close()
	local, ok := netip.AddrFromSlice(conn.LocalAddr().(*net.UDPAddr).IP)
	if !ok {
		return 0, false
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return 0, false
	}
	for _, iface := range interfaces {
		addrs, err := iface.Addrs()
		if err != nil {
			return 0, false
		}
		for _, own := range addrs {
			if prefix, err := netip.ParsePrefix(own.String()); err == nil && prefix.Addr() == local.Unmap() {
				return iface.Index, true
			}
		}
	}
	return 0, false
}

// isShared reports whether a hardware address says nothing of whose it is: none, all
// zeros, and those that virtual routers share.
func isShared(hardware net.HardwareAddr) bool {
	if len(hardware) == 0 || len(bytes.Trim(hardware, "\x00")) == 0 {
		return true
	}
	for _, virtual := range [][]byte{{0, 0, 0x5e, 0, 1}, {0, 0, 0x5e, 0, 2}} {
		if bytes.HasPrefix(hardware, virtual) {
			return true
		}
	}
	return false
}
