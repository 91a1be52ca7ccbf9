package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portside/portside/protocol"
)

// TestNothingListens looks at the process from outside: with an open socket, it has
// no other and listens on none, so nobody can connect to it.
func TestNothingListens(t *testing.T) {
	p := startHost(t, chromium, nil)
	port, conns := peer(t)
	p.hello()
	p.open(1, port, protocol.WindowBytes)
	(<-conns).Close()
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
	if len(own) != 1 {
		t.Errorf("%d sockets, not the one that was opened", len(own))
	}
	const listening, inode = "0A", 9
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
			if table != "tcp" || fields[3] == listening {
				t.Errorf("%s: %s", table, line)
			}
		}
	}
}
