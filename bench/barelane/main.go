// Command barelane is the host's part of the benchmark's bare lane: TCP connections to
// one port of this computer for pages of the benchmark's browser, over loopback, with
// nothing of Portside's in between. See README.md here.
//
//	barelane PORT
//
// It prints the ports that it listens on, between commas, and runs until it is ended.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/portside/portside/bench/room"
)

const (
	credit = 2 << 20   // bytes under way to the page, as laneWindowBytes in protocol/schema/constants.json
	frame  = 256 << 10 // bytes in one frame to the page
	// ports are how many it listens on: a browser keeps at most six streams to one.
	ports = 16
	// patience is how long one half of a connection waits for the other.
	patience = 10 * time.Second
	// Each frame of a stream has a head: its kind and the length of what follows.
	headBytes = 8
	kindData  = 0
	// kindAck has no payload: its length is how many bytes the connection has taken.
	kindAck = 1
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: barelane PORT")
	}
	port, err := strconv.ParseUint(os.Args[1], 10, 16)
	if err != nil {
		return err
	}
	s := &server{far: fmt.Sprintf("127.0.0.1:%d", port), waiting: map[string]chan net.Conn{}}
	own := make([]string, ports)
	ended := make(chan error, ports)
	for i := range own {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		own[i] = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
		go func() { ended <- http.Serve(listener, s) }()
	}
	fmt.Println(strings.Join(own, ","))
	return <-ended
}

// server pairs the two halves of a connection: a WebSocket from the page, and a stream to
// it, where the page wants one.
type server struct {
	far string

	mu      sync.Mutex // guards what follows
	waiting map[string]chan net.Conn
}

// half returns where the stream of a connection is handed over.
func (s *server) half(id string) chan net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[id] == nil {
		s.waiting[id] = make(chan net.Conn, 1)
	}
	return s.waiting[id]
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("id")
	if r.URL.Path == "/down" {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\n"+
			"Access-Control-Allow-Origin: *\r\nCross-Origin-Resource-Policy: cross-origin\r\nConnection: close\r\n\r\n")
		s.half(id) <- conn
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 20)
	far, err := net.Dial("tcp4", s.far)
	if err != nil {
		return
	}
	defer far.Close()
	b := &bridge{Room: room.New(credit)}
	if id == "" {
		b.send = func(kind, n uint32, data []byte) error {
			if kind == kindAck {
				return ws.Write(r.Context(), websocket.MessageText, strconv.AppendUint(nil, uint64(n), 10))
			}
			return ws.Write(r.Context(), websocket.MessageBinary, data)
		}
	} else {
		var down net.Conn
		select {
		case down = <-s.half(id):
		case <-time.After(patience):
			return
		}
		s.mu.Lock()
		delete(s.waiting, id)
		s.mu.Unlock()
		defer down.Close()
		b.send = func(kind, n uint32, data []byte) error {
			head := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), n)
			parts := net.Buffers{head, data}
			_, err := parts.WriteTo(down)
			return err
		}
	}
	var reading sync.WaitGroup
	defer reading.Wait()
	defer b.End()
	defer far.Close()
	reading.Go(func() {
		defer ws.CloseNow()
		b.pump(far)
	})
	b.feed(r.Context(), ws, far)
}

// bridge carries one connection's bytes.
type bridge struct {
	// send sends a frame to the page: data, or how many bytes the connection has taken.
	send    func(kind, n uint32, data []byte) error
	writing sync.Mutex // one frame at a time

	*room.Room // what the page has room for
}

func (b *bridge) frame(kind, n uint32, data []byte) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.send(kind, n, data)
}

// pump carries what the far end says to the page.
func (b *bridge) pump(far io.Reader) {
	buffer := make([]byte, frame)
	for {
		free := b.Take(frame)
		if free == 0 {
			return
		}
		n, err := far.Read(buffer[:free])
		b.Give(free - n)
		if n > 0 && b.frame(kindData, uint32(n), buffer[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// feed carries what the page says to the far end. Text is how much the page has read.
func (b *bridge) feed(ctx context.Context, ws *websocket.Conn, far io.Writer) {
	buffer := make([]byte, frame)
	for {
		kind, message, err := ws.Reader(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageText {
			text, err := io.ReadAll(message)
			n, bad := strconv.Atoi(string(text))
			if err != nil || bad != nil {
				return
			}
			b.Give(n)
			continue
		}
		for {
			n, err := message.Read(buffer)
			if n > 0 {
				if _, err := far.Write(buffer[:n]); err != nil {
					return
				}
				if b.frame(kindAck, uint32(n), nil) != nil {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return
			}
		}
	}
}
