package main

import (
	order "encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portside/portside/protocol"
)

// TestNothingListens looks at the process from outside: with an open socket, it has
// no other and listens on none, so nobody can connect to it. Only while somebody tries
// it out does it listen, twice, on loopback.
func TestNothingListens(t *testing.T) {
	p := startHost(t, chromium, nil)
	port, conns := peer(t)
	p.hello()
	want := func(when string, sockets int, listening ...string) {
		t.Helper()
		n, at := p.sockets()
		if n != sockets || !slices.Equal(at, listening) {
			t.Errorf("%s: %d sockets, not %d; listening at %q, not %q", when, n, sockets, at, listening)
		}
	}
	want("at first", 0)
	p.open(2, port, protocol.WindowBytes)
	defer (<-conns).Close()
	want("with an open socket", 1)
	answer := p.ask(3, protocol.MethodTryoutStart, `{"lang":"en","dir":"ltr","texts":{"title":"t","intro":"t","button":"t","asking":"t","done":"t","denied":"t","failed":"t","missing":"t"}}`)
	var started struct{ Result protocol.TryoutStartResult }
	if err := json.Unmarshal([]byte(answer), &started); err != nil {
		t.Fatal(err)
	}
	ports := []string{strings.Split(started.Result.URL, "/")[2], fmt.Sprintf("127.0.0.1:%d", started.Result.Port)}
	slices.Sort(ports)
	want("while it is tried out", 3, ports...)
	p.ask(4, protocol.MethodTryoutStop, `{}`)
	want("afterwards", 1)
}

// sockets counts the process's sockets, and lists where it listens. A UDP socket that
// hears anybody would be listed, too.
func (p *process) sockets() (n int, listening []string) {
	t := p.t
	t.Helper()
	own := map[string]bool{}
	folder := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "fd")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(folder, entry.Name()))
		if inode, ok := strings.CutPrefix(target, "socket:["); err == nil && ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	const listens, inode = "0A", 9
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6"} {
		text, err := os.ReadFile("/proc/net/" + table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) <= inode || !own[fields[inode]] {
				continue
			}
			switch at := fields[1]; {
			case table != "tcp":
				listening = append(listening, table+" "+at)
			case fields[3] == listens:
				listening = append(listening, address(t, at))
			}
		}
	}
	slices.Sort(listening)
	return len(own), listening
}

// address reads an IPv4 address and a port as /proc/net/tcp has them.
func address(t *testing.T, text string) string {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(raw) != 6 {
		t.Fatalf("%q: %v", text, err)
	}
	addr := order.NativeEndian.AppendUint32(nil, order.BigEndian.Uint32(raw))
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(addr)), order.BigEndian.Uint16(raw[4:])).String()
}
