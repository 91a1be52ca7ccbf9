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
// or takes that back.
func ShareAddress(raw syscall.RawConn, on bool) error {
	value := 0
	if on {
		value = 1
	}
	return set(raw, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
}
