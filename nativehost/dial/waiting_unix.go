//go:build unix

package dial

import (
	"net"
	"syscall"
)

// waiting reports whether the peer's system has sent bytes that nobody has read.
func waiting(tcp *net.TCPConn) bool {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	var n int
	// The descriptor does not block: with nothing to read this is EAGAIN.
	err = raw.Control(func(fd uintptr) { n, _, _ = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK) })
	return err == nil && n > 0
}
