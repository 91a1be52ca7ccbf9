package sockopt

import "syscall"

// SetTypeOfService does nothing: on Windows only the administrator's policies mark packets.
func SetTypeOfService(syscall.RawConn, string, int) error { return nil }
