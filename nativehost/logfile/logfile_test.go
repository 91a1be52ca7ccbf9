package logfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%s: mode %v", path, info.Mode())
	}
	return info.Size()
}

func TestSizeIsBounded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	f, err := Open(dir, "x.log", 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	path := filepath.Join(dir, "x.log")
	for i := range 200 {
		if _, err := fmt.Fprintf(f, "line %03d\n", i); err != nil {
			t.Fatal(err)
		}
		if size(t, path) > 1000 {
			t.Fatalf("the file has %d bytes", size(t, path))
		}
	}
	if n := size(t, path+".1"); n > 1000 || n < 900 {
		t.Errorf("the previous file has %d bytes", n)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(text), "line 199\n") || strings.Contains(string(text), "line 000") {
		t.Errorf("the file is %q", text)
	}
	// A line longer than the bound is one line of a file of its own.
	if _, err := f.Write(append(bytes.Repeat([]byte("x"), 2000), '\n')); err != nil {
		t.Fatal(err)
	}
	if n := size(t, path); n != 2001 {
		t.Errorf("the file has %d bytes", n)
	}
}

func TestModeIsNarrowed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.log")
	if err := os.WriteFile(path, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir, "x.log", 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n := size(t, path); n != 7 {
		t.Errorf("%d bytes of what was there are left", n)
	}
}

// Two browsers' hosts share a file; each has it open by itself. No line is cut,
// and the newest are never thrown away by a second turnover.
func TestSharedFile(t *testing.T) {
	dir := t.TempDir()
	var files []*File
	for range 2 {
		f, err := Open(dir, "x.log", 10_000)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	// In turns, so that the result does not depend on the scheduler.
	for i := range 1500 {
		if _, err := fmt.Fprintf(files[i%2], "line %06d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	var text []byte
	for _, name := range []string{"x.log.1", "x.log"} {
		piece, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, piece...)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, line := range lines {
		if want := fmt.Sprintf("line %06d", 1500-len(lines)+i); line != want {
			t.Fatalf("found %q, want %q", line, want)
		}
	}
	if len(lines) < 833 {
		t.Errorf("only %d lines are left", len(lines))
	}
}

func TestManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir, "x.log", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				_, _ = f.Write([]byte("whole line\n"))
			}
		})
	}
	wg.Wait()
	text, err := os.ReadFile(filepath.Join(dir, "x.log"))
	if err != nil || string(text) != strings.Repeat("whole line\n", 400) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestFallback(t *testing.T) {
	var fallback bytes.Buffer
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", filepath.Join(blocked, "below")} {
		out, closeLog, err := OpenOr(&fallback, func(name string) string {
			if name == "PORTSIDE_STATE_DIR" {
				return dir
			}
			return ""
		}, "x.log", 100)
		if err == nil || out != &fallback || closeLog() != nil {
			t.Errorf("%q: %v", dir, err)
		}
	}
}
