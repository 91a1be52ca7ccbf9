package address

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/portside/portside/nativehost/fault"
)

// Plain returns an address as rules compare it: without zone, which would make a
// prefix refuse it, and IPv4 where IPv6 only wraps it.
func Plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// ParsePattern reads a host, or a domain with hosts below it, as an administrator
// writes it into a rule. It takes what ParseHost does and, as they are written, names
// that no resolver takes: "local", and A-labels that are none by the Unicode that is
// known here. An address is Plain, and has no zone. Errors say what is wrong with it and
// quote nothing.
func ParsePattern(text string) (Host, error) {
	host, err := parseHost(text)
	switch {
	case err == nil && host.addr.Zone() != "":
		return Host{}, errors.New("an address stands without its zone")
	case err == nil && host.kind == Literal:
		return FromAddr(Plain(host.addr)), nil
	case err == nil:
		return host, nil
	case strings.HasPrefix(text, "["):
		return Host{}, errors.New("what is in brackets is no IPv6 address")
	case !isASCII(text):
		return Host{}, errors.New("no domain name")
	}
	host = asWritten(text)
	if err := checkName(host.name); err != nil {
		return Host{}, err
	}
	if numeric(host.name[strings.LastIndexByte(host.name, '.')+1:]) {
		return Host{}, errors.New("no IPv4 address")
	}
	return host, nil
}

// asWritten takes for a name what may be none.
func asWritten(text string) Host {
	return Host{kind: Name, name: strings.TrimSuffix(strings.ToLower(text), ".")}
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}

// ParseAddr reads an address without a zone.
func ParseAddr(text string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, errors.New("no address")
	}
	return addr, nil
}

// longestLocal bounds what is looked at: an IPv6 address, and the name of an interface.
const longestLocal = 128

// ParseLocal reads an address of this computer: one that a socket is to be bound to. It
// is IPv4 where IPv6 only wraps it, and has a zone only if it is link-local. Errors are
// fault.ErrAddress.
func ParseLocal(text string) (netip.Addr, error) {
	if len(text) > longestLocal {
		return netip.Addr{}, fault.ErrAddress
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" && !linkLocal(addr) || strings.ContainsFunc(addr.Zone(), forbidden) {
		return netip.Addr{}, fault.ErrAddress
	}
	return addr.Unmap(), nil
}

// ParsePrefix reads "10.0.0.0/8" or one address.
func ParsePrefix(text string) (netip.Prefix, error) {
	wrong := errors.New("neither a prefix nor an address")
	if !strings.Contains(text, "/") {
		addr, err := ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, wrong
		}
		addr = Plain(addr)
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, wrong
	}
	// Rounded silently, an allow rule would be wider than it looks.
	if prefix != prefix.Masked() {
		return netip.Prefix{}, errors.New("the address has bits beyond the prefix length")
	}
	const mapped = 96
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix, nil
}

// ParseServer reads an address, or an address and a port as in "[2001:db8::53]:53".
func ParseServer(text string, port uint16) (netip.AddrPort, error) {
	if addr, err := ParseAddr(text); err == nil {
		return netip.AddrPortFrom(addr, port), nil
	}
	server, err := netip.ParseAddrPort(text)
	if err != nil || server.Port() == 0 || server.Addr().Zone() != "" {
		return netip.AddrPort{}, errors.New(`neither an address nor an address with a port, as in "[2001:db8::53]:53"`)
	}
	return server, nil
}
