//go:build unix

package sockopt

import (
	"fmt"
	"syscall"
)

// maxBacklog is the most that a backlog is asked for; older systems keep it in 16 bits.
const maxBacklog = 1<<15 - 1

// SetExclusive keeps others from binding the address and the port of a socket that is about
// to be bound. Here that is so anyway, unless both ask for SO_REUSEPORT, which nobody does.
func SetExclusive(syscall.RawConn) error { return nil }

// SetBacklog sets how many connections the system keeps for a socket that listens. What is
// more than the system allows counts as that (listen(2)).
func SetBacklog(raw syscall.RawConn, connections int) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), min(connections, maxBacklog)) })
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("set the backlog: %w", err)
	}
	return nil
}
