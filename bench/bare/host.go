// Command bare is the native host of the benchmark's bare way: one TCP connection to a port of this computer, over Chromium's native messaging, with
// nothing of Portside's in between. See README.md here.
//
// Native messaging frames are a length of four bytes in the machine's order and JSON. messages.ts says what is in them.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/portside/portside/bench/room"
)

const (
	credit       = 1 << 20    // bytes under way to the page
	frame        = 64 << 10   // bytes in one message, before base64
	largestFrame = 64<<20 - 1 // what Chromium sends at most
	dialLimit    = 10 * time.Second
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// message is what is not bytes: those are found without decoding JSON.
type message struct {
	Port int `json:"port"`
	A    int `json:"a"`
}

// run serves one connection until the browser closes in.
func run(in io.Reader, out io.Writer) error {
	b := &bridge{out: out, Room: room.New(credit)}
	var reading sync.WaitGroup
	defer reading.Wait()
	defer b.End()
	var conn net.Conn
	var plain, raw []byte
	for {
		var err error
		if raw, err = readFrame(in, raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a message: %w", err)
		}
		if text, found := bytes.CutPrefix(raw, []byte(`{"d":"`)); found && conn != nil {
			text = bytes.TrimSuffix(text, []byte(`"}`))
			plain = append(plain[:0], make([]byte, base64.StdEncoding.DecodedLen(len(text)))...)
			n, err := base64.StdEncoding.Decode(plain, text)
			if err != nil {
				return fmt.Errorf("read a message: %w", err)
			}
			if _, err := conn.Write(plain[:n]); err != nil {
				return fmt.Errorf("write: %w", err)
			}
			b.say(fmt.Appendf(nil, `{"a":%d}`, n))
			continue
		}
		var m message
		if err := json.Unmarshal(raw, &m); err != nil {
			return fmt.Errorf("read a message: %w", err)
		}
		switch {
		case m.A > 0:
			b.Give(m.A)
		case m.Port > 0 && conn == nil:
			if conn, err = net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", m.Port), dialLimit); err != nil {
				return err
			}
			defer conn.Close()
			b.say([]byte(`{"open":true}`))
			reading.Go(func() { b.pump(conn) })
		}
	}
}

func readFrame(in io.Reader, buffer []byte) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.NativeEndian.Uint32(head[:]))
	if n > largestFrame {
		return nil, fmt.Errorf("a message of %d bytes", n)
	}
	if cap(buffer) < n {
		buffer = make([]byte, n)
	}
	_, err := io.ReadFull(in, buffer[:n])
	return buffer[:n], err
}

// bridge carries a connection's bytes to the page.
type bridge struct {
	writing sync.Mutex // guards out: one frame at a time
	out     io.Writer

	*room.Room // what the page has room for
}

// say writes one frame. Who listens no more has closed the other direction too, and that ends the program.
func (b *bridge) say(text []byte) {
	b.writing.Lock()
	defer b.writing.Unlock()
	_, _ = b.out.Write(append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...))
}

// pump reads what the page has room for, until the connection or the page ends.
func (b *bridge) pump(conn net.Conn) {
	buffer := make([]byte, frame)
	var text []byte
	for {
		free := b.Take(frame)
		if free == 0 {
			return
		}
		n, err := conn.Read(buffer[:free])
		b.Give(free - n)
		if n > 0 {
			text = append(text[:0], `{"d":"`...)
			text = base64.StdEncoding.AppendEncode(text, buffer[:n])
			b.say(append(text, `"}`...))
		}
		if err != nil {
			return
		}
	}
}
