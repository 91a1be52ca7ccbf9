package sockopt

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Arrival is how a datagram has come, as far as the system tells.
type Arrival struct {
	// To is the address that it was sent to, IPv4 as IPv4; the zero Addr: not told.
	To netip.Addr
	// Interface is the index of the interface that it has come in by; 0: not told.
	Interface int
}

// TellArrival has the system tell of each datagram how it has come. six: the socket is one
// of IPv6, or of both. It does nothing where TellsArrivals is false.
func TellArrival(conn *net.UDPConn, six bool) error {
	switch {
	case !TellsArrivals:
		return nil
	case six:
		return ipv6.NewPacketConn(conn).SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true)
	default:
		return ipv4.NewPacketConn(conn).SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true)
	}
}

// ArrivalBytes is room for what the system tells of a datagram, in all its ways to.
const ArrivalBytes = 256

// Arrivals reads what the system tells. It belongs to one reader. Use NewArrivals.
type Arrivals struct {
	// Space is where the system's control messages of one datagram go.
	Space []byte
	four  ipv4.ControlMessage
	six   ipv6.ControlMessage
}

// NewArrivals returns Arrivals.
func NewArrivals() *Arrivals { return &Arrivals{Space: make([]byte, ArrivalBytes)} }

// Read reads the first n bytes of Space. What it cannot read has not been told.
func (a *Arrivals) Read(n int) Arrival {
	if n <= 0 || n > len(a.Space) {
		return Arrival{}
	}
	return a.ReadFrom(a.Space[:n])
}

// ReadFrom reads the control messages of one datagram, wherever they are.
func (a *Arrivals) ReadFrom(told []byte) Arrival {
	if len(told) == 0 {
		return Arrival{}
	}
	// The addresses stay, to be filled again; the index tells whether they have been.
	a.four.IfIndex, a.six.IfIndex = 0, 0
	if a.four.Parse(told) != nil || a.six.Parse(told) != nil {
		return Arrival{}
	}
	index, to := a.four.IfIndex, a.four.Dst
	if a.six.IfIndex > 0 {
		index, to = a.six.IfIndex, a.six.Dst
	}
	if index <= 0 {
		return Arrival{}
	}
	addr, _ := netip.AddrFromSlice(to)
	return Arrival{To: addr.Unmap(), Interface: index}
}
