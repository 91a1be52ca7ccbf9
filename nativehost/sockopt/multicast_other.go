//go:build unix && !linux

package sockopt

import (
	"net"
	"syscall"
)

// bothAtOnce: a socket of both IP versions has the options of both.
const bothAtOnce = false

// onlyJoined does nothing: here sockets hear of groups that they have joined, and of no
// others.
func onlyJoined(*net.UDPConn, Families) error { return nil }

// ShareAddress lets other sockets that do the same have the address and port of this one,
// or takes that back. These systems want both options for a multicast address.
func ShareAddress(raw syscall.RawConn, on bool) error {
	value := 0
	if on {
		value = 1
	}
	for _, option := range []int{syscall.SO_REUSEADDR, syscall.SO_REUSEPORT} {
		if err := set(raw, syscall.SOL_SOCKET, option, value); err != nil {
			return err
		}
	}
	return nil
}
