//go:build !linux && !windows

package sockopt

import "syscall"

func setInt(fd uintptr, level, option, value int) error {
	return syscall.SetsockoptInt(int(fd), level, option, value)
}

// readSent is not told here.
func readSent(syscall.RawConn) (Sent, bool) { return Sent{}, false }

// dropped is not told here.
func dropped(syscall.RawConn) int64 { return 0 }
