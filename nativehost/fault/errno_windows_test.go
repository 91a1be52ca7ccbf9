package fault

import (
	"net"
	"os"
	"testing"

	"golang.org/x/sys/windows"
)

func TestClassifyOnWindows(t *testing.T) {
	for number, reason := range map[windows.Errno]string{
		windows.WSAECONNREFUSED: "refused", windows.WSAECONNRESET: "reset", windows.WSAETIMEDOUT: "timeout",
		windows.WSAEADDRINUSE: "in-use", windows.WSAEHOSTUNREACH: "unreachable", windows.WSAEMSGSIZE: "message-size", windows.WSAEFAULT: "network",
	} {
		err := &net.OpError{Op: "dial", Err: os.NewSyscallError("connectex", number)}
		if got := Describe(Classify(err)); got.Reason != reason {
			t.Errorf("%v: %+v, want %s", number, got, reason)
		}
	}
}
