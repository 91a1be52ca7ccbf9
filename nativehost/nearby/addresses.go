package nearby

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// Address is an address of one of this computer's interfaces that is up.
type Address struct {
	// Addr has a zone if it is link-local IPv6.
	Addr netip.Addr
	// Interface is the system's name of the interface, Index its number.
	Interface string
	Index     int
	// Flags are those of the interface.
	Flags net.Flags
}

// Loopback reports whether the interface is one that leads to this computer only.
func (a *Address) Loopback() bool { return a.Flags&net.FlagLoopback != 0 }

// Addresses returns the addresses of this computer's interfaces that are up, each once:
// IPv4 first, then IPv6, link-local ones last. Among these they are in the order of the
// interfaces, loopback last: an address that another interface has, too, is that one's.
// They are what the system says now. Multicast and unspecified addresses are none.
func Addresses() ([]Address, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(interfaces, func(a, b net.Interface) int {
		return cmp.Or(int(a.Flags&net.FlagLoopback)-int(b.Flags&net.FlagLoopback), a.Index-b.Index)
	})
	var list []Address
	for _, iface := range interfaces {
		if iface.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := iface.Addrs()
		if err != nil {
			return nil, err
		}
		for _, one := range addrs {
			prefix, ok := prefixOf(one)
			if !ok || prefix.Addr().IsMulticast() || prefix.Addr().IsUnspecified() {
				continue
			}
			addr := prefix.Addr()
			if addr.Is6() && addr.IsLinkLocalUnicast() {
				addr = addr.WithZone(zone(iface))
			}
			same := func(a Address) bool { return a.Addr == addr }
			if !slices.ContainsFunc(list, same) {
				list = append(list, Address{addr, iface.Name, iface.Index, iface.Flags})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Address) int { return cmp.Compare(order(a.Addr), order(b.Addr)) })
	return list, nil
}

// zone is what the system calls the interface in an address: its name, or its number
// where that is long, as on Windows.
func zone(iface net.Interface) string {
	const longest = 15 // on Linux (IFNAMSIZ)
	if len(iface.Name) > longest {
		return strconv.Itoa(iface.Index)
	}
	return iface.Name
}

func order(addr netip.Addr) int {
	switch {
	case addr.Is4():
		return 0
	case !addr.IsLinkLocalUnicast():
		return 1
	default:
		return 2
	}
}
