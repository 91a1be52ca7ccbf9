// Package origin judges the origin that asks for a socket. It promises that only
// serialised origins of secure contexts pass (SECURITY.md, rule 1). It does not
// know who is asking: the browser attests that to the extension.
package origin

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/portside/portside/nativehost/fault"
)

// Check returns nil for https://HOST[:PORT], and for http:// on this machine:
// localhost, names under it, 127.0.0.0/8 and [::1]. Everything else, "null"
// included, is fault.ErrOrigin.
func Check(serialised string) error {
	u, err := url.Parse(serialised)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("%w: not an origin", fault.ErrOrigin)
	}
	// An origin has a scheme, a host and a port and nothing else, so anything that
	// the parser read beyond these shows when it is put together again.
	if u.Scheme+"://"+u.Host != serialised || !validPort(u) {
		return fmt.Errorf("%w: not a serialised origin", fault.ErrOrigin)
	}
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	default:
		return fmt.Errorf("%w: not a secure context", fault.ErrOrigin)
	}
}

// validPort refuses a colon without a port and ports that do not exist.
func validPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// loopback reports whether a browser takes the host for this machine (W3C Secure
// Contexts, section 3.1).
func loopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Is4() {
			return addr.IsLoopback()
		}
		return addr == netip.IPv6Loopback()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
