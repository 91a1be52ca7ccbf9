package announce

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/portside/portside/nativehost/printable"
)

const (
	// maxName is the longest name, in bytes: it is one label (RFC 6763, section 4.1.1).
	maxName = 63
	// maxString is the longest string of a TXT record, in bytes (section 6.1).
	maxString = 255
	// maxText is the largest TXT record, in bytes, each string with its length. With the
	// longest name it fills a packet. RFC 6763, section 6.2, wants less than 1,300.
	maxText = 1270
	// maxAddrs of one socket are announced.
	maxAddrs = 8
)

// ErrInvalid is wrapped by errors about what was to be announced.
var ErrInvalid = errors.New("cannot be announced")

// serviceType is a name of RFC 6335, section 5.1, and a protocol (RFC 6763, section 7).
var serviceType = regexp.MustCompile(`^_[A-Za-z0-9](-?[A-Za-z0-9])*\._(tcp|udp)$`)

// Check reports what of an announcement does not fit: the type, the name or the strings of
// the TXT record. It wraps ErrInvalid.
func Check(kind, name string, text []string) error {
	if err := checkType(kind); err != nil {
		return err
	}
	switch {
	case name == "":
		return fmt.Errorf("%w: the name is empty", ErrInvalid)
	case len(name) > maxName:
		return fmt.Errorf("%w: the name has %d bytes, and %d is the most", ErrInvalid, len(name), maxName)
	// What others see is what the user saw: nothing that hides, breaks the line or turns the
	// text around.
	//rule:announced-name-is-printable
	case printable.Text(name, maxName) != name:
		return fmt.Errorf("%w: the name has characters that cannot be shown", ErrInvalid)
	}
	return checkText(text)
}

func checkType(kind string) error {
	name, _, _ := strings.Cut(strings.TrimPrefix(kind, "_"), ".")
	const most = 15
	//rule:announced-type-is-checked
	if len(name) > most || !serviceType.MatchString(kind) || !strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return fmt.Errorf("%w: the type is not like \"_http._tcp\"", ErrInvalid)
	}
	return nil
}

// checkText holds the strings to RFC 6763, section 6.4: a key of printable ASCII, and
// perhaps "=" and a value.
func checkText(text []string) error {
	size := 0
	for _, s := range text {
		if s == "" || len(s) > maxString {
			return fmt.Errorf("%w: a string of the TXT record has %d bytes, and 1 to %d is what it may have", ErrInvalid, len(s), maxString)
		}
		if key, _, _ := strings.Cut(s, "="); key == "" || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("%w: a string of the TXT record does not begin with a key of printable ASCII", ErrInvalid)
		}
		if !utf8.ValidString(s) {
			return fmt.Errorf("%w: a string of the TXT record is not UTF-8", ErrInvalid)
		}
		size += 1 + len(s)
	}
	//rule:announced-text-is-bounded
	if size > maxText {
		return fmt.Errorf("%w: the TXT record has %d bytes, and %d is the most", ErrInvalid, size, maxText)
	}
	return nil
}

func (c *Config) check() error {
	if err := Check(c.Type, c.Name, c.TXT); err != nil {
		return err
	}
	if len(c.Addrs) == 0 || len(c.Addrs) > maxAddrs || c.Port == 0 {
		return fmt.Errorf("%w: %d addresses, port %d", ErrInvalid, len(c.Addrs), c.Port)
	}
	for _, addr := range c.Addrs {
		if unspecific(addr) {
			return fmt.Errorf("%w: not an address that others can reach", ErrInvalid)
		}
	}
	return nil
}

// unspecific reports what is nobody's address on a link.
func unspecific(addr netip.Addr) bool {
	addr = addr.Unmap()
	return !addr.IsValid() || addr.IsUnspecified() || addr.IsLoopback() || addr.IsMulticast()
}
