//go:build unix

package sockopt

import (
	"fmt"
	"strings"
	"syscall"
)

// SetTypeOfService has packets carry a DSCP, 0 to 63, in the field that was the type of
// service in IPv4 and is the traffic class in IPv6 (RFC 2474, section 3). Its two bits of
// ECN stay the system's (RFC 3168). network is "tcp4", "udp6" and so on, as the control hook
// of package net gets it. Called before a connection begins it holds from the first packet
// on. 0 leaves the socket as it is.
func SetTypeOfService(raw syscall.RawConn, network string, dscp int) error {
	if dscp == 0 {
		return nil
	}
	level, option := syscall.IPPROTO_IP, syscall.IP_TOS
	if strings.HasSuffix(network, "6") {
		level, option = syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS
	}
	if err := set(raw, level, option, dscp<<2); err != nil {
		return fmt.Errorf("set the type of service: %w", err)
	}
	return nil
}
