//go:build unix

package main

import (
	"os"
	"syscall"
)

// interruptible makes a pipe one that the runtime polls, so that closing it wakes
// who waits. Go leaves the descriptors that it was started with as they are.
func interruptible(file *os.File) *os.File {
	fd := int(file.Fd())
	if !isPipe(file) || syscall.SetNonblock(fd, true) != nil {
		return file
	}
	return os.NewFile(uintptr(fd), file.Name())
}
