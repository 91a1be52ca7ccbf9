package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/portside/portside/bench/pattern"
)

// readSize is what one read takes at most, in bytes.
const readSize = 256 << 10

// patience bounds every wait for the far end.
const patience = 30 * time.Second

var errWrongBytes = errors.New("wrong bytes")

// client measures. Its methods are called one after the other.
type client struct {
	pattern  pattern.Pattern
	tcp, udp string
	held     []net.Conn
}

func (c *client) measure(r request) (any, error) {
	a := r.Args
	limit := time.Duration(a.Ms * float64(time.Millisecond))
	switch r.Measure {
	case "start":
		c.tcp, c.udp = net.JoinHostPort(a.Address, strconv.Itoa(a.TCP)), net.JoinHostPort(a.Address, strconv.Itoa(a.UDP))
		return nil, nil
	case "receive":
		return c.receive(a.Streams, a.Bytes, limit)
	case "receiveHash":
		return c.receiveHash(a.Bytes)
	case "send":
		return c.send(a.Streams, a.Bytes, limit, func(i int) string { return fmt.Sprintf("sink %d\n", a.FirstID+uint32(i)) }, a.Chunk)
	case "sendHash":
		return c.send(1, a.Bytes, math.MaxInt64, func(int) string { return fmt.Sprintf("sink %d sha256\n", a.ID) }, a.Chunk)
	case "trips":
		return c.trips(a.Count, limit, a.Loaded, a.SinkID, a.Chunk)
	case "open":
		return c.opens(a.Count, limit)
	case "openMany":
		return c.openMany(a.Parallel, limit)
	case "udpTrips":
		return c.udpTrips(a.Count, time.Duration(a.Patience*float64(time.Millisecond)))
	case "udpSend":
		return c.udpSend(limit, a.Size, a.Run)
	case "udpRate":
		return c.udpRate(limit, a.Size, a.Rate, a.Run)
	case "udpReceive":
		return c.udpReceive(limit, a.Size, time.Duration(a.Patience*float64(time.Millisecond)))
	case "release":
		return map[string]int{"closed": c.release()}, nil
	}
	return nil, fmt.Errorf("unknown measure %q", r.Measure)
}

func (c *client) release() int {
	for _, conn := range c.held {
		conn.Close()
	}
	n := len(c.held)
	c.held = nil
	return n
}

func (c *client) open(first string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp4", c.tcp, patience)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, first); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// openEcho opens a connection that echoes, and waits for its first byte.
func (c *client) openEcho() (net.Conn, error) {
	conn, err := c.open("echo\n.")
	if err != nil {
		return nil, err
	}
	if err := readByte(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func readByte(conn net.Conn) error {
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	var one [1]byte
	_, err := io.ReadFull(conn, one[:])
	return err
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// each runs work for 0 to n-1 at the same time and returns the first error.
func each(n int, work func(i int) error) error {
	var group sync.WaitGroup
	failed := make(chan error, n)
	for i := range n {
		group.Go(func() {
			if err := work(i); err != nil {
				failed <- err
			}
		})
	}
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// readPattern reads and compares every byte until limit bytes are there or over reports true.
func (c *client) readPattern(conn net.Conn, limit int64, over func() bool) (int64, error) {
	buffer := make([]byte, readSize)
	at := int64(0)
	for at < limit && !over() {
		n, err := conn.Read(buffer)
		if c.pattern.Mismatch(at, buffer[:n]) >= 0 {
			return at, errWrongBytes
		}
		at += int64(n)
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

func (c *client) writePattern(conn net.Conn, limit int64, chunk int, over func() bool) (int64, error) {
	at := int64(0)
	for at < limit && !over() {
		n, err := conn.Write(c.pattern.At(at, int(min(int64(chunk), limit-at))))
		at += int64(n)
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

func (c *client) receive(streams int, total int64, limit time.Duration) (any, error) {
	share := total / int64(streams)
	counts := make([]int64, streams)
	start := time.Now()
	over := func() bool { return time.Since(start) >= limit }
	err := each(streams, func(i int) error {
		conn, err := c.open(fmt.Sprintf("source %d\n", share))
		if err != nil {
			return err
		}
		defer conn.Close()
		counts[i], err = c.readPattern(conn, share, over)
		return err
	})
	taken := time.Since(start)
	sum := int64(0)
	for _, n := range counts {
		sum += n
	}
	return map[string]any{"bytes": sum, "ms": ms(taken)}, err
}

func (c *client) receiveHash(total int64) (any, error) {
	conn, err := c.open(fmt.Sprintf("source %d\n", total))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	sum := sha256.New()
	n, err := io.CopyN(sum, conn, total)
	return map[string]any{"bytes": n, "sha256": hex.EncodeToString(sum.Sum(nil))}, err
}

func (c *client) send(streams int, total int64, limit time.Duration, line func(i int) string, chunk int) (any, error) {
	share := total / int64(streams)
	sent := make([]int64, streams)
	conns := make([]net.Conn, streams)
	start := time.Now()
	over := func() bool { return time.Since(start) >= limit }
	err := each(streams, func(i int) (err error) {
		if conns[i], err = c.open(line(i)); err != nil {
			return err
		}
		sent[i], err = c.writePattern(conns[i], share, chunk, over)
		return err
	})
	for _, conn := range conns {
		if conn != nil {
			c.held = append(c.held, conn)
		}
	}
	return map[string]any{"sent": sent}, err
}
