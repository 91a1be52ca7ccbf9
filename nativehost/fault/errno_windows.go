package fault

import (
	"errors"

	"golang.org/x/sys/windows"
)

// errno returns what the table knows for an error of Windows' sockets. Package syscall
// has numbers of its own for the names that other systems use, and Windows returns
// none of them.
func errno(err error) error {
	var number windows.Errno
	if !errors.As(err, &number) {
		return nil
	}
	switch number {
	case windows.WSAECONNREFUSED:
		return ErrRefused
	case windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAENETRESET, windows.WSAESHUTDOWN:
		return ErrReset
	case windows.WSAETIMEDOUT:
		return ErrTimeout
	case windows.WSAEHOSTUNREACH, windows.WSAENETUNREACH, windows.WSAENETDOWN, windows.WSAEHOSTDOWN,
		windows.WSAEADDRNOTAVAIL, windows.WSAEACCES:
		return ErrUnreachable
	case windows.WSAEADDRINUSE:
		return ErrAddressInUse
	case windows.WSAEMSGSIZE:
		return ErrMessageSize
	default:
		return nil
	}
}
