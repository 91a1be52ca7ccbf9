//go:build unix

package link

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindGroup returns a socket that has the group's address and port, beside others that have
// them. Package net would bind it to all addresses instead, and what others send to this
// computer's own would come to the socket that was bound last.
func bindGroup(network string, iface net.Interface) (net.PacketConn, error) {
	addr := group(network)
	family, name := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: Port, Addr: [4]byte(addr.AsSlice()[:4])})
	if addr.Is6() {
		family, name = unix.AF_INET6, &unix.SockaddrInet6{Port: Port, Addr: addr.As16(), ZoneId: uint32(iface.Index)}
	}
	// A program that is started meanwhile must not inherit it.
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("open a socket for multicast DNS: %w", err)
	}
	file := os.NewFile(uintptr(fd), "multicast DNS")
	defer file.Close() // FilePacketConn has a copy
	if err := bind(fd, family, name); err != nil {
		return nil, fmt.Errorf("bind to the group of multicast DNS: %w", err)
	}
	//rule:announcement-leaves-the-daemon-its-port
	return net.FilePacketConn(file)
}

func bind(fd, family int, name unix.Sockaddr) error {
	options := []struct{ level, option int }{{unix.SOL_SOCKET, unix.SO_REUSEADDR}}
	if runtime.GOOS != "linux" {
		// Where 4.4BSD comes from, SO_REUSEADDR alone does not share a port.
		options = append(options, struct{ level, option int }{unix.SOL_SOCKET, unix.SO_REUSEPORT})
	}
	if family == unix.AF_INET6 {
		options = append(options, struct{ level, option int }{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.option, 1); err != nil {
			return err
		}
	}
	return unix.Bind(fd, name)
}
