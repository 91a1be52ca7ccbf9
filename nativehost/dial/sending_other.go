//go:build !linux

package dial

import "net"

func sending(*net.TCPConn) (Sending, bool) { return Sending{}, false }
