package selftest

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/netns"
)

// On a computer that routes 127.0.0.0/8, as some that run containers do, a neighbour
// reaches the port; and is not heard.
func TestOnlyThisComputerIsHeard(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "lan0", []string{"10.77.0.1/24"}, "eth0", []string{"10.77.0.2/24"})
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/lan0/route_localnet", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	n.Run(t, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet")
	n.Run(t, "ip", "addr", "del", "127.0.0.1/8", "dev", "lo")
	n.Run(t, "ip", "route", "add", "127.0.0.1/32", "via", "10.77.0.1")

	// Somebody who listens without a look at who comes is reached.
	open, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	try, _ := started(t, params(), nil)
	ports := []string{fmt.Sprint(try.Port()), strings.Split(strings.Split(try.URL(), "/")[2], ":")[1], fmt.Sprint(open.Addr().(*net.TCPAddr).Port)}
	n.Do(t, func() {
		for i, port := range ports {
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(10, 77, 0, 2)}, Timeout: 5 * time.Second}
			conn, err := dialer.Dial("tcp4", "127.0.0.1:"+port)
			if err != nil {
				t.Fatalf("the port is not reached: %v", err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			// The test's control, too, is silent: but its connection stands.
			_, _ = fmt.Fprintf(conn, "GET / HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n", port)
			answer := make([]byte, 100)
			m, err := conn.Read(answer)
			if m > 0 {
				t.Errorf("port %d answers %q", i, answer[:m])
			}
			if timeout := os.IsTimeout(err); timeout != (i == 2) {
				t.Errorf("port %d: %v", i, err)
			}
		}
	})
}
