package report

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
)

// explainLocal says what becomes of one socket that others can send to: where it may be
// open, and who would be let in. What it says is what package rules decides.
func (c *command) explainLocal() error {
	if err := checkOrigin(c.origin); err != nil {
		return err
	}
	r := rules.LocalRequest{Origin: c.origin, Protocol: "tcp", Announce: c.announce, Multicast: c.multicast}
	flag, at := "--listen", c.listen
	if c.bind != "" {
		flag, at, r.Protocol = "--bind", c.bind, "udp"
	}
	var err error
	if r.Address, r.Port, err = parseLocal(at); err != nil {
		return advise("as in 127.0.0.1:40000 or [::]:40000; port 0 is one that the system picks", "%w%s: %w", errUsage, flag, err)
	}
	var remote netip.AddrPort
	if c.from != "" {
		if remote, err = netip.ParseAddrPort(c.from); err != nil || remote.Port() == 0 {
			return misuse("--from: %q is no ADDRESS:PORT", c.from)
		}
	}
	own, err := c.own()
	if err != nil {
		return fmt.Errorf("the interfaces of this computer cannot be read: %w", err)
	}
	p, err := c.load()
	if err != nil {
		return err
	}
	places, err := []rules.LocalPlace(nil), rules.LocalBefore(p, r)
	if err == nil {
		places, err = rules.Places(p, c.near, own, r.Protocol, r.Address, false)
	}
	return withFaults(p, c.tellLocal(p, r, places, err, remote))
}

// parseLocal reads ADDRESS:PORT of this computer, where the port may be 0.
func parseLocal(text string) (netip.Addr, uint16, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return netip.Addr{}, 0, errors.New("a place is ADDRESS:PORT, with an IPv6 address in brackets")
	}
	addr, err := address.ParseLocal(host)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%q is no address", host)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.Addr{}, 0, errors.New("ports are 1 to 65535, or 0")
	}
	return addr, uint16(number), nil
}

// tellLocal says what was asked, which settings have a say, and what becomes of it. why is
// the reason for which it is refused, or nil.
func (c *command) tellLocal(p *policy.Policy, r rules.LocalRequest, places []rules.LocalPlace, why error, remote netip.AddrPort) error {
	does, port := "listen for TCP", fmt.Sprintf("port %d", r.Port)
	if r.Protocol == "udp" {
		does = "bind a UDP socket"
	}
	if r.Port == 0 {
		port = "at a port that the system picks"
	}
	c.say("%s asks to %s at %s, %s", r.Origin, does, r.Address, port)
	c.say("")
	fate := c.answerLocal(p, r, places, why, remote)
	c.say("")
	c.localSettings(p, r)
	return fate.err()
}

// answerLocal says what becomes of it.
func (c *command) answerLocal(p *policy.Policy, r rules.LocalRequest, places []rules.LocalPlace, why error, remote netip.AddrPort) fate {
	if why != nil {
		c.say("Refused%s", because(fault.Setting(why)))
		switch {
		case errors.Is(why, fault.ErrLowPort):
			c.say("  so low a port is open to pages only where localPorts lists it: below 32768 for TCP, below 1024 for UDP")
		case errors.Is(why, fault.ErrAddress):
			c.say("  this computer has no such address now")
		}
		return refuses
	}
	lines, in := c.where(p, r, places, remote)
	result := asks
	if remote.IsValid() && !in {
		c.say("Refused: %s would be turned away everywhere", remote)
		result = refuses
	} else {
		prompt, by := p.LocalPrompt()
		c.say("%s", consent(p, outcome{Judgement: rules.Judgement{Prompt: prompt, By: by}}))
	}
	c.conditions(p)
	if r.Protocol == "udp" {
		widest, _ := rules.PeersAllowed(p)
		c.say("  the user says whom it may send to, and hear from: at most %s", map[rules.Choice]string{
			rules.PeersNamed: "hosts that they name", rules.PeersNetwork: "any device in their network", rules.PeersInternet: "any server on the Internet",
		}[widest])
	}
	c.say("")
	c.say("Where it may be open; the user picks one")
	for _, line := range lines {
		c.say("%s", line)
	}
	return result
}

// where lists the places, and whether somebody at remote, if it is given, would be let in
// at each; in: at one of them.
func (c *command) where(p *policy.Policy, r rules.LocalRequest, places []rules.LocalPlace, remote netip.AddrPort) (lines []string, in bool) {
	for _, place := range places {
		lines = append(lines, fmt.Sprintf("  %-36s %s", place.Address, reaches(place)))
		if !remote.IsValid() {
			continue
		}
		r.Address, r.Reach = place.Address, place.Reach
		err := rules.Inbound(p, c.near, r, remote)
		in = in || err == nil
		lines = append(lines, "    "+letIn(r, place, remote, err))
	}
	return lines, in
}

// localSettings lists the settings that have a say.
func (c *command) localSettings(p *policy.Policy, r rules.LocalRequest) {
	var lines []string
	row := func(effect, by string) {
		if by != "" {
			lines = append(lines, fmt.Sprintf("  %-36s %s", effect, by))
		}
	}
	s := &p.Settings
	if r.Protocol == "tcp" {
		row("servers: "+s.Servers.Value, s.Servers.By)
	} else {
		row("boundUDP: "+s.BoundUDP.Value, s.BoundUDP.By)
		row("multicast: "+fmt.Sprint(s.Multicast.Value), s.Multicast.By)
	}
	if r.Announce {
		row("announce: "+fmt.Sprint(s.Announce.Value), s.Announce.By)
	}
	if rules.LowPort(r.Protocol, r.Port) {
		opens, by := p.OpensLowPort(r.Origin, r.Protocol, r.Port)
		row(map[bool]string{true: "opens the port", false: "does not list the port"}[opens], by)
	}
	prompt, by := p.LocalPrompt()
	row("prompt: "+string(prompt), by)
	if len(lines) == 0 {
		c.say("No setting has a say.")
		return
	}
	c.say("Settings that have a say")
	for _, line := range lines {
		c.say("%s", line)
	}
}

// reaches says in words how far a socket reaches that is open at a place.
func reaches(place rules.LocalPlace) string {
	switch place.Reach {
	case rules.ReachComputer:
		return "programs on this computer"
	case rules.ReachNetwork:
		words := "devices in the network of " + place.Interface
		if place.Public {
			words += ", at an address of the Internet"
		}
		return words
	default:
		return "everybody who can reach this computer"
	}
}

// letIn says whether somebody would be let in at a place, as far as addresses tell.
func letIn(r rules.LocalRequest, place rules.LocalPlace, remote netip.AddrPort, err error) string {
	what := "a connection from "
	if r.Protocol == "udp" {
		what = "a datagram from "
	}
	switch {
	case err == nil && place.Reach == rules.ReachNetwork:
		return what + remote.String() + " would be let in, if it comes in by " + place.Interface
	case err == nil:
		return what + remote.String() + " would be let in"
	case errors.Is(err, fault.ErrPolicy):
		return what + remote.String() + " would be turned away" + because(fault.Setting(err))
	default:
		return what + remote.String() + " would be turned away: " + strings.TrimPrefix(err.Error(), fault.ErrAddress.Error()+": ")
	}
}
