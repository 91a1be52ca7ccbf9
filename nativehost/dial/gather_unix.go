//go:build unix

package dial

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// readNow reads what is there, and fails like a deadline that has passed when there is
// nothing.
func readNow(raw syscall.RawConn, p []byte) (int, error) {
	var n int
	var failed error
	err := raw.Read(func(fd uintptr) bool {
		for {
			n, failed = syscall.Read(int(fd), p)
			if !errors.Is(failed, syscall.EINTR) {
				return true
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case errors.Is(failed, syscall.EAGAIN):
		return 0, os.ErrDeadlineExceeded
	case failed != nil:
		return 0, os.NewSyscallError("read", failed)
	case n == 0:
		return 0, io.EOF
	default:
		return n, nil
	}
}
