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

// forbidBroadcast takes back the right to send to a broadcast address, which package
// net gives every UDP socket: the rules know those that follow from an interface's
// prefix, the system knows all.
func forbidBroadcast(raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, 0)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("forbid broadcast: %w", err)
	}
	return nil
}
