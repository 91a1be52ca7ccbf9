package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// trips measures round trips of one byte; loaded: beside a download and an upload.
func (c *client) trips(count int, limit time.Duration, loaded bool, sinkID uint32, chunk int) (any, error) {
	conn, err := c.openEcho()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var stop atomic.Bool
	load := make(chan error, 2)
	running := 0
	if loaded {
		down, err := c.open("source 0\n")
		if err != nil {
			return nil, err
		}
		defer down.Close()
		up, err := c.open(fmt.Sprintf("sink %d\n", sinkID))
		if err != nil {
			return nil, err
		}
		defer up.Close()
		running = 2
		go func() { _, err := c.readPattern(down, math.MaxInt64, stop.Load); load <- err }()
		go func() { _, err := c.writePattern(up, math.MaxInt64, chunk, stop.Load); load <- err }()
		time.Sleep(250 * time.Millisecond)
	}
	times := make([]float64, 0, count)
	for start := time.Now(); len(times) < count && time.Since(start) < limit; {
		sent := time.Now()
		if _, err = conn.Write([]byte{'.'}); err == nil {
			err = readByte(conn)
		}
		if err != nil {
			break
		}
		times = append(times, ms(time.Since(sent)))
	}
	stop.Store(true)
	for range running {
		err = errors.Join(err, <-load)
	}
	return map[string]any{"times": times}, err
}

func (c *client) opens(count int, limit time.Duration) (any, error) {
	var opened, firstByte []float64
	for end := time.Now().Add(limit); len(opened) < count && time.Now().Before(end); {
		start := time.Now()
		conn, err := net.DialTimeout("tcp4", c.tcp, patience)
		if err != nil {
			return nil, err
		}
		opened = append(opened, ms(time.Since(start)))
		if _, err = conn.Write([]byte("echo\n.")); err == nil {
			err = readByte(conn)
		}
		firstByte = append(firstByte, ms(time.Since(start)))
		conn.Close()
		if err != nil {
			return nil, err
		}
	}
	return map[string]any{"opened": opened, "firstByte": firstByte}, nil
}

func (c *client) openMany(parallel int, limit time.Duration) (any, error) {
	var count atomic.Int64
	start := time.Now()
	err := each(parallel, func(int) error {
		for time.Since(start) < limit {
			conn, err := c.openEcho()
			if err != nil {
				return err
			}
			conn.Close()
			count.Add(1)
		}
		return nil
	})
	return map[string]any{"count": count.Load(), "ms": ms(time.Since(start))}, err
}

func (c *client) udpTrips(count int, patience time.Duration) (any, error) {
	conn, err := net.Dial("udp4", c.udp)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	datagram := make([]byte, 64)
	datagram[0] = 'E'
	answer := make([]byte, 2048)
	times := make([]float64, 0, count)
	lost := 0
	for range count {
		start := time.Now()
		if _, err := conn.Write(datagram); err != nil {
			return nil, err
		}
		if err := conn.SetReadDeadline(start.Add(patience)); err != nil {
			return nil, err
		}
		switch _, err := conn.Read(answer); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			lost++
		case err != nil:
			return nil, err
		default:
			times = append(times, ms(time.Since(start)))
		}
	}
	return map[string]any{"times": times, "lost": lost}, nil
}

// givenAtOnce is how many datagrams the far end is asked for at a time.
const givenAtOnce = 32

func (c *client) udpReceive(limit time.Duration, size int, patience time.Duration) (any, error) {
	conn, err := net.Dial("udp4", c.udp)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	wish := make([]byte, 5)
	wish[0] = 'G'
	binary.BigEndian.PutUint16(wish[1:], givenAtOnce)
	binary.BigEndian.PutUint16(wish[3:], uint16(size))
	buffer := make([]byte, 2048)
	received, lost, underWay := 0, 0, 0
	start := time.Now()
	last := start
	for {
		for underWay <= givenAtOnce && time.Since(start) < limit {
			if _, err := conn.Write(wish); err != nil {
				return nil, err
			}
			underWay += givenAtOnce
		}
		if underWay == 0 {
			return map[string]any{"received": received, "lost": lost, "ms": ms(last.Sub(start))}, nil
		}
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return nil, err
		}
		switch n, err := conn.Read(buffer); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			lost += underWay
			underWay = 0
		case err != nil:
			return nil, err
		case n != size:
			return nil, fmt.Errorf("a datagram of %d bytes", n)
		default:
			received++
			underWay--
			last = time.Now()
		}
	}
}

// counted returns a socket, and a datagram that the far end counts under this number.
func (c *client) counted(size int, run uint32) (net.Conn, []byte, error) {
	conn, err := net.Dial("udp4", c.udp)
	if err != nil {
		return nil, nil, err
	}
	c.held = append(c.held, conn)
	datagram := make([]byte, max(size, 5))
	datagram[0] = 'S'
	binary.BigEndian.PutUint32(datagram[1:], run)
	return conn, datagram, nil
}

// udpRate sends at a rate.
func (c *client) udpRate(limit time.Duration, size int, perSecond float64, run uint32) (any, error) {
	conn, datagram, err := c.counted(size, run)
	if err != nil {
		return nil, err
	}
	sent := 0
	start := time.Now()
	for taken := time.Duration(0); taken < limit; taken = time.Since(start) {
		for sent < int(math.Ceil(taken.Seconds()*perSecond)) {
			if _, err := conn.Write(datagram); err != nil {
				return nil, err
			}
			sent++
		}
		time.Sleep(time.Millisecond)
	}
	return map[string]any{"sent": sent}, nil
}

func (c *client) udpSend(limit time.Duration, size int, run uint32) (any, error) {
	conn, datagram, err := c.counted(size, run)
	if err != nil {
		return nil, err
	}
	sent := 0
	start := time.Now()
	for time.Since(start) < limit {
		if _, err := conn.Write(datagram); err != nil {
			return nil, err
		}
		sent++
	}
	return map[string]any{"sent": sent, "ms": ms(time.Since(start))}, nil
}
