package policy

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// plain returns an address as rules compare it: without zone, which would make a
// prefix refuse it, and IPv4 where IPv6 only wraps it.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// parsePrefix reads "10.0.0.0/8" or one address.
func parsePrefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, errors.New("neither a prefix nor an address")
		}
		addr = plain(addr)
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errors.New("neither a prefix nor an address")
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

// oldIPv4 reads the spellings that browsers and inet_aton take for IPv4: fewer than
// four parts, octal and hexadecimal (WHATWG URL, IPv4 parser). numeric reports that
// the host can only be meant so, since its last part is a number.
func oldIPv4(text string) (addr netip.Addr, numeric bool, err error) {
	parts := strings.Split(text, ".")
	last := parts[len(parts)-1]
	if _, err := oldNumber(last); err != nil && (last == "" || strings.Trim(last, "0123456789") != "") {
		return netip.Addr{}, false, nil
	}
	wrong := errors.New("no IPv4 address")
	const most = 4
	if len(parts) > most {
		return netip.Addr{}, true, wrong
	}
	var value uint64
	for i, part := range parts {
		n, err := oldNumber(part)
		if err != nil {
			return netip.Addr{}, true, wrong
		}
		if i < len(parts)-1 {
			if n > 0xff {
				return netip.Addr{}, true, wrong
			}
			value |= n << (8 * (3 - i))
			continue
		}
		// The last part fills all bytes that are left.
		if n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, true, wrong
		}
		value |= n
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(value))
	return netip.AddrFrom4(b), true, nil
}

// oldNumber reads a decimal, octal or hexadecimal part.
func oldNumber(text string) (uint64, error) {
	lower := strings.ToLower(text)
	switch {
	case lower == "" || strings.ContainsAny(lower, "+-_"):
		return 0, errors.New("no number")
	case lower == "0x":
		return 0, nil
	case strings.HasPrefix(lower, "0x"):
		return strconv.ParseUint(lower[2:], 16, 64)
	case len(lower) > 1 && lower[0] == '0':
		return strconv.ParseUint(lower[1:], 8, 64)
	default:
		return strconv.ParseUint(lower, 10, 64)
	}
}
