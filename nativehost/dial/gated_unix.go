//go:build unix

package dial

import (
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/portside/portside/nativehost/gate"
)

// writeGated writes all of p and yields the gate while the peer takes nothing.
func writeGated(tcp *net.TCPConn, g *gate.Gate, p []byte) (int, error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	written, yielded := 0, false
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		if yielded {
			g.Resume()
		}
		for written < len(p) {
			n, err := syscall.Write(int(fd), p[written:])
			switch {
			case err == nil:
				written += n
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EAGAIN):
				yielded = g.Yield()
				return false
			default:
				failed = os.NewSyscallError("write", err)
				return true
			}
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return written, err
}
