package dial

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/portside/portside/nativehost/clienthello"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/gate"
	"github.com/portside/portside/nativehost/sockopt"
)

// Conn is a TCP connection, with TLS on it or without.
type Conn struct {
	tcp *net.TCPConn
	tls *tls.Conn
	// hello reads what is sent in plain text to port 443; nil: it may be anything. It
	// belongs to the writer.
	hello *clienthello.Watch
	// gate is the writer's while TLS writes for it, and nil otherwise.
	gate atomic.Pointer[gate.Gate]
	// What follows belongs to the reader: cut is set when TCP ended before TLS did;
	// raw is nil unless TLS is to read only what is there.
	cut bool
	raw syscall.RawConn
	// ended is set when the peer has ended TLS in order; notifying while we send
	// close_notify (RFC 8446, section 6.1).
	ended, notifying atomic.Bool
	// closeBytes counts the bytes of close_notify, and FIN as one, as the system does.
	closeBytes atomic.Int64
}

// tune sets what can only be set on a connection.
func (c *Conn) tune(options Options) error {
	// Go sets TCP_NODELAY by itself; here the page decides.
	if err := c.SetNoDelay(options.NoDelay); err != nil {
		return err
	}
	if options.KeepAlive <= 0 {
		return nil
	}
	return c.SetKeepAlive(options.KeepAlive)
}

// SetNoDelay sets TCP_NODELAY.
func (c *Conn) SetNoDelay(on bool) error { return sockopt.SetNoDelay(c.tcp, on) }

// SetKeepAlive has the system look after so much silence whether the peer is still
// there; 0 switches that off.
func (c *Conn) SetKeepAlive(after time.Duration) error { return sockopt.SetKeepAlive(c.tcp, after) }

// underTLS is what TLS reads from and writes to.
type underTLS struct {
	*net.TCPConn
	owner *Conn
}

// Read reads for TLS, which asks for more only while the peer has not sent close_notify.
func (u underTLS) Read(p []byte) (int, error) {
	var n int
	var err error
	if raw := u.owner.raw; raw != nil {
		n, err = readNow(raw, p)
	} else {
		n, err = u.TCPConn.Read(p)
	}
	if errors.Is(err, io.EOF) {
		u.owner.cut = true
	}
	return n, err
}

// Close is what crypto/tls calls when a handshake is given up: the peer should not
// take that for an end.
func (u underTLS) Close() error { return u.owner.Reset() }

// SetWriteDeadline does nothing: crypto/tls moves the deadline when it sends
// close_notify, up to five seconds away, whatever the owner had set.
func (underTLS) SetWriteDeadline(time.Time) error { return nil }

// Write writes a record: for the writer, or for the reader, which answers a key
// update. If there is a writer at the same time, it waits for TLS's lock.
func (u underTLS) Write(p []byte) (n int, err error) {
	if g := u.owner.gate.Load(); g != nil {
		n, err = writeGated(u.TCPConn, g, p)
	} else {
		n, err = u.TCPConn.Write(p)
	}
	if u.owner.notifying.Load() {
		u.owner.closeBytes.Add(int64(n))
	}
	return n, err
}

// Read reads from the peer. When TCP ends before TLS, anybody on the way may have
// cut the stream (RFC 8446, section 6.1): that is io.ErrUnexpectedEOF, while
// crypto/tls would say io.EOF between two records.
//
// TLS gives one record at a time. Read takes those that wait behind it, too: a message to
// the browser costs more than its bytes.
func (c *Conn) Read(p []byte) (int, error) {
	if c.tls == nil {
		return c.tcp.Read(p)
	}
	n, err := c.tls.Read(p)
	if errors.Is(err, io.EOF) {
		//rule:truncated-tls-is-error
		if c.cut {
			return n, io.ErrUnexpectedEOF
		}
		c.ended.Store(true)
	}
	if err == nil {
		n += c.gather(p[n:])
	}
	return n, err
}

// gather reads records that are there already. What it meets besides, the next Read
// meets again: to TLS no data is no error, and other errors stay.
func (c *Conn) gather(p []byte) int {
	raw, err := c.tcp.SyscallConn()
	if err != nil {
		return 0
	}
	c.raw = raw
	defer func() { c.raw = nil }()
	total := 0
	for total < len(p) {
		n, err := c.tls.Read(p[total:])
		total += n
		if err != nil || n == 0 {
			break
		}
	}
	return total
}

// Write writes to the peer. On a plain connection to port 443 a ClientHello that names
// another host, or hides whom it names, is fault.ErrCORS. The caller has entered the gate; Write yields it while
// the peer takes nothing.
//
// After a deadline has passed in the middle of a Write, a secure connection cannot
// be written to any more.
func (c *Conn) Write(g *gate.Gate, p []byte) (int, error) {
	if c.tls == nil {
		if c.hello != nil {
			if err := c.hello.See( /*rule:page-client-hello-is-read*/ p); err != nil {
				return 0, fmt.Errorf("%w: %w", fault.ErrCORS, err)
			}
		}
		return writeGated(c.tcp, g, p)
	}
	c.gate.Store(g)
	defer c.gate.Store(nil)
	return c.tls.Write(p)
}

// CloseWrite ends TLS, if there is any, and sends FIN. It treats the gate as Write does.
//
// A peer that has all that was written may have closed its socket at once: that it does
// not get close_notify is no error, as it is none on a plain connection that it does not
// get FIN. Where the system does not tell what the peer has, it must have ended TLS in
// order, and that must have been read. How the other direction ends, Read tells.
func (c *Conn) CloseWrite(g *gate.Gate) error {
	if c.tls == nil {
		return c.sendFIN()
	}
	left, known := c.Sending()
	served := left.Payload == 0 && /*rule:server-gone-while-closing-is-fine*/ (known || c.ended.Load())
	c.gate.Store(g)
	defer c.gate.Store(nil)
	c.notifying.Store(true)
	err := c.tls.CloseWrite()
	c.notifying.Store(false)
	if err == nil {
		err = c.sendFIN()
	}
	if served {
		return nil
	}
	return err
}

func (c *Conn) sendFIN() error {
	err := c.tcp.CloseWrite()
	if err == nil {
		c.closeBytes.Add(1)
	}
	return err
}

// Close closes the socket at once, without close_notify.
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
