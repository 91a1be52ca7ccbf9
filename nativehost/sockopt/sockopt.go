// Package sockopt sets and reads the options of the system's sockets: what an option is
// called, its unit and its range, and what becomes of it where a system does not have it.
// sockopt.go has what is the same on all systems; the other files have one system each.
//
// It knows no rules and no connection of the project's: callers hand over a RawConn, or
// the connection of package net.
package sockopt

import (
	"fmt"
	"net"
	"syscall"
	"time"
)

// MaxKeepAlive is the longest silence before the first probe that Linux takes
// (MAX_TCP_KEEPIDLE in include/net/tcp.h).
const MaxKeepAlive = 32767 * time.Second

// SetBuffers sets SO_SNDBUF and SO_RCVBUF, in bytes; 0 leaves the system's size. It must
// be called before a TCP connection begins, since the window scale is agreed on in the
// handshake (RFC 7323, section 2.2). Systems cut what is more than they allow, or refuse it
// (socket(7): net.core.wmem_max and rmem_max; Linux keeps twice the number).
func SetBuffers(raw syscall.RawConn, send, receive int) error {
	if err := setBuffer(raw, syscall.SO_SNDBUF, send); err != nil {
		return fmt.Errorf("set SO_SNDBUF: %w", err)
	}
	if err := setBuffer(raw, syscall.SO_RCVBUF, receive); err != nil {
		return fmt.Errorf("set SO_RCVBUF: %w", err)
	}
	return nil
}

func setBuffer(raw syscall.RawConn, option, size int) error {
	if size <= 0 {
		return nil
	}
	return set(raw, syscall.SOL_SOCKET, option, size)
}

// GrowReceiveBuffer asks for an SO_RCVBUF of so many bytes, and where the system refuses
// that for half of it and so on, down to a sixteenth. A system that refuses all of them
// keeps its own size, which is no error: the buffer is a wish.
func GrowReceiveBuffer(conn *net.UDPConn, bytes int) {
	for size := bytes; size >= bytes>>4 && conn.SetReadBuffer(size) != nil; {
		size /= 2
	}
}

// ForbidBroadcast clears SO_BROADCAST, which package net sets on every UDP socket.
// Sending to a broadcast address is an error from then on: the rules know those that
// follow from an interface's prefix, the system knows all.
func ForbidBroadcast(raw syscall.RawConn) error {
	if err := set(raw, syscall.SOL_SOCKET, syscall.SO_BROADCAST, 0); err != nil {
		return fmt.Errorf("clear SO_BROADCAST: %w", err)
	}
	return nil
}

// SetNoDelay sets TCP_NODELAY: true sends small segments at once (no Nagle algorithm,
// RFC 9293, section 3.7.4).
func SetNoDelay(conn *net.TCPConn, on bool) error {
	if err := conn.SetNoDelay(on); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	return nil
}

// SetKeepAlive has the system ask after so much silence whether the peer is still there
// (SO_KEEPALIVE, TCP_KEEPIDLE and TCP_KEEPINTVL; RFC 9293, section 3.8.4). Below a second
// it is one, above MaxKeepAlive it is that; 0 or less switches it off. How many probes go
// unanswered before the connection fails stays the system's.
func SetKeepAlive(conn *net.TCPConn, after time.Duration) error {
	var err error
	if after <= 0 {
		err = conn.SetKeepAlive(false)
	} else {
		delay := min(max(after, time.Second), MaxKeepAlive)
		err = conn.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: delay, Interval: delay, Count: -1})
	}
	if err != nil {
		return fmt.Errorf("set keep-alive: %w", err)
	}
	return nil
}

// Sent is what the system knows of the bytes that were given to a TCP connection.
type Sent struct {
	// Acknowledged counts those that the peer's system has acknowledged, SYN and FIN
	// included.
	Acknowledged int64
	// Unacknowledged counts the others, FIN included.
	Unacknowledged int
	// Over: nothing will be acknowledged any more.
	Over bool
}

// ReadSent reports false where the system does not tell: outside of Linux, or on a
// connection that is closed.
func ReadSent(conn *net.TCPConn) (Sent, bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Sent{}, false
	}
	return readSent(raw)
}

// Dropped counts the datagrams that came to a socket and for which the system had no room
// since it was opened. It is 0 where the system does not tell: outside of Linux, or on
// a socket that is closed.
func Dropped(conn *net.UDPConn) int64 {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	return dropped(raw)
}

// set sets an option whose value is a C int.
func set(raw syscall.RawConn, level, option, value int) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = setInt(fd, level, option, value) })
	if err == nil {
		err = failed
	}
	return err
}
