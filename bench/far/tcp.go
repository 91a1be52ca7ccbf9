package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/portside/portside/bench/pattern"
)

// serveTCP takes connections until the context ends, and returns when all of them are over.
func (f *far) serveTCP(ctx context.Context, listener net.Listener) {
	var connections sync.WaitGroup
	defer connections.Wait()
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	slots := make(chan struct{}, maxConnections)
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors: some will be free again
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			conn.Close()
			continue
		}
		connections.Go(func() {
			defer func() { <-slots }()
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			f.serve(conn)
		})
	}
}

// serve does what the client's first line asks for. What is not understood is closed.
func (f *far) serve(conn net.Conn) {
	words, rest, err := firstLine(conn)
	if err != nil {
		return
	}
	switch {
	case len(words) == 2 && words[0] == "source":
		if n, err := strconv.ParseInt(words[1], 10, 64); err == nil && n >= 0 {
			f.source(conn, n)
		}
	case len(words) >= 2 && words[0] == "sink":
		if id, err := strconv.ParseUint(words[1], 10, 32); err == nil {
			f.sink(conn, rest, uint32(id), len(words) == 3 && words[2] == "sha256")
		}
	case len(words) == 1 && words[0] == "echo":
		echo(conn, rest)
	}
}

// firstLine reads up to the first newline and returns the line's words, and what came after it already.
func firstLine(conn net.Conn) (words []string, rest []byte, err error) {
	if err := conn.SetReadDeadline(time.Now().Add(firstLineLimit)); err != nil {
		return nil, nil, err
	}
	buffer := make([]byte, 0, 4096)
	for {
		n, err := conn.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if line, rest, found := bytes.Cut(buffer, []byte("\n")); found {
			return strings.Fields(string(line)), rest, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if len(buffer) > maxFirstLine {
			return nil, nil, io.ErrUnexpectedEOF
		}
	}
}

// source sends n bytes of the pattern, or without end if n is 0. It does not close first: relays drop what they still hold when they see the end.
//
// When the client ends its own direction, the source ends at once. Some relays (wisp-js 0.5.0) only send a FIN when a page closes, and go on reading:
// without this they would fill the machine's memory with what nobody wants.
func (f *far) source(conn net.Conn, n int64) {
	if n == 0 {
		n = math.MaxInt64
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	defer conn.Close()
	watching.Go(func() {
		_ = conn.SetReadDeadline(time.Now().Add(sourceLimit))
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
	})
	for at := int64(0); at < n; {
		if conn.SetWriteDeadline(time.Now().Add(idleLimit)) != nil {
			return
		}
		written, err := conn.Write(f.pattern.At(at, int(min(n-at, pattern.MaxSlice))))
		if err != nil {
			return
		}
		at += int64(written)
	}
	watching.Wait()
}

// sink counts and checks what comes until the client ends, keeping its report up to date with every read.
func (f *far) sink(conn net.Conn, first []byte, id uint32, hashed bool) {
	report := sinkReport{WrongAt: -1}
	var sum hash.Hash
	if hashed {
		sum = sha256.New()
	}
	take := func(data []byte) {
		report.LastNs = f.now()
		if report.Bytes == 0 {
			report.FirstNs = report.LastNs
		}
		if report.WrongAt < 0 {
			if at := f.pattern.Mismatch(report.Bytes, data); at >= 0 {
				report.WrongAt = report.Bytes + int64(at)
			}
		}
		report.Bytes += int64(len(data))
		if sum != nil {
			sum.Write(data)
			report.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
		f.setSinkReport(id, report)
	}
	if len(first) > 0 {
		take(first)
	}
	buffer := make([]byte, bufferSize)
	for {
		if conn.SetReadDeadline(time.Now().Add(idleLimit)) != nil {
			return
		}
		n, err := conn.Read(buffer)
		if n > 0 {
			take(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

// echo sends everything back. Most echoes are idle or carry single bytes: their buffer is small.
func echo(conn net.Conn, first []byte) {
	if len(first) > 0 {
		if _, err := conn.Write(first); err != nil {
			return
		}
	}
	buffer := make([]byte, 4096)
	for {
		if conn.SetDeadline(time.Now().Add(idleLimit)) != nil {
			return
		}
		n, err := conn.Read(buffer)
		if n > 0 {
			if _, err := conn.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
