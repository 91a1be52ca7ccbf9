//go:build !linux

package dial

import "net"

func unacknowledged(*net.TCPConn) (int, bool) { return 0, false }
