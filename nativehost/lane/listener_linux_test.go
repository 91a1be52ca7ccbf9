package lane

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// A process of another user knows the port and what to say, but has no ticket.
func TestAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user; the case runs in the suite that runs as root")
	}
	const nobody = 65534
	l := newLanes(t)
	at, secret := l.ticket("document")
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	request := strings.Join([]string{
		"GET / HTTP/1.1", "Host: " + at, "Origin: " + ours, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		fmt.Sprintf("Sec-WebSocket-Protocol: portside.lane.1, %s%s", ticketPrefix, strings.Repeat("A", len(secret))), "", "",
	}, "\r\n")
	shell := exec.CommandContext(t.Context(), "bash", "-c",
		`exec 3<>"/dev/tcp/127.0.0.1/$1" && printf %s "$2" >&3 && id -u && read -r line <&3 && printf %s "$line"`, "bash", port, request)
	shell.Dir = "/"
	shell.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	said, err := shell.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(said), fmt.Sprintf("%d\nHTTP/1.1 403 ", nobody)) {
		t.Errorf("%q, %v", said, err)
	}
	if !strings.Contains(l.log.String(), "no such ticket") {
		t.Errorf("the log: %s", l.log.String())
	}
	l.lets(proper(at, secret), at, "document")
}
