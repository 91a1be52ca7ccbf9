package rules

import (
	"fmt"
	"net/netip"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
)

// Reach is from where others may reach a socket, as the user agreed to.
type Reach string

// The reaches of the protocol, the narrowest first.
const (
	// ReachComputer: programs on this computer, at a loopback address.
	ReachComputer Reach = "computer"
	// ReachNetwork: devices in the network of the interface whose address it is.
	ReachNetwork Reach = "network"
	// ReachAnybody: whoever can reach any interface.
	ReachAnybody Reach = "anybody"
)

// LocalRequest is who wants a socket that others can send to, and where.
type LocalRequest struct {
	// Origin is the asking origin, serialised.
	Origin string
	// Protocol is "tcp" for a socket that listens, "udp" for one that is bound.
	Protocol string
	// Address is what is to be bound; a link-local one may have a zone.
	Address netip.Addr
	// Port is 0 when the system picks one.
	Port  uint16
	Reach Reach
	// Peers is whom a bound socket may exchange datagrams with.
	Peers Choice
	// Announce: it is to be announced on the link. Multicast: it may join groups.
	Announce, Multicast bool
}

// The first ports that pages may use without an administrator: those below are where
// the services of a computer are, which a page shall not pass itself off as. For TCP it
// is what the draft says (Direct Sockets, TCPServerSocketOptions).
const (
	lowestTCP = 32768
	lowestUDP = 1024
)

// Local judges a socket that others can send to before it is bound, and again when the
// policy changes. It returns nil or an error of package fault: ErrOrigin, ErrPolicy or
// ErrPolicyBroken with the setting, ErrLowPort, ErrAddress.
func Local(p *policy.Policy, near Near, r LocalRequest) error {
	if err := LocalBefore(p, r); err != nil {
		return err
	}
	//rule:bound-address-fits-reach
	if reach := Reaches(near, r.Address); reach == "" || reach != r.Reach {
		return fmt.Errorf("%w: it does not reach as far as was agreed to", fault.ErrAddress)
	}
	//rule:admin-may-narrow-servers
	if by, ok := Admits(p, r.Protocol, r.Reach); !ok {
		return Forbidden(p, by)
	}
	return nil
}

// LocalBefore judges what does not depend on the address and its reach: origin, settings,
// port. Its errors are those of Local.
func LocalBefore(p *policy.Policy, r LocalRequest) error {
	//rule:local-socket-checks-origin
	if _, err := address.ParseOrigin(r.Origin); err != nil {
		return err
	}
	//rule:local-socket-asks-policy
	if verdict := p.JudgeOrigin(r.Origin); !verdict.Allowed {
		return Forbidden(p, verdict.By)
	}
	settings := &p.Settings
	switch {
	//rule:admin-may-forbid-servers
	case r.Protocol == "tcp" && settings.Servers.Value == policy.ServersOff:
		return Forbidden(p, settings.Servers.By)
	//rule:admin-may-forbid-bound-udp
	case r.Protocol == "udp" && settings.BoundUDP.Value == policy.BoundOff:
		return Forbidden(p, settings.BoundUDP.By)
	//rule:admin-may-forbid-announcing
	case r.Announce && !settings.Announce.Value:
		return Forbidden(p, settings.Announce.By)
	//rule:admin-may-forbid-multicast
	case r.Multicast && !settings.Multicast.Value:
		return Forbidden(p, settings.Multicast.By)
	}
	if err := widest(p, r.Peers); err != nil {
		return err
	}
	//rule:forbidden-prompt-refuses-local-socket
	if prompt, by := p.LocalPrompt(); prompt == policy.Forbid {
		return Forbidden(p, by)
	}
	//rule:low-port-needs-administrator
	if LowPort(r.Protocol, r.Port) {
		if opens, by := p.OpensLowPort(r.Origin, r.Protocol, r.Port); !opens {
			return fault.Because(fault.ErrLowPort, by)
		}
	}
	return nil
}

// LowPort reports whether a port is one that only an administrator opens to pages. 0, for
// which the system picks one, is none.
func LowPort(protocol string, port uint16) bool {
	lowest := uint16(lowestTCP)
	if protocol == "udp" {
		lowest = lowestUDP
	}
	return port != 0 && port < lowest
}

// Reaches returns how far a socket reaches that is bound to an address of this computer,
// and "" when it is none.
func Reaches(near Near, addr netip.Addr) Reach {
	switch addr = addr.Unmap(); {
	case !addr.IsValid():
		return ""
	case addr.IsUnspecified():
		return ReachAnybody
	case address.Classify(addr) == address.Loopback:
		return ReachComputer
		//rule:bound-address-is-own
	case Class(near, addr) == address.Loopback:
		return ReachNetwork
	default:
		return ""
	}
}

// Admits reports whether administrators let sockets reach so far, and otherwise which
// setting does not. The setting is about sockets that listen; how far bound ones go is
// said by whom they may exchange datagrams with (PeersAllowed).
func Admits(p *policy.Policy, protocol string, reach Reach) (by string, ok bool) {
	servers := p.Settings.Servers
	switch {
	case protocol != "tcp", servers.Value == policy.ServersAll:
		return "", true
	case servers.Value == policy.ServersNetwork && reach != ReachAnybody,
		servers.Value == policy.ServersComputer && reach == ReachComputer:
		return "", true
	default:
		return servers.By, false
	}
}

// Inbound judges whether somebody who has connected, or sent a datagram unasked, may
// reach a socket that is bound as r says. It returns nil or an error of package fault,
// which is for counters and no page.
//
// It goes by addresses alone. Whether a packet came in by the interface that has
// r.Address, and so from the network that the user agreed to, is a fact of the system,
// for whoever holds the socket.
//
// To administrators the other side is a destination, by its address and port: bytes go
// there. So what blockedDestinations has is turned away, and where there is a list of
// allowedDestinations, what it does not admit.
func Inbound(p *policy.Policy, near Near, r LocalRequest, remote netip.AddrPort) error {
	addr := remote.Addr().Unmap()
	class := Class(near, addr)
	switch {
	//rule:nobody-sends-from-never-addresses
	case class == address.Never:
		return fmt.Errorf("%w: nobody can be there", fault.ErrAddress)
		//rule:computer-reach-is-loopback
	case r.Reach == ReachComputer && address.Classify(addr) != address.Loopback:
		return fmt.Errorf("%w: another computer", fault.ErrAddress)
		//rule:network-reach-is-not-public
	case r.Reach == ReachNetwork && class == address.Public:
		return fmt.Errorf("%w: not in the network", fault.ErrAddress)
	}
	//rule:inbound-asks-policy
	if verdict := p.JudgeAddress(localQuery(r, remote), addr); !verdict.Allowed {
		return Forbidden(p, verdict.By)
	}
	return nil
}

// localQuery is what administrators are asked about the other side of a local socket.
func localQuery(r LocalRequest, remote netip.AddrPort) policy.Query {
	return policy.Query{
		Origin: r.Origin, Protocol: r.Protocol, Host: address.FromAddr(remote.Addr().Unmap()), Port: remote.Port(),
	}
}

// Group judges a multicast group that a bound socket is about to join, or to send to at a
// port; for joining it is the socket's own. named is true when an administrator has named
// the group's address. Which groups pages may not have otherwise is for others.
func Group(p *policy.Policy, r LocalRequest, group netip.AddrPort) (named bool, err error) {
	//rule:multicast-setting-counts-for-groups
	if !p.Settings.Multicast.Value {
		return false, Forbidden(p, p.Settings.Multicast.By)
	}
	addr := group.Addr().Unmap()
	if !addr.IsMulticast() {
		return false, fmt.Errorf("%w: not a multicast address", fault.ErrAddress)
	}
	verdict := p.JudgeAddress(localQuery(r, group), addr)
	//rule:groups-ask-policy
	if !verdict.Allowed {
		return false, Forbidden(p, verdict.By)
	}
	return verdict.VouchesPrivate, nil
}
