package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/protocol"
)

// rss returns the resident memory of the process, in bytes.
func (p *process) rss() int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return kib << 10
		}
	}
	p.t.Fatal("no VmRSS")
	return 0
}

func TestMemoryUnderAStalledReader(t *testing.T) {
	p := startHost(t, chromium, nil)
	port, conns := peer(t)
	p.hello()
	before := p.rss()
	p.open(2, port, protocol.WindowBytes)
	conn := <-conns
	offered := make(chan int64, 1)
	go func() {
		var total int64
		chunk := make([]byte, 64<<10)
		for total < 256<<20 {
			_ = conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			n, err := conn.Write(chunk)
			total += int64(n)
			if err != nil {
				break
			}
		}
		conn.Close()
		offered <- total
	}()
	received := 0
	for received <= protocol.WindowBytes-protocol.ChunkBytes/2 { // what is less is not worth a frame
		frame := p.next()
		data := strings.TrimSuffix(frame[strings.LastIndex(frame, `:"`)+2:], `"}}`)
		received += protocol.DecodedLen([]byte(data))
	}
	total := <-offered
	grown := p.rss() - before
	t.Logf("the peer got rid of %d KiB; the host grew by %d KiB", total>>10, grown>>10)
	if grown > protocol.WindowBytes+16<<20 {
		t.Errorf("the host grew by %d KiB", grown>>10)
	}
	if total > 32<<20 {
		t.Errorf("the peer got rid of %d MiB", total>>20)
	}
}

func TestMemoryOfIdleSockets(t *testing.T) {
	const count = 1000
	p := startHost(t, chromium, nil)
	port, conns := peer(t)
	p.hello()
	// So many so fast takes an administrator.
	p.ask(1_000_000, "policy.managed",
		`{"settings":"{\"limits\":{\"attemptBurst\":2000,\"attemptsPerMinuteOverall\":60000}}"}`)
	p.open(2, port, protocol.WindowBytes)
	before := p.rss()
	for id := 3; id < 3+count; id++ {
		p.open(id, port, protocol.WindowBytes)
	}
	each := (p.rss() - before) / count
	t.Logf("%d bytes each", each)
	if each > 32<<10 {
		t.Errorf("an idle socket holds %d bytes of the host", each)
	}
	for range count + 1 {
		(<-conns).Close()
	}
}
