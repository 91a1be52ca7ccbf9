// Package dial turns a host and a port into a connection. It promises that a name is
// resolved once, and that every address that is known of it is put before the rules
// before anything is sent to any of them: one that is refused refuses the target. One
// that a slow name server tells later, while the socket is opening, is put before them
// before it is used, and refuses the target all the same. The connection goes to one of these very addresses, which the socket's control hook
// puts before the rules again, so that a name cannot lead anywhere else than where it
// was judged. A secure connection is verified before anybody sees it, and every error
// is one of package fault's.
package dial

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/clienthello"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/resolve"
)

// DefaultTimeout is how long opening may take when the page does not say.
const DefaultTimeout = 30 * time.Second

// Target is where to connect, and what is known about who wants it.
type Target struct {
	// Network is "tcp" or "udp".
	Network string
	Host    address.Host
	Port    uint16
	// TLS says how TLS from the first byte authenticates Host: what
	// TLSOptions.Authentication returns, and "" without it. It is for the rules; what is
	// spoken is the options' say.
	TLS string
	// Origin is the asking origin.
	Origin string
	// UserEntered is true when the user typed or picked this destination.
	UserEntered bool
	// RiskAccepted is true when the user said yes to a prompt that named the danger
	// of this port.
	RiskAccepted bool
	// Private is true for a private window.
	Private bool
}

// Options are the socket's options. A zero leaves the system's default.
type Options struct {
	// Timeout for everything until the socket is open; 0 is DefaultTimeout.
	Timeout time.Duration
	// SendBuffer and ReceiveBuffer are SO_SNDBUF and SO_RCVBUF, in bytes.
	SendBuffer, ReceiveBuffer int
	// TypeOfService is the DSCP of what is sent, 0 to 63.
	TypeOfService int
	// NoDelay is TCP_NODELAY.
	NoDelay bool
	// KeepAlive is the silence before the first probe; 0 is no keep-alive.
	KeepAlive time.Duration
	// Secure asks for TLS from the first byte.
	Secure bool
	// DNSQueryType restricts the connection to a family of addresses.
	DNSQueryType resolve.Family
	// TLS says how TLS is spoken, from the first byte or by StartTLS.
	TLS TLSOptions
	// Resolved, unless it is nil, hears of the addresses that the host has before they are
	// judged, also of those that come late, on another goroutine.
	Resolved func([]netip.Addr)
}

// Rules judge addresses. An error, fault.ErrAddress as a rule, refuses.
type Rules interface {
	// Judge is asked about each address that a target has, IPv4 as IPv4, and again
	// just before a connection to it begins, by several goroutines at once. It must
	// not block for long.
	Judge(ctx context.Context, target Target, address netip.AddrPort) error
}

// Resolver turns a host into addresses, at least one, or says why not.
type Resolver interface {
	Ask(ctx context.Context, host address.Host, family resolve.Family) (resolve.Answer, error)
}

// Dialer opens connections. Its fields are set before first use.
type Dialer struct {
	// Rules may be nil in tests only: then every address may be connected to.
	Rules Rules
	// Roots are the certificate authorities; nil means the system's.
	Roots *x509.CertPool
	// Resolver may be nil: then it is the zero resolve.Resolver.
	Resolver Resolver
	// Probe is asked, if there is one, about port 443: when a TCP connection stands and
	// before anybody uses it, before TLS names somebody else, and before a UDP socket is
	// open. name is the host, or the name that TLS will be for. An error closes the
	// connection without a byte on it.
	Probe func(ctx context.Context, target Target, name string, address netip.AddrPort) error
}

// probedPort is where a page could speak HTTPS without the browser's rules.
const probedPort = 443

// Probed reports whether a port is one that is asked about before anything is sent there.
func Probed(port uint16) bool { return port == probedPort }

// TCP connects to target. With several addresses it tries them as RFC 8305 says.
func (d *Dialer) TCP(ctx context.Context, target Target, options Options) (*Conn, error) {
	ctx, cancel := withTimeout(ctx, options)
	defer cancel()
	v, err := d.vet(ctx, target, options)
	if err != nil {
		return nil, openError(ctx, err)
	}
	conn, err := d.open(v, target, options)
	if refused := v.end(); refused != nil {
		if conn != nil {
			_ = conn.Reset()
		}
		return nil, openError(ctx, refused)
	}
	if err != nil {
		return nil, openError(ctx, err)
	}
	return conn, nil
}

// open connects to one of the vetted addresses, and does what has to be done before
// anybody may use the connection.
func (d *Dialer) open(v *vetted, target Target, options Options) (*Conn, error) {
	connection, err := race(v.ctx, interleave(v.addresses), v.more, func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		return d.connect(ctx, target, to, options)
	})
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
	names := []string{target.Host.String()}
	if other, ok := options.TLS.otherName(names[0]); ok {
		//rule:cors-probe-for-sni-at-open
		names = append(names, other)
	}
	if err := d.probe(v.ctx, target, names, tcp.RemoteAddr().(*net.TCPAddr).AddrPort()); err != nil {
		tcp.Close()
		return nil, err
	}
	if target.Port == probedPort {
		conn.hello = clienthello.New(names[0], target.Host.Kind() == address.Literal)
	}
	if options.Secure {
		if err := conn.secure(v.ctx, target.Host.String(), d.Roots, options.TLS); err != nil {
			tcp.Close()
			return nil, err
		}
	}
	return conn, nil
}

// probe asks about port 443, by each of the names.
func (d *Dialer) probe(ctx context.Context, target Target, names []string, at netip.AddrPort) error {
	//rule:cors-probe-before-443
	if d.Probe == nil || target.Port != probedPort {
		return nil
	}
	for _, name := range names {
		if err := d.Probe(ctx, target, name, at); err != nil {
			return err
		}
	}
	return nil
}

// UDP opens a socket that exchanges datagrams with target only: with the first of its
// addresses that there is a way to, since nothing tells whether anybody is there.
func (d *Dialer) UDP(ctx context.Context, target Target, options Options) (*net.UDPConn, error) {
	ctx, cancel := withTimeout(ctx, options)
	defer cancel()
	v, err := d.vet(ctx, target, options)
	if err != nil {
		return nil, openError(ctx, err)
	}
	connection, err := d.connectFirst(v, target, options)
	if refused := v.end(); refused != nil {
		if err == nil {
			_ = connection.Close()
		}
		return nil, openError(ctx, refused)
	}
	if err != nil {
		return nil, openError(ctx, err)
	}
	udp, ok := connection.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%w: not a UDP socket", fault.ErrNetwork), connection.Close())
	}
	return udp, nil
}

// connectFirst connects to the first of the vetted addresses that connects.
func (d *Dialer) connectFirst(v *vetted, target Target, options Options) (net.Conn, error) {
	var connection net.Conn
	err := first(v, func(to netip.AddrPort) error {
		if err := /*rule:cors-probe-for-udp*/ d.probe(v.ctx, target, []string{target.Host.String()}, to); err != nil {
			return refusal{err}
		}
		var err error
		connection, err = d.connect(v.ctx, target, to, options)
		return err
	})
	return connection, err
}

// first tries the vetted addresses, one after the other, until there is no error, or a
// refusal. Those that come late are waited for as in a race.
func first(v *vetted, try func(netip.AddrPort) error) error {
	waiting, more := v.addresses, v.more
	var last <-chan time.Time
	var failures []error
	for /*rule:udp-addresses-tried-are-bounded*/ len(failures) < maxAttempts && (len(waiting) > 0 || more != nil) {
		if len(waiting) == 0 {
			if last == nil {
				last = time.After(lastPatience)
			}
			select {
			case late, open := <-more:
				if waiting = late; !open {
					more = nil
				}
			case <-last:
				more = nil
			case <-v.ctx.Done():
				return v.ctx.Err()
			}
			continue
		}
		err := try(waiting[0])
		waiting = waiting[1:]
		if refused := (refusal{}); err == nil || v.ctx.Err() != nil || errors.As(err, &refused) {
			return err
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

func withTimeout(ctx context.Context, options Options) (context.Context, context.CancelFunc) {
	timeout := options.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return context.WithTimeout(ctx, timeout)
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
