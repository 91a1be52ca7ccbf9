package dial

import (
	"net"

	"golang.org/x/sys/unix"
)

// tcpClose is the state TCP_CLOSE of TCP_INFO.
const tcpClose = 7

// sending asks for SIOCOUTQ (tcp(7)), which has the number of TIOCOUTQ, and for
// TCP_INFO.
func sending(tcp *net.TCPConn) (Sending, bool) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return Sending{}, false
	}
	var s Sending
	var failed error
	err = raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, failed = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); failed != nil {
			return
		}
		s.Acknowledged, s.Over = int64(info.Bytes_acked), info.State == tcpClose
		s.Unacknowledged, failed = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ)
	})
	return s, err == nil && failed == nil
}
