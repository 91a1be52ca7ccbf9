package datagram

import (
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// skMeminfoDrops is the place of the count of drops among SO_MEMINFO's numbers
// (SK_MEMINFO_DROPS in linux/sock_diag.h).
const skMeminfoDrops = 8

// droppedBySystem counts the datagrams that came and for which the system had no room.
func droppedBySystem(conn *net.UDPConn) int64 {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	var numbers [skMeminfoDrops + 1]uint32
	_ = raw.Control(func(fd uintptr) {
		length := uint32(unsafe.Sizeof(numbers))
		// Where the system knows no such option the numbers stay 0.
		_, _, _ = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&numbers)), uintptr(unsafe.Pointer(&length)), 0)
	})
	return int64(numbers[skMeminfoDrops])
}
