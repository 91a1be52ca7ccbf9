package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/netns"
)

// disk is a file system of its own, with room for so many KiB.
func disk(t *testing.T, kib int) string {
	t.Helper()
	dir := t.TempDir()
	netns.Run(t, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk", kib), "tmpfs", dir)
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill leaves so many bytes of the last page of a log on a full disk: it makes the log
// so long that this is left, and takes all other room.
func fill(t *testing.T, dir, log string, left int) (room string) {
	t.Helper()
	page := os.Getpagesize()
	if err := os.WriteFile(log, append(bytes.Repeat([]byte("x"), page-left-1), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	room = filepath.Join(dir, "room")
	if err := os.WriteFile(room, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	return room
}

// A line that does not fit leaves no half of it, and the next is not glued to that.
func TestFullDisk(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	dir := disk(t, 64)
	path := filepath.Join(dir, "x.log")
	room := fill(t, dir, path, 100)
	f := open(t, path, Options{MaxBytes: 1 << 20, Keep: 1, Whole: true})
	before := size(t, path)
	long := strings.Repeat("y", 300) + "\n"
	for range 3 {
		if _, err := f.Write([]byte(long)); !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		if n := size(t, path); n != before {
			t.Fatalf("a line for which there was no room leaves %d bytes", n-before)
		}
	}
	if _, err := f.Write([]byte("short\n")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(room); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(long)); err != nil {
		t.Fatal(err)
	}
	if text := together(t, path, 0); !strings.HasSuffix(text, "x\nshort\n"+long) {
		t.Errorf("%q", text)
	}
}

// What finds no room is kept and written, in its order, when there is some again;
// what was too much is counted.
func TestLogOnAFullDisk(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	for _, lines := range []int{20, 5000} {
		dir := disk(t, 1024)
		path := filepath.Join(dir, "x.log")
		room := fill(t, dir, path, 50)
		var last bytes.Buffer
		k := &Keeper{LastResort: &last, Lost: lostTest, RetryAfter: 10 * time.Millisecond}
		if err := k.Use(func() (io.WriteCloser, error) { return Open(path, Options{MaxBytes: 1 << 20, Keep: 1, Whole: true}) }); err != nil {
			t.Fatal(err)
		}
		for i := range lines {
			fmt.Fprintf(k, "%05d %s\n", i, strings.Repeat("z", 100))
		}
		if err := os.Remove(room); err != nil {
			t.Fatal(err)
		}
		// Nobody writes a line, and all the same:
		netns.Until(t, "the lines", func() bool {
			text := together(t, path, 0)
			return strings.Contains(text, "lost") || strings.Count(text, "z\n") == lines
		})
		fmt.Fprintln(k, "last")
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		var lost, got int
		for line := range strings.Lines(together(t, path, 0)) {
			switch {
			case strings.HasPrefix(line, "x"):
			case line == "last\n":
			case strings.HasPrefix(line, "lost "):
				fmt.Sscanf(line, "lost %d", &lost)
			case line == fmt.Sprintf("%05d %s\n", got, strings.Repeat("z", 100)):
				got++
			default:
				t.Fatalf("torn, or not in its order: %q", line)
			}
		}
		if got+lost != lines || (lost > 0) != (lines*107 > mostKept) || last.Len() > 0 {
			t.Errorf("%d lines of %d, %d are said to be lost, %d bytes went elsewhere", got, lines, lost, last.Len())
		}
	}
}
