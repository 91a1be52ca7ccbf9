package rules

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
)

// mostInterfaces is how many addresses of interfaces the user may choose from. With
// loopback and the wildcard they are what the protocol takes.
const mostInterfaces = 14

// LocalPlace is where a socket that others can send to may be bound.
type LocalPlace struct {
	Address netip.Addr
	Reach   Reach
	// Interface is the system's name of the interface, "" for every one.
	Interface string
	// Public: it is an address of the Internet.
	Public bool
}

// Places lists what the user may choose from, the narrowest first, when a page asks for
// an address of this computer: that address, or for 0.0.0.0 and :: the loopback address,
// those of the interfaces, and last the wildcard itself. own are the addresses of this
// computer's interfaces. With ipv6Only there are no IPv4 addresses.
//
// The error is fault.ErrAddress where the computer has no such address, or the
// administrators' where they do not let it reach so far.
func Places(p *policy.Policy, near Near, own []nearby.Address, protocol string, asked netip.Addr, ipv6Only bool) ([]LocalPlace, error) {
	asked = asked.Unmap()
	var all []LocalPlace
	if asked.IsUnspecified() {
		all = append(everywhere(near, own, asked, ipv6Only), LocalPlace{Address: asked, Reach: ReachAnybody})
	} else if place, ok := one(near, own, asked); ok {
		all = []LocalPlace{place}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: this computer has no such address", fault.ErrAddress)
	}
	var by string
	//rule:places-within-policy
	all = slices.DeleteFunc(all, func(place LocalPlace) bool {
		setting, admitted := Admits(p, protocol, place.Reach)
		if !admitted {
			by = setting
		}
		return !admitted
	})
	if len(all) == 0 {
		return nil, Forbidden(p, by)
	}
	return all, nil
}

// one is the place that an address of this computer is. Every loopback address is one,
// whether an interface has it or not; a link-local address may be asked for without its
// zone.
func one(near Near, own []nearby.Address, asked netip.Addr) (LocalPlace, bool) {
	if Reaches(near, asked) == ReachComputer {
		return LocalPlace{Address: asked, Reach: ReachComputer, Interface: loopbackOf(own)}, true
	}
	for _, at := range own {
		if at.Addr == asked || asked.Zone() == "" && at.Addr.WithZone("") == asked {
			return place(near, at)
		}
	}
	return LocalPlace{}, false
}

// place is the place that an address of an interface is.
func place(near Near, at nearby.Address) (LocalPlace, bool) {
	reach := Reaches(near, at.Addr)
	return LocalPlace{
		Address: at.Addr, Reach: reach, Interface: at.Interface, Public: address.Classify(at.Addr) == address.Public,
	}, reach == ReachComputer || reach == ReachNetwork
}

func loopbackOf(own []nearby.Address) string {
	for _, at := range own {
		if at.Loopback() {
			return at.Interface
		}
	}
	return ""
}

// everywhere lists the addresses that a wildcard stands for: one of loopback, then those
// of the interfaces that lead elsewhere. Link-local addresses are among them only where
// there is nothing else.
func everywhere(near Near, own []nearby.Address, wildcard netip.Addr, ipv6Only bool) []LocalPlace {
	var loopback, network, linkLocal []LocalPlace
	for _, at := range own {
		if at.Addr.Is6() && wildcard.Is4() || at.Addr.Is4() && ipv6Only {
			continue
		}
		place, ok := place(near, at)
		switch {
		case !ok:
		case place.Reach == ReachComputer:
			loopback = append(loopback, place)
		case at.Loopback():
			// Other addresses of that interface lead nowhere else either, and are taken only
			// by who asks for them.
		case at.Addr.Is6() && at.Addr.IsLinkLocalUnicast():
			linkLocal = append(linkLocal, place)
		default:
			network = append(network, place)
		}
	}
	if len(network) == 0 {
		network = linkLocal
	}
	return slices.Concat(first(loopback, 1), first(network, mostInterfaces))
}

func first(places []LocalPlace, most int) []LocalPlace { return places[:min(len(places), most)] }
