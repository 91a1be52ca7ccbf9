// The bare host over a real connection on loopback: bytes arrive both ways, and no more comes than there is room for.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestBridge(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	toHost, fromBrowser := io.Pipe()
	fromHost, toBrowser := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(toHost, toBrowser) }()

	say := func(text string) {
		t.Helper()
		if _, err := fromBrowser.Write(append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...)); err != nil {
			t.Fatal(err)
		}
	}
	heard := make(chan map[string]any, 1000)
	go func() {
		defer close(heard)
		for {
			raw, err := readFrame(fromHost, nil)
			if err != nil {
				return
			}
			var m map[string]any
			if json.Unmarshal(raw, &m) == nil {
				heard <- m
			}
		}
	}()
	hear := func() map[string]any {
		t.Helper()
		select {
		case m := <-heard:
			return m
		case <-time.After(5 * time.Second):
			t.Fatal("nothing is heard")
			return nil
		}
	}

	say(fmt.Sprintf(`{"port":%d}`, listener.Addr().(*net.TCPAddr).Port))
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if m := hear(); m["open"] != true {
		t.Fatalf("%v", m)
	}

	say(`{"d":"` + base64.StdEncoding.EncodeToString([]byte("ahoy")) + `"}`)
	got := make([]byte, 4)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "ahoy" {
		t.Errorf("%q, %v", got, err)
	}
	if m := hear(); m["a"] != 4.0 {
		t.Errorf("%v", m)
	}

	// Three times the credit is sent; one comes, and the rest when it has been read.
	want := []byte(strings.Repeat("0123456789abcdef", 3*credit/16))
	go func() { _, _ = conn.Write(want) }()
	var came []byte
	collect := func(until int) {
		t.Helper()
		for len(came) < until {
			text, _ := hear()["d"].(string)
			data, err := base64.StdEncoding.DecodeString(text)
			if err != nil || len(data) == 0 {
				t.Fatalf("%q, %v", text, err)
			}
			came = append(came, data...)
		}
	}
	collect(credit)
	select {
	case m := <-heard:
		t.Errorf("beyond the credit came %.40v", m)
	case <-time.After(50 * time.Millisecond):
	}
	if len(came) != credit {
		t.Errorf("%d bytes came for a credit of %d", len(came), credit)
	}
	say(fmt.Sprintf(`{"a":%d}`, 2*credit))
	collect(3 * credit)
	if !bytes.Equal(came, want) {
		t.Error("other bytes came")
	}

	conn.Close()
	fromBrowser.Close()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the host does not end with the browser")
	}
	toBrowser.Close()
}
