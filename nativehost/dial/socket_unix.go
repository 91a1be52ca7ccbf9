//go:build unix

package dial

import (
	"fmt"
	"syscall"
)

// setBuffers sets the buffers' sizes before the connection begins, since TCP's
// window scale is agreed on in the handshake.
func setBuffers(raw syscall.RawConn, options Options) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		if options.SendBuffer > 0 {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, options.SendBuffer)
		}
		if options.ReceiveBuffer > 0 && failed == nil {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, options.ReceiveBuffer)
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("set the buffers' sizes: %w", err)
	}
	return nil
}
