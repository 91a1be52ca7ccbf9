//go:build unix

package logfile

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets tests run this program again as one of several host processes:
// PATH MAXBYTES KEEP NAME COUNT writes that many lines.
func TestMain(m *testing.M) {
	if os.Getenv("LOGFILE_WRITER") == "" {
		os.Exit(m.Run())
	}
	var path, name string
	var o Options
	var count int
	if _, err := fmt.Sscan(os.Getenv("LOGFILE_WRITER"), &path, &o.MaxBytes, &o.Keep, &name, &count); err != nil {
		panic(err)
	}
	o.Whole = true
	f, err := Open(path, o)
	if err != nil {
		panic(err)
	}
	for i := range count {
		// Lines of several lengths, so that torn ones show.
		if _, err := fmt.Fprintf(f, "%s %06d %s.\n", name, i, strings.Repeat("x", i%200)); err != nil {
			panic(err)
		}
	}
	os.Exit(0)
}

func open(t *testing.T, path string, o Options) *File {
	t.Helper()
	f, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// together reads a log and its predecessors, the oldest first.
func together(t *testing.T, path string, keep int) string {
	t.Helper()
	var text []byte
	for i := keep; i >= 0; i-- {
		name := path
		if i > 0 {
			name += "." + strconv.Itoa(i)
		}
		piece, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		text = append(text, piece...)
	}
	return string(text)
}

func TestSizeAndNumberAreBounded(t *testing.T) {
	for _, keep := range []int{0, 1, 3} {
		path := filepath.Join(t.TempDir(), "x.log")
		f := open(t, path, Options{MaxBytes: 1000, Keep: keep})
		for i := range 700 {
			if _, err := fmt.Fprintf(f, "line %03d\n", i); err != nil {
				t.Fatal(err)
			}
			if size(t, path) > 1000 {
				t.Fatalf("the file has %d bytes", size(t, path))
			}
		}
		names, err := filepath.Glob(path + "*")
		if err != nil || len(names) != keep+1 {
			t.Errorf("keep %d: %v, %v", keep, names, err)
		}
		for i := 1; i <= keep; i++ {
			if n := size(t, fmt.Sprint(path, ".", i)); n > 1000 || n < 900 {
				t.Errorf("predecessor %d has %d bytes", i, n)
			}
		}
		text := together(t, path, keep)
		if !strings.HasSuffix(text, "line 699\n") || strings.Contains(text, "line 000") || strings.Count(text, "\n") < 100*keep {
			t.Errorf("keep %d: %q", keep, text)
		}
		// A line longer than the bound is one line of a file of its own.
		if _, err := f.Write(append(bytes.Repeat([]byte("x"), 2000), '\n')); err != nil {
			t.Fatal(err)
		}
		if n := size(t, path); n != 2001 {
			t.Errorf("the file has %d bytes", n)
		}
	}
}

// Two browsers' hosts share a file; each has it open by itself. No line is cut, and
// the newest are never thrown away by a second turnover.
func TestSharedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	files := []*File{open(t, path, Options{MaxBytes: 10_000, Keep: 1}), open(t, path, Options{MaxBytes: 10_000, Keep: 1})}
	// In turns, so that the result does not depend on the scheduler.
	for i := range 1500 {
		if _, err := fmt.Fprintf(files[i%2], "line %06d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(together(t, path, 1)), "\n")
	for i, line := range lines {
		if want := fmt.Sprintf("line %06d", 1500-len(lines)+i); line != want {
			t.Fatalf("found %q, want %q", line, want)
		}
	}
	if len(lines) < 833 {
		t.Errorf("only %d lines are left", len(lines))
	}
}

// Processes that write and turn over at full speed lose and tear nothing.
func TestManyProcesses(t *testing.T) {
	const writers, count, keep, bound = 4, 3000, 200, 20_000
	path := filepath.Join(t.TempDir(), "x.log")
	var all sync.WaitGroup
	for w := range writers {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("LOGFILE_WRITER=%s %d %d w%d %d", path, bound, keep, w, count))
		cmd.Stderr = os.Stderr
		all.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	next := map[string]int{}
	lines := bufio.NewScanner(strings.NewReader(together(t, path, keep)))
	for lines.Scan() {
		var name, rest string
		var i int
		if n, err := fmt.Sscanf(lines.Text(), "%s %d %s", &name, &i, &rest); n != 3 || err != nil || rest != strings.Repeat("x", i%200)+"." {
			t.Fatalf("torn: %q", lines.Text())
		}
		if next[name] != i {
			t.Fatalf("%s: line %d comes where %d should", name, i, next[name])
		}
		next[name]++
	}
	for w := range writers {
		if name := fmt.Sprint("w", w); next[name] != count {
			t.Errorf("%s: %d lines of %d", name, next[name], count)
		}
	}
	files, err := filepath.Glob(path + ".*")
	if err != nil || len(files) < 50 {
		t.Errorf("only %d files were rotated, %v", len(files), err)
	}
	for _, file := range files {
		if n := size(t, file); n > bound {
			t.Errorf("%s has %d bytes", file, n)
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	f := open(t, path, Options{MaxBytes: 1 << 20})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				_, _ = f.Write([]byte("whole line\n"))
			}
		})
	}
	all.Wait()
	if text := together(t, path, 0); text != strings.Repeat("whole line\n", 400) {
		t.Errorf("%d bytes", len(text))
	}
}

// Somebody else's program rotates the file.
func TestFollowsTheName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	f := open(t, path, Options{MaxBytes: 1000})
	write := func(line string) {
		t.Helper()
		if _, err := io.WriteString(f, line); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n")
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	write("two\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write("three\n")
	old, _ := os.ReadFile(path + ".old")
	if text := together(t, path, 0); text != "three\n" || string(old) != "one\n" {
		t.Errorf("%q, %q", old, text)
	}
}

// A folder that is not ours: the file cannot be rotated.
func TestWholeGrowsBeyondTheBound(t *testing.T) {
	dir := t.TempDir()
	for _, whole := range []bool{true, false} {
		path := filepath.Join(dir, fmt.Sprint(whole))
		// A folder with something in it stands where the predecessor belongs.
		if err := os.MkdirAll(filepath.Join(path+".1", "full"), 0o700); err != nil {
			t.Fatal(err)
		}
		f := open(t, path, Options{MaxBytes: 100, Keep: 1, Whole: whole})
		failed := 0
		for range 30 {
			if _, err := io.WriteString(f, "0123456789\n"); err != nil {
				failed++
			}
		}
		if n := size(t, path); whole && (n != 330 || failed != 0) || !whole && (n != 99 || failed != 21) {
			t.Errorf("whole is %v: %d bytes, %d lines failed", whole, n, failed)
		}
	}
}

// A process that was stopped while it holds the lock.
func TestLockThatIsNeverLetGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	f := open(t, path, Options{MaxBytes: 15, Keep: 1, Whole: true})
	other, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 20 {
		if _, err := io.WriteString(f, "0123456789\n"); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 2*patience+time.Second {
		t.Errorf("took %v", took)
	}
	if n := size(t, path); n != 220 {
		t.Errorf("%d bytes", n)
	}
}

func TestOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, dir, "/dev/null", filepath.Join(dir, "none", "x.log"), filepath.Join(pipe, "x")} {
		if f, err := Open(path, Options{MaxBytes: 100}); err == nil {
			t.Errorf("%s is open", path)
			_ = f.Close()
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	f, err := Open(filepath.Join(b.TempDir(), "x.log"), Options{MaxBytes: 1 << 30, Keep: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	line := append(bytes.Repeat([]byte("x"), 300), '\n')
	for b.Loop() {
		if _, err := f.Write(line); err != nil {
			b.Fatal(err)
		}
	}
}
