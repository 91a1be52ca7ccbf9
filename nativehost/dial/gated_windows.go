package dial

import (
	"net"

	"github.com/portside/portside/nativehost/gate"
)

// writeGated writes all of p. Windows does not tell when a socket can take more,
// so the gate is open all the time, and what the writer does afterwards may come
// behind what the peer says to it.
func writeGated(tcp *net.TCPConn, g *gate.Gate, p []byte) (int, error) {
	if g.Yield() {
		defer g.Resume()
	}
	return tcp.Write(p)
}
