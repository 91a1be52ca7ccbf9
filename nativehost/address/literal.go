package address

import (
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// maxZone is the length of a zone in bytes; Linux's interface names have 15.
const maxZone = 64

// parse6 reads an IPv6 address, in brackets or without, with a zone if it is
// link-local (RFC 4007, section 11). The other scopes that could have one are not
// reachable or, as site-local ones, given up.
func parse6(text string) (Host, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text, ok = strings.CutSuffix(inner, "]")
		if !ok {
			return Host{}, errors.New("a bracket without its other half")
		}
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || !addr.Is6() {
		return Host{}, errors.New("not an IPv6 address")
	}
	zone := addr.Zone()
	if zone != "" && (!linkLocal(addr) || len(zone) > maxZone || strings.ContainsFunc(zone, notInZone)) {
		return Host{}, errors.New("a zone where none may be")
	}
	return FromAddr(addr), nil
}

// notInZone leaves what interface names are made of on any system that has them
// without white space.
func notInZone(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
}

// numeric reports whether a name with this last label must be an IPv4 address (URL
// Standard, section 3.5, ends in a number).
func numeric(label string) bool {
	if label != "" && strings.Trim(label, "0123456789") == "" {
		return true
	}
	_, ok := number(label)
	return ok
}

// parse4 reads an IPv4 address of one to four numbers, each decimal, octal or
// hexadecimal, of which the last fills the remaining bytes (URL Standard, section
// 3.5, IPv4 parser; once inet_aton).
func parse4(name string) (netip.Addr, bool) {
	parts := strings.Split(name, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		n, ok := number(part)
		if !ok {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false
			}
			value |= n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(4-i)) {
			return netip.Addr{}, false
		}
		value |= n
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(value)))), true
}

// number reads a number of an IPv4 address (URL Standard, section 3.5, IPv4 number
// parser). "0x" alone is zero. What is too large for any place is still a number, and
// so never part of a name.
func number(text string) (uint64, bool) {
	digits, base, allowed := text, 10, "0123456789"
	switch {
	case strings.HasPrefix(text, "0x"):
		//rule:hex-and-octal-ipv4
		digits, base, allowed = text[2:], 16, "0123456789abcdef"
	case len(text) > 1 && text[0] == '0':
		digits, base, allowed = text[1:], 8, "01234567"
	}
	// strconv stops looking where a number gets too large.
	if strings.Trim(digits, allowed) != "" {
		return 0, false
	}
	if digits == "" {
		return 0, base == 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return math.MaxUint64, true
	}
	return n, true
}
