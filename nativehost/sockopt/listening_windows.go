package sockopt

import (
	"fmt"
	"syscall"
)

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE, which is ~SO_REUSEADDR (winsock2.h).
const soExclusiveAddrUse = ^syscall.SO_REUSEADDR

// SetExclusive keeps others from binding the address and the port of a socket that is about
// to be bound: here another program may do so by SO_REUSEADDR alone.
func SetExclusive(raw syscall.RawConn) error {
	if err := set(raw, syscall.SOL_SOCKET, soExclusiveAddrUse, 1); err != nil {
		return fmt.Errorf("set SO_EXCLUSIVEADDRUSE: %w", err)
	}
	return nil
}

// SetBacklog does nothing: here a backlog cannot be changed.
func SetBacklog(syscall.RawConn, int) error { return nil }
