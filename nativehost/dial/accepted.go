package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/portside/portside/nativehost/fault"
)

// Accepted returns a connection that somebody else has made to this computer, with the
// options that one of ours begins with. On an error it is closed.
func Accepted(tcp *net.TCPConn) (*Conn, error) {
	conn := &Conn{tcp: tcp}
	if err := conn.tune(Options{}); err != nil {
		return nil, errors.Join(fault.Classify(err), tcp.Close())
	}
	return conn, nil
}

// Serve puts TLS on an accepted connection, as the server. Nobody may read from it or
// write to it meanwhile, or after an error.
func (c *Conn) Serve(ctx context.Context, config *tls.Config) error {
	return c.handshake(ctx, tls.Server(underTLS{c.tcp, c}, config))
}

// handshake shakes hands, as whichever side it is.
func (c *Conn) handshake(ctx context.Context, over *tls.Conn) error {
	if err := over.HandshakeContext(ctx); err != nil {
		classified := openError(ctx, err)
		if fault.Describe(classified).Reason == "network" {
			// Whatever else goes wrong in a handshake goes wrong with TLS.
			return fmt.Errorf("%w: %w", fault.ErrTLS, err)
		}
		return classified
	}
	c.tls = over
	return nil
}
