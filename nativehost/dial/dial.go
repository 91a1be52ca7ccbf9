// Package dial turns a name and a port into a connection. It promises that the
// address that is connected to has been put before the rules at the last moment,
// in the socket's control hook, so that a name cannot lead anywhere else than where
// it was judged; that a secure connection is verified before anybody sees it; and
// that every error is one of package fault's.
package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

// DefaultTimeout is how long opening may take when the page does not say.
const DefaultTimeout = 30 * time.Second

// maxKeepAlive is the longest silence that Linux's TCP_KEEPIDLE takes.
const maxKeepAlive = 32767 * time.Second

// Target is where to connect, and what is known about who wants it.
type Target struct {
	// Network is "tcp" or "udp".
	Network string
	// Host is a name or an address, without brackets.
	Host string
	Port uint16
	// Origin is the asking origin.
	Origin string
	// UserEntered is true when the person typed or picked this destination.
	UserEntered bool
}

// Options are the socket's options. A zero leaves the system's default.
type Options struct {
	// Timeout for everything until the socket is open; 0 is DefaultTimeout.
	Timeout time.Duration
	// SendBuffer and ReceiveBuffer are SO_SNDBUF and SO_RCVBUF, in bytes.
	SendBuffer, ReceiveBuffer int
	// NoDelay is TCP_NODELAY.
	NoDelay bool
	// KeepAlive is the silence before the first probe; 0 is no keep-alive.
	KeepAlive time.Duration
	// Secure asks for TLS from the first byte.
	Secure bool
}

// Rules judge addresses. An error, fault.ErrAddress as a rule, refuses.
type Rules interface {
	// Judge is asked about each address that a socket is about to connect to, by
	// several goroutines at once. It must not block for long.
	Judge(ctx context.Context, target Target, address netip.AddrPort) error
}

// Dialer opens connections. Its fields are set before first use.
type Dialer struct {
	// Rules may be nil: then every address may be connected to.
	Rules Rules
	// Roots are the certificate authorities; nil means the system's.
	Roots *x509.CertPool
	// Resolver may be nil: then it is Go's own.
	Resolver *net.Resolver
}

// TCP connects to target. With several addresses it tries them as RFC 8305 says.
func (d *Dialer) TCP(ctx context.Context, target Target, options Options) (*Conn, error) {
	ctx, cancel := withTimeout(ctx, options)
	defer cancel()
	connection, err := d.dial(ctx, target, options)
	if err != nil {
		return nil, err
	}
	tcp, ok := connection.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%w: not a TCP connection", fault.ErrNetwork), connection.Close())
	}
	conn := &Conn{tcp: tcp}
	if err := conn.tune(options); err != nil {
		return nil, errors.Join(fault.Classify(err), tcp.Close())
	}
	if options.Secure {
		if err := conn.secure(ctx, target.Host, d.Roots); err != nil {
			tcp.Close()
			return nil, err
		}
	}
	return conn, nil
}

// UDP opens a socket that exchanges datagrams with target only.
func (d *Dialer) UDP(ctx context.Context, target Target, options Options) (*net.UDPConn, error) {
	ctx, cancel := withTimeout(ctx, options)
	defer cancel()
	connection, err := d.dial(ctx, target, options)
	if err != nil {
		return nil, err
	}
	udp, ok := connection.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%w: not a UDP socket", fault.ErrNetwork), connection.Close())
	}
	return udp, nil
}

func withTimeout(ctx context.Context, options Options) (context.Context, context.CancelFunc) {
	timeout := options.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return context.WithTimeout(ctx, timeout)
}

// dial resolves and connects. The control hook sees each address just before the
// connection to it begins.
func (d *Dialer) dial(ctx context.Context, target Target, options Options) (net.Conn, error) {
	dialer := net.Dialer{
		// Go's own default is a probe after 15 seconds.
		KeepAlive: -1,
		Resolver:  d.Resolver,
		ControlContext: func(ctx context.Context, _, address string, raw syscall.RawConn) error {
			if d.Rules != nil {
				judged, err := netip.ParseAddrPort(address)
				if err != nil {
					return fmt.Errorf("%w: %w", fault.ErrAddress, err)
				}
				if err := d.Rules.Judge(ctx, target, judged); err != nil {
					return err
				}
			}
			return setBuffers(raw, options)
		},
	}
	address := net.JoinHostPort(target.Host, strconv.Itoa(int(target.Port)))
	connection, err := dialer.DialContext(ctx, target.Network, address)
	if err != nil {
		return nil, openError(ctx, err)
	}
	return connection, nil
}

// openError classifies an error of opening. The context comes first: the resolver
// reports a deadline as a failed lookup.
func openError(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.Classify(ctx.Err())
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.Classify(ctx.Err())
	default:
		return fault.Classify(err)
	}
}

// Conn is a TCP connection, with TLS on it or without.
type Conn struct {
	tcp *net.TCPConn
	tls *tls.Conn
}

// tune sets what can only be set on a connection.
func (c *Conn) tune(options Options) error {
	// Go sets TCP_NODELAY by itself; here the page decides.
	if err := c.tcp.SetNoDelay(options.NoDelay); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	if options.KeepAlive <= 0 {
		return nil
	}
	delay := min(max(options.KeepAlive, time.Second), maxKeepAlive)
	// The number of probes stays the system's.
	config := net.KeepAliveConfig{Enable: true, Idle: delay, Interval: delay, Count: -1}
	if err := c.tcp.SetKeepAliveConfig(config); err != nil {
		return fmt.Errorf("set keep-alive: %w", err)
	}
	return nil
}

// secure puts TLS on the connection and verifies that the peer is host.
func (c *Conn) secure(ctx context.Context, host string, roots *x509.CertPool) error {
	c.tls = tls.Client(deadlineKeeper{c.tcp}, &tls.Config{
		ServerName: strings.TrimSuffix(host, "."),
		RootCAs:    roots,
		MinVersion: tls.VersionTLS12,
	})
	if err := c.tls.HandshakeContext(ctx); err != nil {
		classified := openError(ctx, err)
		if d := fault.Describe(classified).Reason; d == "network" {
			// Whatever else goes wrong in a handshake goes wrong with TLS.
			return fmt.Errorf("%w: %w", fault.ErrTLS, err)
		}
		return classified
	}
	return nil
}

// deadlineKeeper keeps crypto/tls from moving the write deadline, which it does
// when it says goodbye: up to five seconds, whatever the owner had set.
type deadlineKeeper struct{ *net.TCPConn }

func (deadlineKeeper) SetWriteDeadline(time.Time) error { return nil }

// Read reads from the peer.
func (c *Conn) Read(p []byte) (int, error) {
	if c.tls != nil {
		return c.tls.Read(p)
	}
	return c.tcp.Read(p)
}

// Write writes to the peer. After a deadline has passed in the middle of a write,
// a secure connection cannot be written to any more.
func (c *Conn) Write(p []byte) (int, error) {
	if c.tls != nil {
		return c.tls.Write(p)
	}
	return c.tcp.Write(p)
}

// CloseWrite ends TLS, if there is any, and sends FIN.
func (c *Conn) CloseWrite() error {
	if c.tls != nil {
		if err := c.tls.CloseWrite(); err != nil {
			return err
		}
	}
	return c.tcp.CloseWrite()
}

// Close closes the socket at once, without a word of TLS.
func (c *Conn) Close() error { return c.tcp.Close() }

// Reset closes the socket with RST, dropping what is unsent.
func (c *Conn) Reset() error {
	if err := c.tcp.SetLinger(0); err != nil {
		return errors.Join(err, c.tcp.Close())
	}
	return c.tcp.Close()
}

// SetReadDeadline sets the deadline of reads.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.tcp.SetReadDeadline(t) }

// SetWriteDeadline sets the deadline of writes.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.tcp.SetWriteDeadline(t) }

// LocalAddr is the local address.
func (c *Conn) LocalAddr() net.Addr { return c.tcp.LocalAddr() }

// RemoteAddr is the address that was connected to.
func (c *Conn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }

// Unacknowledged returns how many bytes, FIN included, the peer's system has not
// acknowledged, and false where the system does not tell.
func (c *Conn) Unacknowledged() (int, bool) { return unacknowledged(c.tcp) }
