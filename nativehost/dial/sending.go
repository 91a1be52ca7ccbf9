package dial

// Sending is what the system knows of the bytes that were written to a connection.
type Sending struct {
	// Acknowledged counts those that the peer's system has acknowledged, SYN and FIN
	// included.
	Acknowledged int64
	// Unacknowledged counts the others, FIN included.
	Unacknowledged int
	// Payload is Unacknowledged without FIN and TLS's goodbye, which nobody would
	// miss.
	Payload int
	// Over: nothing will be acknowledged any more.
	Over bool
}

// Sending reports false where the system does not tell.
func (c *Conn) Sending() (Sending, bool) {
	s, known := sending(c.tcp)
	s.Payload = max(0, s.Unacknowledged-int(c.farewell.Load()))
	return s, known
}

// Discard reads what the peer still sends, as it comes, for nobody. Read must not
// follow.
func (c *Conn) Discard(p []byte) (int, error) { return c.tcp.Read(p) }
