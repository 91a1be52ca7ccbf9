// Package dial turns a name and a port into a connection. It promises that the
// address that is connected to has been put before the rules at the last moment,
// in the socket's control hook, so that a name cannot lead anywhere else than where
// it was judged; that a secure connection is verified before anybody sees it; and
// that every error is one of package fault's.
package dial

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
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
	// TLS says how TLS is spoken, from the first byte or by StartTLS.
	TLS TLSOptions
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
		if err := conn.secure(ctx, target.Host, d.Roots, options.TLS); err != nil {
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
