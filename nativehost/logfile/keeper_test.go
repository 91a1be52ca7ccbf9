//go:build unix

package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	k := &Keeper{Lost: lostTest, Changed: func(n, of int, opened bool, err error) {
		told = append(told, fmt.Sprint(n, of, opened, err == nil))
	}}
	at := func(path string) func() (*File, error) {
		return func() (*File, error) { return Open(path, Options{MaxBytes: 1000, Keep: 1}) }
	}
	if err := k.Use(at(first), at(second)); err == nil {
		t.Fatal("the folder is there")
	}
	fmt.Fprintln(k, 1)
	fmt.Fprintln(k, 2)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
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

// Where there is nothing at all, the last resort has every line, once.
func TestLastResort(t *testing.T) {
	var last bytes.Buffer
	nowhere := func() (*File, error) { return nil, errors.New("nowhere") }
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
	_ = k.Use(func() (*File, error) { return f, nil })
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
