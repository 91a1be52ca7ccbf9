package dial

import (
	"net"

	"golang.org/x/sys/unix"
)

// unacknowledged asks for SIOCOUTQ (tcp(7)), which has the number of TIOCOUTQ.
func unacknowledged(tcp *net.TCPConn) (int, bool) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, false
	}
	var n int
	var failed error
	err = raw.Control(func(fd uintptr) { n, failed = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ) })
	return n, err == nil && failed == nil
}
