package address

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/portside/portside/nativehost/fault"
)

// Origin is where a page comes from: scheme, host and port (RFC 6454, section 4).
// Origins can be compared with ==; the zero Origin is none, as of a page without one.
type Origin struct {
	// Scheme is "https" or "http".
	Scheme string
	Host   Host
	Port   uint16
}

// ParseOrigin reads the serialised origin of a secure context (HTML, section 7.1.1;
// Secure Contexts, section 3.1): https://HOST[:PORT], or http:// on this machine, which
// is localhost, names below it, 127.0.0.0/8 and [::1]. Everything else, "null"
// included, is fault.ErrOrigin.
//
// A browser may know hosts that ParseHost does not, by a newer Unicode for instance.
// They are names as they are written, so that no page escapes a rule by its name.
func ParseOrigin(serialised string) (Origin, error) {
	u, err := url.Parse(serialised)
	if err != nil || u.Hostname() == "" {
		return Origin{}, fmt.Errorf("%w: not an origin", fault.ErrOrigin)
	}
	// An origin has a scheme, a host and a port and nothing else, so anything that
	// the parser read beyond these shows when it is put together again.
	//rule:origin-is-serialised
	if u.Scheme+"://"+u.Host != serialised {
		return Origin{}, fmt.Errorf("%w: not a serialised origin", fault.ErrOrigin)
	}
	o, host, err := splitOrigin(serialised)
	if err != nil {
		return Origin{}, fmt.Errorf("%w: %w", fault.ErrOrigin, err)
	}
	if o.Host, err = ParsePattern(host); err != nil {
		o.Host = asWritten(host)
	}
	//rule:origin-address-is-canonical
	if o.Host.kind == Literal && strings.Trim(host, "[]") != o.Host.String() {
		return Origin{}, fmt.Errorf("%w: not a serialised origin", fault.ErrOrigin)
	}
	if !o.Secure() {
		return Origin{}, fmt.Errorf("%w: not a secure context", fault.ErrOrigin)
	}
	return o, nil
}

// ParsePatternOrigin reads an origin as an administrator writes it into a rule:
// https://HOST[:PORT] or http://HOST[:PORT], in any spelling that ParsePattern takes.
// Errors say what is wrong with it and quote nothing.
func ParsePatternOrigin(text string) (Origin, error) {
	o, host, err := splitOrigin(text)
	if err != nil {
		return Origin{}, err
	}
	if o.Host, err = ParsePattern(host); err != nil {
		return Origin{}, err
	}
	return o, nil
}

// Secure reports whether pages of the origin are secure contexts.
func (o Origin) Secure() bool {
	return o.Scheme == "https" || o.Scheme == "http" && /*rule:host-refuses-plain-http*/ o.Host.loopback()
}

// splitOrigin leaves the host as it is. Default ports are filled in.
func splitOrigin(text string) (o Origin, host string, err error) {
	scheme, rest, found := strings.Cut(text, "://")
	switch o.Scheme = strings.ToLower(scheme); {
	case !found:
		return Origin{}, "", errors.New(`an origin begins with "https://"`)
	case o.Scheme == "https":
		o.Port = 443
	case o.Scheme == "http":
		o.Port = 80
	default:
		return Origin{}, "", errors.New(`an origin begins with "https://", or "http://" on this computer`)
	}
	if strings.ContainsAny(rest, "/?#@\\") {
		return Origin{}, "", errors.New("an origin has a host and perhaps a port, and nothing after them")
	}
	host = rest
	// The colons of an IPv6 literal are in brackets.
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		port, err := ParsePort(rest[i+1:])
		if err != nil {
			return Origin{}, "", err
		}
		host, o.Port = rest[:i], port
	}
	return o, host, nil
}

// ParsePort reads a port, 1 to 65535.
func ParsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 || text[0] == '+' {
		return 0, errors.New("ports are 1 to 65535")
	}
	return uint16(port), nil
}

// loopback reports whether a browser takes the host for this machine (Secure Contexts,
// section 3.1).
func (h Host) loopback() bool {
	switch h.kind {
	case Localhost:
		return true
	case Literal:
		return !h.addr.Is4In6() && h.addr.IsLoopback()
	default:
		return false
	}
}
