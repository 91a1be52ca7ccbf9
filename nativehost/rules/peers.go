package rules

import (
	"fmt"
	"net/netip"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
)

// Choice is whom a bound UDP socket may exchange datagrams with, as the user agreed to.
type Choice string

// The choices of the protocol, the narrowest first.
const (
	// PeersNamed: the hosts that the user named.
	PeersNamed Choice = "named"
	// PeersNetwork: any device in the user's own network.
	PeersNetwork Choice = "network"
	// PeersInternet: any server on the Internet.
	PeersInternet Choice = "internet"
)

// Peers is a choice, and the hosts that the user named with PeersNamed.
type Peers struct {
	Choice Choice
	Named  []NamedPeer
}

// NamedPeer is a host that the user named: at one port, or at any if Port is 0.
type NamedPeer struct {
	Host address.Host
	Port uint16
}

// PeersAllowed returns the widest choice that administrators leave to the user, and ""
// when no UDP socket may be bound, with the setting that says so, if one does.
func PeersAllowed(p *policy.Policy) (widest Choice, by string) {
	setting := p.Settings.BoundUDP
	switch setting.Value {
	case policy.BoundInternet:
		return PeersInternet, setting.By
	case policy.BoundNetwork:
		return PeersNetwork, setting.By
	case policy.BoundNamed:
		return PeersNamed, setting.By
	default:
		return "", setting.By
	}
}

// widest judges a choice: nil, or the refusal of the administrators where it is wider
// than they allow.
func widest(p *policy.Policy, choice Choice) error {
	most, by := PeersAllowed(p)
	//rule:peers-within-policy
	if order(choice) > order(most) {
		return Forbidden(p, by)
	}
	return nil
}

// order has the wider choice behind the narrower one; what is no choice comes last.
func order(choice Choice) int {
	switch choice {
	case "":
		return 0
	case PeersNamed:
		return 1
	case PeersNetwork:
		return 2
	case PeersInternet:
		return 3
	default:
		return 4
	}
}

// Peer judges what is known without the network of a host that a bound socket is about
// to send to, as Before does for one that connects. r is who sends what to whom; whether
// the user's word stands for it follows from peers. It returns nil or an error of package
// fault.
func Peer(p *policy.Policy, near Near, peers Peers, r Request) error {
	_, err := peer(p, near, peers, r)
	return err
}

// PeerAt judges one address that the host has led to, as Resolved does. Of an answer
// that comes from the address it says the same.
func PeerAt(p *policy.Policy, near Near, peers Peers, r Request, addr netip.Addr) error {
	r, err := peer(p, near, peers, r)
	if err != nil {
		return err
	}
	if err := Resolved(p, near, r, addr); err != nil {
		return err
	}
	//rule:peer-address-fits-choice
	return fits(near, peers.Choice, addr)
}

// peer judges a host, and returns the request with the user's word for it.
func peer(p *policy.Policy, near Near, peers Peers, r Request) (Request, error) {
	if err := widest(p, peers.Choice); err != nil {
		return r, err
	}
	// Nobody was asked about the danger of a port.
	r.RiskAccepted = false
	switch peers.Choice {
	case PeersNamed:
		//rule:named-peers-only
		if !named(peers.Named, r) {
			return r, fmt.Errorf("%w: the user did not name it", fault.ErrAddress)
		}
		r.UserEntered = true
	case PeersNetwork:
		//rule:network-peers-have-no-names
		if kind := r.Host.Kind(); kind == address.Name || kind == address.Localhost {
			return r, fmt.Errorf("%w: not a device in the network", fault.ErrAddress)
		}
		r.UserEntered = true
	default:
		r.UserEntered = false
	}
	j := Before(p, near, r)
	if err := j.Err(); err != nil {
		return r, err
	}
	prompt, _ := p.LocalPrompt()
	//rule:stricter-prompt-refuses-peer
	if j.Prompt == policy.Forbid || j.Prompt.StricterThan(prompt) {
		return r, Forbidden(p, j.By)
	}
	if r.Host.Kind() == address.Literal {
		//rule:peer-fits-choice
		return r, fits(near, peers.Choice, r.Host.Addr())
	}
	return r, nil
}

// named reports whether the user has named the host, at this port or at any.
func named(list []NamedPeer, r Request) bool {
	for _, one := range list {
		if same(one.Host, r.Host) && (one.Port == 0 || one.Port == r.Port) {
			return true
		}
	}
	return false
}

// same reports whether two hosts are the same, an IPv4 address in any of its spellings.
func same(a, b address.Host) bool {
	return a == b || a.Kind() == address.Literal && b.Kind() == address.Literal && a.Addr().Unmap() == b.Addr().Unmap()
}

// fits judges an address by the choice alone. One that the user has named is judged by
// its host.
func fits(near Near, choice Choice, addr netip.Addr) error {
	class := Class(near, addr)
	switch {
	case choice == PeersNetwork && class != address.Private:
		return fmt.Errorf("%w: not a device in the network", fault.ErrAddress)
	case choice == PeersInternet && class != address.Public:
		return fmt.Errorf("%w: not a server on the Internet", fault.ErrAddress)
	default:
		return nil
	}
}

// Unasked judges a datagram that nobody asked for: it came from an address that the
// socket has not sent to. It is nil if its sender may reach the socket (Inbound) and is
// one whom the choice admits. With PeersNamed only addresses that the user has named
// count; those that a name has led to are for whoever has asked for them.
func Unasked(p *policy.Policy, near Near, peers Peers, r LocalRequest, remote netip.AddrPort) error {
	if err := Inbound(p, near, r, remote); err != nil {
		return err
	}
	addr := remote.Addr().Unmap()
	if peers.Choice == PeersNamed {
		//rule:unasked-sender-is-named
		if !named(peers.Named, Request{Host: address.FromAddr(addr), Port: remote.Port()}) {
			return fmt.Errorf("%w: the user did not name it", fault.ErrAddress)
		}
		return nil
	}
	//rule:unasked-sender-fits-choice
	return fits(near, peers.Choice, addr)
}
