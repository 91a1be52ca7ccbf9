package announce

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// maxInterfaces of a socket on all of them are announced on.
const maxInterfaces = 14

// Socket is a socket that others can send to.
type Socket struct {
	// Protocol is "tcp" or "udp".
	Protocol string
	// Local is where it is bound: an address of an interface, or 0.0.0.0 or :: for all.
	Local netip.AddrPort
	// IPv6Only is a socket at :: that has no IPv4.
	IPv6Only bool
	// Private is one of a private window: the log hears nothing of it.
	Private bool
}

// Sockets are the announcements of one socket: one for each interface that it is bound to.
type Sockets []*Announcement

// Stop withdraws all of them. It may be called several times.
func (s Sockets) Stop() {
	for _, a := range s {
		a.cancel()
	}
	for _, a := range s {
		a.Stop()
	}
}

// Start announces a socket until Stop is called or ctx ends: on the interface that has its
// address, or on each, with the addresses of that one. An error wraps ErrInvalid, or
// fault.ErrUnreachable where there is no interface to announce it on; the socket itself is
// none the worse for the latter.
func (s Socket) Start(ctx context.Context, what protocol.Announcement, log zerolog.Logger) (Sockets, error) {
	log = s.log(log)
	if err := Check(what.Type, what.Name, what.Txt); err != nil {
		return nil, err
	}
	//rule:announced-type-is-of-the-protocol
	if what.Type[len(what.Type)-len(s.Protocol):] != s.Protocol {
		return nil, fmt.Errorf("%w: %s is no type of a %s socket", ErrInvalid, what.Type, s.Protocol)
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, errors.Join(fault.ErrUnreachable, err)
	}
	var all Sockets
	for _, iface := range interfaces {
		addrs := s.at(iface)
		if len(addrs) == 0 || len(all) == maxInterfaces {
			continue
		}
		a, err := Start(ctx, Config{
			Interface: iface, Addrs: addrs[:min(len(addrs), maxAddrs)], Port: s.Local.Port(), Type: what.Type, Name: what.Name, TXT: what.Txt, Log: log,
		})
		if err != nil {
			log.Debug().Err(err).Msg("not announced on one of the interfaces")
			continue
		}
		all = append(all, a)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: no link to announce it on", fault.ErrUnreachable)
	}
	return all, nil
}

// log is what hears of the announcement.
func (s Socket) log(log zerolog.Logger) zerolog.Logger {
	//rule:announcements-of-private-windows-are-not-logged
	if s.Private {
		return zerolog.Nop()
	}
	return log
}

// at returns the addresses by which the socket is reached through an interface.
func (s Socket) at(iface net.Interface) []netip.Addr {
	const wanted, not = net.FlagUp | net.FlagMulticast, net.FlagLoopback
	if iface.Flags&(wanted|not) != wanted {
		return nil
	}
	assigned, err := iface.Addrs()
	if err != nil {
		return nil
	}
	local := s.Local.Addr().Unmap()
	var addrs []netip.Addr
	for _, a := range assigned {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || unspecific(prefix.Addr()) {
			continue
		}
		addr := prefix.Addr().Unmap()
		//rule:announced-where-it-is-bound
		if s.has(local, addr, iface) {
			addrs = append(addrs, addr)
		}
	}
	// Others may not be able to use link-local addresses of IPv6; they are for who has no
	// others.
	linkLocal := func(addr netip.Addr) bool { return addr.Is6() && addr.IsLinkLocalUnicast() }
	if slices.ContainsFunc(addrs, func(addr netip.Addr) bool { return !linkLocal(addr) }) {
		addrs = slices.DeleteFunc(addrs, linkLocal)
	}
	return addrs
}

// has reports whether a socket bound to local is reached by an address of an interface.
func (s Socket) has(local, addr netip.Addr, iface net.Interface) bool {
	switch {
	case local.IsUnspecified() && local.Is4():
		return addr.Is4()
	case local.IsUnspecified():
		return addr.Is6() || !s.IPv6Only
	case local.Zone() != "":
		return local.WithZone("") == addr && (local.Zone() == iface.Name || local.Zone() == fmt.Sprint(iface.Index))
	}
	return local == addr
}
