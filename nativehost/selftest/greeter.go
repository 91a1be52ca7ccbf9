package selftest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	//rule:greeter-echo-is-printable.2
	"sync"
	"time"

	"github.com/portside/portside/nativehost/printable"
)

const (
	// greeting is what the server says first.
	greeting = "Hello from the Portside program on this computer."
	// maxLine is the longest line that it listens to, in bytes.
	maxLine = 1 << 10
	// patience is how long it listens.
	patience = 10 * time.Second
)

// greeter is the server: it greets, hears one line, says it back with the time, and
// closes.
type greeter struct {
	listener net.Listener
	port     uint16
	patience time.Duration
	serving  sync.WaitGroup

	mu     sync.Mutex // guards what follows
	conns  map[net.Conn]struct{}
	closed bool
}

func newGreeter(l net.Listener, port uint16) *greeter {
	return &greeter{listener: l, port: port, patience: patience, conns: map[net.Conn]struct{}{}}
}

// serve serves until close.
func (g *greeter) serve() {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			break
		}
		if !g.keep(conn) {
			conn.Close()
			break
		}
		g.serving.Go(func() {
			defer g.drop(conn)
			g.talk(conn)
		})
	}
	g.serving.Wait()
}

// keep notes a connection, and reports false when it came too late.
func (g *greeter) keep(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.conns[conn] = struct{}{}
	}
	return !g.closed
}

func (g *greeter) drop(conn net.Conn) {
	conn.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, conn)
}

// close ends it, and every conversation.
func (g *greeter) close() {
	_ = g.listener.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for conn := range g.conns {
		conn.Close()
	}
}

// talk is one conversation. What goes wrong with it ends it.
func (g *greeter) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add( /*rule:greeter-waits-bounded-time*/ g.patience))
	if _, err := fmt.Fprintf(conn, "%s\r\n", greeting); err != nil {
		return
	}
	line, err := bufio.NewReaderSize( /*rule:greeter-reads-bounded-line*/ io.LimitReader(conn, maxLine), maxLine).ReadString('\n')
	if err != nil {
		return
	}
	// Whoever is led here to speak another protocol must not choose the words of the
	// answer to the last byte.
	//rule:greeter-echo-is-printable
	said := printable.Text(line, maxLine)
	_, _ = fmt.Fprintf(conn, "You said: %s\r\nThe time here is %s.\r\n", said, time.Now().Format("15:04:05"))
}
