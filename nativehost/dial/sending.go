package dial

import "github.com/portside/portside/nativehost/sockopt"

// Sending is what the system knows of the bytes that were written to a connection.
type Sending struct {
	sockopt.Sent
	// Payload is Unacknowledged without FIN and TLS's close_notify, which no peer would
	// miss.
	Payload int
}

// Sending reports false where the system does not tell.
func (c *Conn) Sending() (Sending, bool) {
	sent, known := sockopt.ReadSent(c.tcp)
	return Sending{Sent: sent, Payload: max(0, sent.Unacknowledged-int(c.closeBytes.Load()))}, known
}

// Discard reads what the peer still sends, as it comes, for nobody. Read must not
// follow.
func (c *Conn) Discard(p []byte) (int, error) { return c.tcp.Read(p) }
