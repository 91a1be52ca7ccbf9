package report

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/origin"
	"github.com/portside/portside/nativehost/policy"
)

// explain says what becomes of one socket. Portside's own rules come on top of what
// administrators say; those that the question alone can answer are told as well.
func (c *command) explain() error {
	if err := origin.Check(c.origin); err != nil {
		return advise("it is written as in https://mail.example.org, without a path; http only has sockets on this computer",
			"%w%q is not the origin of a secure page", errUsage, c.origin)
	}
	q, err := policy.ParseQuery(c.origin, c.protocol, c.to, c.tls)
	if err != nil {
		return advise("as in mail.example.org:993 or [2001:db8::1]:22", "%w--to: %w", errUsage, err)
	}
	var addr netip.Addr
	if c.address != "" {
		if q.Addr.IsValid() {
			return misuse("--address goes with a name, and %s is an address", q.Host)
		}
		if addr, err = netip.ParseAddr(c.address); err != nil || addr.Zone() != "" {
			return misuse("--address: %q is no address", c.address)
		}
	}
	c.question(q, addr)
	p := c.load()
	verdict, reasons := p.Explain(q, addr)
	c.say("")
	if len(reasons) == 0 {
		c.say("No setting has a say.")
	} else {
		c.say("Settings that have a say, in order")
	}
	for _, r := range reasons {
		effect := string(r.Effect)
		if r.Effect == policy.Prompts {
			effect = "prompt: " + string(r.Prompt)
		}
		c.say("  %-36s %s", effect, r.By)
	}
	c.say("")
	if err := c.answer(q, addr, verdict, p.Settings.PrivateEntry); err != nil {
		return errors.Join(append(refused(p), err)...)
	}
	return nil
}

// question repeats what was asked, as it was understood.
func (c *command) question(q policy.Query, addr netip.Addr) {
	tls := "without TLS"
	if q.Secure {
		tls = "with TLS from the first byte"
	}
	host := q.Host
	if q.Addr.Is6() {
		host = "[" + host + "]"
	}
	c.say("%s asks for %s to %s, port %d, %s", q.Origin, strings.ToUpper(q.Protocol), host, q.Port, tls)
	switch {
	case q.Addr.IsValid():
		c.say("  %s is %s", q.Host, c.kind(q.Addr))
	case addr.IsValid():
		c.say("  %s is %s", addr, c.kind(addr))
	default:
		c.say("  its addresses will be judged once they are known; --address tries one")
	}
}

// answer says what becomes of it.
func (c *command) answer(q policy.Query, addr netip.Addr, v policy.Verdict, privateEntry policy.Setting[bool]) error {
	by := ""
	if v.By != "" {
		by = ": " + v.By
	}
	final := q.Addr.IsValid() || addr.IsValid()
	switch {
	case !v.Allowed:
		c.say("Refused%s", by)
		return errTold
	case v.Prompt == policy.Forbid:
		c.say("Refused, since the person would have to be asked%s", by)
		return errTold
	case v.Prompt == policy.Skip:
		c.say("Allowed without a question%s", by)
	case v.Prompt == policy.Always:
		c.say("Asked every time, whatever was remembered%s", by)
	default:
		c.say("Asked, unless the person's answer is remembered%s", by)
	}
	if !final {
		c.say("  as long as no rule refuses the address that the name leads to")
		return nil
	}
	judged := q.Addr
	if !judged.IsValid() {
		judged = addr
	}
	if c.kind(judged) != publicAddress {
		switch near := q.Addr.IsValid() || ofTheNetwork(q.Host); {
		case v.VouchesName, near && v.VouchesPrivate:
			c.say("  the address is not public; an administrator has named it")
		case near && !privateEntry.Value:
			c.say("  but the address is not public, and the person may not name it: refused: %s", privateEntry.By)
			return errTold
		case near:
			c.say("  the address is not public, and no administrator has named it: the person has to type it")
		default:
			c.say("  but the address is not public, and no rule has both this host and cidr: Portside refuses it")
			return errTold
		}
	}
	if v.VouchesPort {
		c.say("  an administrator has named port %d", q.Port)
	}
	return nil
}

// ofTheNetwork reports whether a name always leads to this computer or its own network
// (RFC 6761 6.3, RFC 6762 3), so that the person may enter it like an address.
func ofTheNetwork(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local")
}

// kinds are the addresses that are not public, after the special-purpose registries
// of IANA (RFC 6890). The first that fits counts. It is for display: the host judges
// by itself.
func kinds() []kindOf {
	return []kindOf{
		{"127.0.0.0/8 ::1/128", "this computer"},
		{"0.0.0.0/8 ::/128", "an unspecified address"},
		{"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10", "an address of a private network"},
		{"100.64.0.0/10", "an address behind a provider's NAT"},
		{"169.254.0.0/16 fe80::/10", "an address of the local link"},
		{"224.0.0.0/4 ff00::/8", "a multicast address"},
		{"255.255.255.255/32", "the broadcast address"},
		{"192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20", "an address for documentation"},
		{"192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4 100::/64 2001::/23", "a special address"},
	}
}

type kindOf struct{ prefixes, text string }

const (
	publicAddress = "a public address"
	thisComputer  = "this computer, not public"
)

// kind says what an address is; what the interfaces of this computer make of it goes
// first where it is stricter.
func (c *command) kind(addr netip.Addr) string {
	near := c.near.Class(addr)
	text := registered(addr)
	switch {
	case near == address.Loopback && text != thisComputer:
		return "an address of this computer, not public"
	case near == address.Private && text == publicAddress:
		return "an address on a link of this computer, not public"
	default:
		return text
	}
}

// registered says what the registries make of an address.
func registered(addr netip.Addr) string {
	addr = addr.Unmap()
	if inner, ok := address.Embedded(addr); ok {
		addr = inner
	}
	for _, k := range kinds() {
		for _, text := range strings.Fields(k.prefixes) {
			if netip.MustParsePrefix(text).Contains(addr) {
				return k.text + ", not public"
			}
		}
	}
	return publicAddress
}
