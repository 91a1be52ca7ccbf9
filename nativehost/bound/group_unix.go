//go:build unix

package bound

import (
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/portside/portside/nativehost/sockopt"
)

// groupsApart: here a socket that is bound to an address of one computer gets nothing that
// comes to groups.
const groupsApart = true

// listenGroup binds a socket to a group: it gets nothing but what comes to that. Package net
// would bind it to every address of this computer.
func (s *Socket) listenGroup(at netip.AddrPort) (*net.UDPConn, error) {
	of := sockopt.Families{Four: at.Addr().Is4(), Six: at.Addr().Is6()}
	file, err := groupSocket(at)
	if err != nil {
		return nil, err
	}
	// The connection has a copy.
	defer file.Close()
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := s.prepare(raw, of); err != nil {
		return nil, err
	}
	if s.Share {
		if err := sockopt.ShareAddress(raw, true); err != nil {
			return nil, err
		}
	}
	if err := bindTo(raw, at); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	packets, err := net.FilePacketConn(file)
	if err != nil {
		return nil, err
	}
	conn := packets.(*net.UDPConn)
	if err := sockopt.TellArrival(conn, of.Six); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if err := sockopt.SetMulticast(conn, of, sockopt.Multicast{TimeToLive: s.TimeToLive, Loopback: s.Loopback, Interface: s.iface}); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// groupSocket opens a socket of the group's IP version, and of no other.
func groupSocket(at netip.AddrPort) (*os.File, error) {
	family := unix.AF_INET
	if at.Addr().Is6() {
		family = unix.AF_INET6
	}
	// No child process gets it.
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("setnonblock", err)
	}
	if family == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			_ = unix.Close(fd)
			return nil, os.NewSyscallError("setsockopt", err)
		}
	}
	return os.NewFile(uintptr(fd), "multicast"), nil
}

// bindTo binds a socket to an address and port.
func bindTo(raw syscall.RawConn, at netip.AddrPort) error {
	var where unix.Sockaddr
	if at.Addr().Is4() {
		where = &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	} else {
		six := &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
		if zone := at.Addr().Zone(); zone != "" {
			iface, err := net.InterfaceByName(zone)
			if err != nil {
				return err
			}
			six.ZoneId = uint32(iface.Index)
		}
		where = six
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.Bind(int(fd), where) }); err != nil {
		return err
	}
	return failed
}
