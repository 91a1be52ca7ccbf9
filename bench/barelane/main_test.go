// The bare lane's program over real connections on loopback: bytes arrive both ways, by either way to the page.
package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// echo answers each connection with what it says.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); conn.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestBytesBothWays(t *testing.T) {
	sent := bytes.Repeat([]byte("0123456"), 100_000)
	for _, stream := range []bool{false, true} {
		s := httptest.NewServer(&server{far: echo(t), waiting: map[string]chan net.Conn{}})
		defer s.Close()
		address, id := s.Listener.Addr().String(), ""
		var down io.Reader
		if stream {
			id = "one"
			response, err := http.Get("http://" + address + "/down?id=" + id)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			down = response.Body
		}
		ws, _, err := websocket.Dial(t.Context(), "ws://"+address+"/?id="+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ws.CloseNow() }()
		ws.SetReadLimit(1 << 20)
		if err := ws.Write(t.Context(), websocket.MessageBinary, sent); err != nil {
			t.Fatal(err)
		}
		got, acknowledged := []byte{}, 0
		for deadline := time.Now().Add(10 * time.Second); len(got) < len(sent) || acknowledged < len(sent); {
			if time.Now().After(deadline) {
				t.Fatalf("stream %v: %d bytes came, %d acknowledged", stream, len(got), acknowledged)
			}
			if !stream {
				kind, message, err := ws.Read(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if kind == websocket.MessageBinary {
					got = append(got, message...)
				} else if n, err := strconv.Atoi(string(message)); err == nil {
					acknowledged += n
				}
				continue
			}
			var head [headBytes]byte
			if _, err := io.ReadFull(down, head[:]); err != nil {
				t.Fatal(err)
			}
			n := int(binary.LittleEndian.Uint32(head[4:]))
			if binary.LittleEndian.Uint32(head[:]) == kindAck {
				acknowledged += n
				continue
			}
			part := make([]byte, n)
			if _, err := io.ReadFull(down, part); err != nil {
				t.Fatal(err)
			}
			got = append(got, part...)
		}
		if !bytes.Equal(got, sent) {
			t.Errorf("stream %v: other bytes came back", stream)
		}
	}
}
