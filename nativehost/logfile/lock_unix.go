//go:build unix

package logfile

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lock takes the lock of an open file, unless that takes longer than patience. The
// lock goes with the file's last descriptor, so that a process that dies leaves none.
func lock(file *os.File, patience time.Duration) (unlock func(), held bool) {
	const nap = time.Millisecond
	fd := int(file.Fd())
	for waited := time.Duration(0); ; waited += nap {
		err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			// Closing the file has unlocked it, too; then fd may be another file's.
			return func() {
				if int(file.Fd()) == fd {
					_ = unix.Flock(fd, unix.LOCK_UN)
				}
			}, true
		}
		if (err != unix.EWOULDBLOCK && err != unix.EINTR) || waited >= patience {
			return func() {}, false
		}
		time.Sleep(nap)
	}
}
