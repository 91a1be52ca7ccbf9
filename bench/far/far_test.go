// The far end over real sockets on loopback: what it sends, counts, checks and says.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/bench/pattern"
)

// open starts a far end for one test and returns it with its addresses.
func open(t *testing.T) (f *far, tcp, udp string) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	datagrams, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	f = newFar()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { f.serveTCP(ctx, listener); done <- struct{}{} }()
	go func() { f.serveUDP(ctx, datagrams); done <- struct{}{} }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Error("the far end does not end")
			}
		}
	})
	return f, listener.Addr().String(), datagrams.LocalAddr().String()
}

func dial(t *testing.T, network, address, first string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, first); err != nil {
		t.Fatal(err)
	}
	return conn
}

// eventually waits until report gives something that is done.
func eventually[T any](t *testing.T, report func() T, done func(T) bool) T {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		now := report()
		if done(now) {
			return now
		}
		if time.Now().After(end) {
			t.Fatalf("still %+v", now)
		}
	}
}

func TestSourceSendsThePattern(t *testing.T) {
	_, tcp, _ := open(t)
	const n = 3*pattern.Period + 17
	conn := dial(t, "tcp", tcp, fmt.Sprintf("source %d\n", n))
	data := make([]byte, n)
	if _, err := io.ReadFull(conn, data); err != nil {
		t.Fatal(err)
	}
	if at := pattern.New().Mismatch(0, data); at != -1 {
		t.Errorf("byte %d is wrong", at)
	}
	// Not one byte more; it is the client who closes.
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(data); n != 0 || err == io.EOF {
		t.Errorf("after the last byte: %d bytes, %v", n, err)
	}
}

func TestSourceWithoutEnd(t *testing.T) {
	_, tcp, _ := open(t)
	conn := dial(t, "tcp", tcp, "source 0\n")
	data := make([]byte, 10<<20)
	if _, err := io.ReadFull(conn, data); err != nil {
		t.Fatal(err)
	}
	if at := pattern.New().Mismatch(0, data); at != -1 {
		t.Errorf("byte %d is wrong", at)
	}
}

func TestSourceEndsWhenTheClientHasEnded(t *testing.T) {
	_, tcp, _ := open(t)
	conn := dial(t, "tcp", tcp, "source 0\n")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	// It is over, though the client still reads.
	if n, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("after %d bytes: %v", n, err)
	}
}

func TestSinkCountsComparesAndHashes(t *testing.T) {
	f, tcp, _ := open(t)
	p := pattern.New()
	var sent bytes.Buffer
	for at := 0; at < 5_000_000; at += 65_535 {
		sent.Write(p.At(int64(at), min(65_535, 5_000_000-at)))
	}
	// The first bytes come with the line.
	conn := dial(t, "tcp", tcp, "sink 7 sha256\n"+sent.String()[:100])
	if _, err := conn.Write(sent.Bytes()[100:]); err != nil {
		t.Fatal(err)
	}
	report := eventually(t, func() sinkReport { return f.sinkReport(7) }, func(r sinkReport) bool { return r.Bytes >= 5_000_000 })
	sum := sha256.Sum256(sent.Bytes())
	if report.Bytes != 5_000_000 || report.WrongAt != -1 || report.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%+v", report)
	}
	if report.FirstNs <= 0 || report.LastNs < report.FirstNs {
		t.Errorf("times: %+v", report)
	}
}

func TestSinkSeesALoss(t *testing.T) {
	f, tcp, _ := open(t)
	p := pattern.New()
	conn := dial(t, "tcp", tcp, "sink 8\n")
	for _, part := range [][]byte{p.At(0, 1000), p.At(1000+65_536, 1000)} {
		if _, err := conn.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	report := eventually(t, func() sinkReport { return f.sinkReport(8) }, func(r sinkReport) bool { return r.Bytes == 2000 })
	if report.WrongAt < 1000 || report.WrongAt > 1010 {
		t.Errorf("the loss after 1000 bytes was seen at %d", report.WrongAt)
	}
}

func TestEcho(t *testing.T) {
	_, tcp, _ := open(t)
	conn := dial(t, "tcp", tcp, "echo\nahoy")
	for _, more := range []string{"", " there", "!"} {
		if _, err := io.WriteString(conn, more); err != nil {
			t.Fatal(err)
		}
	}
	data := make([]byte, len("ahoy there!"))
	if _, err := io.ReadFull(conn, data); err != nil || string(data) != "ahoy there!" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestNonsenseIsClosed(t *testing.T) {
	_, tcp, _ := open(t)
	for _, line := range []string{"\n", "source\n", "source -1\n", "sink x\n", "echo twice\n", strings.Repeat("x", 100)} {
		conn := dial(t, "tcp", tcp, line)
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%q was answered", line)
		}
	}
}

func TestDatagrams(t *testing.T) {
	f, _, udp := open(t)
	echoing := dial(t, "udp", udp, "Eahoy")
	data := make([]byte, 100)
	if n, err := echoing.Read(data); err != nil || string(data[:n]) != "Eahoy" {
		t.Errorf("%q, %v", data[:n], err)
	}
	counted := make([]byte, 1200)
	counted[0] = 'S'
	binary.BigEndian.PutUint32(counted[1:], 99)
	for range 10 {
		if _, err := echoing.Write(counted); err != nil {
			t.Fatal(err)
		}
	}
	report := eventually(t, func() datagramReport { return f.datagramReport(99) }, func(r datagramReport) bool { return r.Count >= 10 })
	if report.Count != 10 || report.Bytes != 12_000 || report.LastNs < report.FirstNs {
		t.Errorf("%+v", report)
	}
}

func TestGivesDatagrams(t *testing.T) {
	_, _, udp := open(t)
	for _, asked := range []struct{ count, size, given, bytes int }{
		{32, 1200, 32, 1200},
		{1000, 9000, mostGiven, largestGiven}, // no more than the bounds
		{1, 0, 1, 2},
	} {
		wish := []byte{'G'}
		wish = binary.BigEndian.AppendUint16(wish, uint16(asked.count))
		wish = binary.BigEndian.AppendUint16(wish, uint16(asked.size))
		conn := dial(t, "udp", udp, string(wish))
		data := make([]byte, 64<<10)
		for i := range asked.given {
			n, err := conn.Read(data)
			if err != nil || n != asked.bytes || int(binary.BigEndian.Uint16(data)) != i {
				t.Fatalf("%+v: number %d: %d bytes, %v", asked, i, n, err)
			}
		}
		if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(data); err == nil {
			t.Errorf("%+v: %d bytes more", asked, n)
		}
	}
}

func TestQuestions(t *testing.T) {
	f, _, _ := open(t)
	f.setSinkReport(3, sinkReport{Bytes: 5, WrongAt: -1})
	f.countDatagram(4, 1200)
	ours, theirs := net.Pipe()
	result := make(chan error, 1)
	go func() { result <- answer(theirs, f, ports{TCP: 1, UDP: 2}) }()
	lines := bufio.NewScanner(ours)
	said := func() map[string]any {
		t.Helper()
		if !lines.Scan() {
			t.Fatal("no line")
		}
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		return line
	}
	ask := func(question string) map[string]any {
		t.Helper()
		if _, err := io.WriteString(ours, question+"\n"); err != nil {
			t.Fatal(err)
		}
		return said()
	}
	if here := said(); here["tcp"] != 1.0 || here["udp"] != 2.0 {
		t.Errorf("ports: %v", here)
	}
	if got := ask(`{"ask":"sink","id":3}`); got["bytes"] != 5.0 {
		t.Errorf("sink 3: %v", got)
	}
	if got := ask(`{"ask":"sink","id":1000}`); got["bytes"] != 0.0 || got["wrongAt"] != -1.0 {
		t.Errorf("a sink that nobody used: %v", got)
	}
	if got := ask(`{"ask":"datagrams","id":4}`); got["count"] != 1.0 {
		t.Errorf("datagrams: %v", got)
	}
	ours.Close()
	if err := <-result; err != nil {
		t.Error(err)
	}
}
