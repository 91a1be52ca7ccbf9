package address

import (
	"errors"
	"net/netip"
	"strings"
)

// ErrServerName says that a text is no server name of TLS.
var ErrServerName = errors.New("neither a name nor an address")

// ServerName reads a host as pages name it for TLS, and returns it as certificates spell
// it: without a final dot, brackets or an IPv6 zone, an IPv4-mapped address as IPv4. The
// case of letters stays. Unlike ParseHost it maps nothing (RFC 6066, section 3, wants
// A-labels) and takes no old spellings of IPv4 addresses. The error is ErrServerName.
func ServerName(host string) (string, error) {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.WithZone("").Unmap().String(), nil
	}
	name := strings.TrimSuffix(host, ".")
	if name == "" || len(name) > maxName {
		return "", ErrServerName
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel || strings.Trim(label, labelBytes) != "" {
			return "", ErrServerName
		}
	}
	return name, nil
}

// labelBytes may stand in a label. The underscore is in no host name (RFC 1123,
// section 2.1), but in some certificates.
const labelBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
