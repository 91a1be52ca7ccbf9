//go:build unix

package datagram

import (
	"errors"

	"golang.org/x/sys/unix"
)

// readable reports whether a read would not wait, also when it would fail.
func readable(fd int) bool {
	look := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(look[:], 0)
		if !errors.Is(err, unix.EINTR) {
			return n > 0 || err != nil
		}
	}
}
