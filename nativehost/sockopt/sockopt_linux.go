package sockopt

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tcpClose is the state TCP_CLOSE of TCP_INFO (tcp_states.h).
const tcpClose = 7

// drops is the place of the count of drops among SO_MEMINFO's numbers
// (SK_MEMINFO_DROPS in linux/sock_diag.h).
const drops = 8

func setInt(fd uintptr, level, option, value int) error {
	return unix.SetsockoptInt(int(fd), level, option, value)
}

// readSent asks for TCP_INFO, and for SIOCOUTQ (tcp(7)), which has the number of
// TIOCOUTQ.
func readSent(raw syscall.RawConn) (Sent, bool) {
	var s Sent
	var failed error
	err := raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, failed = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); failed != nil {
			return
		}
		s.Acknowledged, s.Over = int64(info.Bytes_acked), info.State == tcpClose
		s.Unacknowledged, failed = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ)
	})
	return s, err == nil && failed == nil
}

// dropped asks for SO_MEMINFO, which Linux has had since 4.12.
func dropped(raw syscall.RawConn) int64 {
	var numbers [drops + 1]uint32
	_ = raw.Control(func(fd uintptr) {
		length := uint32(unsafe.Sizeof(numbers))
		// Where the system knows no such option the numbers stay 0.
		_, _, _ = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&numbers)), uintptr(unsafe.Pointer(&length)), 0)
	})
	return int64(numbers[drops])
}
