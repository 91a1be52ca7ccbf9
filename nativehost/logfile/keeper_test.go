//go:build unix

package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func lostTest(lines int64, _ time.Time) []byte { return fmt.Appendf(nil, "lost %d\n", lines) }

// A folder that comes after the start is used from then on, and one that goes and comes
// back as well.
func TestFolderComesLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	first, second := filepath.Join(dir, "first.log"), filepath.Join(t.TempDir(), "second.log")
	var told []string
	k := &Keeper{Lost: lostTest, RetryAfter: time.Nanosecond, Changed: func(n, of int, opened bool, err error) {
		told = append(told, fmt.Sprint(n, of, opened, err == nil))
	}}
	at := func(path string) func() (io.WriteCloser, error) {
		return func() (io.WriteCloser, error) { return Open(path, Options{MaxBytes: 1000, Keep: 1}) }
	}
	if err := k.Use(at(first), at(second)); err == nil {
		t.Fatal("the folder is there")
	}
	fmt.Fprintln(k, 1)
	fmt.Fprintln(k, 2)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	k.reopened(t, 0)
	fmt.Fprintln(k, 3)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(k, 4)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(k, 5)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if a, b := together(t, first, 0), together(t, second, 0); a != "5\n" || b != "1\n2\n4\n" {
		t.Errorf("the first has %q, the second %q", a, b)
	}
	if got := strings.Join(told, ", "); got != "0 2 false false, 0 2 true true, 0 2 true false, 0 2 true true" {
		t.Errorf("told %s", got)
	}
	if _, err := k.Write([]byte("6\n")); err == nil {
		t.Error("written after the end")
	}
}

// reopened waits until a place is open, which the Keeper tries with lines or by itself.
func (k *Keeper) reopened(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		k.mu.Lock()
		p := k.places[n]
		if p.file == nil {
			k.reopen(p)
		}
		open := p.file != nil
		k.mu.Unlock()
		if open {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the place is not opened")
		}
	}
}

// A place that hangs, as a network's does whose server has gone, holds up no line, and is
// not asked again and again.
func TestPlaceThatHangs(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.log"), filepath.Join(dir, "second.log")
	at := func(path string) func() (io.WriteCloser, error) {
		return func() (io.WriteCloser, error) { return Open(path, Options{MaxBytes: 1000, Keep: 1}) }
	}
	var tries atomic.Int64
	asked, back := make(chan struct{}), make(chan struct{})
	hangs := func() (io.WriteCloser, error) {
		switch tries.Add(1) {
		case 1:
			return nil, errors.New("no such folder")
		case 2:
			close(asked)
			<-back
		}
		return at(first)()
	}
	k := &Keeper{Lost: lostTest, RetryAfter: time.Hour}
	_ = k.Use(hangs, at(second))
	for range 5 {
		fmt.Fprint(k, "a\n")
	}
	k.mu.Lock()
	if n := tries.Load(); n != 1 || k.places[0].opening {
		t.Errorf("asked again at once")
	}
	k.mu.Unlock()
	k.RetryAfter = time.Nanosecond
	for range 5 {
		fmt.Fprint(k, "b\n")
	}
	<-asked
	for range 5 {
		fmt.Fprint(k, "c\n")
	}
	if text := together(t, second, 0); text != strings.Repeat("a\n", 5)+strings.Repeat("b\n", 5)+strings.Repeat("c\n", 5) {
		t.Errorf("%q", text)
	}
	close(back)
	k.reopened(t, 0)
	fmt.Fprint(k, "d\n")
	if text := together(t, first, 0); text != "d\n" {
		t.Errorf("%q", text)
	}

	// So is one that is new.
	asked, back = make(chan struct{}), make(chan struct{})
	tries.Store(1)
	used := make(chan error, 1)
	go func() { used <- k.Use(hangs) }()
	<-asked
	fmt.Fprint(k, "e\n")
	if text := together(t, first, 0); text != "d\ne\n" {
		t.Errorf("%q", text)
	}
	close(back)
	if err := <-used; err != nil {
		t.Error(err)
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
}

// Where there is nothing at all, the last resort has every line, once.
func TestLastResort(t *testing.T) {
	var last bytes.Buffer
	nowhere := func() (io.WriteCloser, error) { return nil, errors.New("nowhere") }
	k := &Keeper{LastResort: &last, Lost: lostTest}
	_ = k.Use(nowhere)
	fmt.Fprintln(k, 1)
	dir := filepath.Join(t.TempDir(), "goes")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f := open(t, filepath.Join(dir, "x.log"), Options{MaxBytes: 1000})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	_ = k.Use(func() (io.WriteCloser, error) { return f, nil })
	fmt.Fprintln(k, 2)
	k.keep(bytes.Repeat([]byte("x"), mostKept))
	fmt.Fprintln(k, 3)
	if last.String() != "1\n" {
		t.Errorf("%q", last.String())
	}
	if err := k.Close(); err == nil || last.String() != "1\n2\nlost 2\n" {
		t.Errorf("%v, %q", err, last.String())
	}
}

// What somebody left half written stays by itself.
func TestHalfALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(path, []byte("whole\nhal"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, path, Options{MaxBytes: 1000})
	for range 2 {
		if n, err := f.Write([]byte("next\n")); n != 5 || err != nil {
			t.Fatal(n, err)
		}
	}
	if text := together(t, path, 0); text != "whole\nhal\nnext\nnext\n" {
		t.Errorf("%q", text)
	}
}
