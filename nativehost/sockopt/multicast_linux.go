package sockopt

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// bothAtOnce: a socket of both IP versions has the options of both.
const bothAtOnce = true

// onlyJoined clears IP_MULTICAST_ALL and IPV6_MULTICAST_ALL, by which Linux delivers what
// comes for groups that any other program has joined.
func onlyJoined(conn *net.UDPConn, of Families) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	if of.Four {
		if err := set(raw, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0); err != nil {
			return err
		}
	}
	if of.Six {
		return set(raw, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0)
	}
	return nil
}

// ShareAddress lets other sockets that do the same have the address and port of this one,
// or takes that back (SO_REUSEADDR).
func ShareAddress(raw syscall.RawConn, on bool) error {
	value := 0
	if on {
		value = 1
	}
	return set(raw, unix.SOL_SOCKET, unix.SO_REUSEADDR, value)
}
