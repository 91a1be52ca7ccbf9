// Package logfile is a log file that cannot fill a disk. It promises that a file
// and its one predecessor together stay under twice the bound, that only the
// user can read them, and that each Write is one whole piece of the file, also
// when several host processes (one per browser profile) write to the same one.
package logfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

const (
	fileMode = 0o600
	dirMode  = 0o700
	// previousSuffix names the file that was full.
	previousSuffix = ".1"
)

// Dir returns where logs belong: PORTSIDE_STATE_DIR when it is set, else the
// platform's directory for a user's state (XDG Base Directory Specification).
func Dir(getenv func(string) string) (string, error) {
	if dir := getenv("PORTSIDE_STATE_DIR"); dir != "" {
		return dir, nil
	}
	// A relative path is to be ignored, says the specification.
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "portside"), nil
	}
	if runtime.GOOS == "windows" {
		if dir := getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "portside"), nil
		}
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "portside"), nil
	}
	return "", errors.New("no directory for logs: HOME is not set")
}

// File is a bounded log file. Any number of goroutines may write to it.
type File struct {
	path  string
	bound int64

	mu   sync.Mutex // guards file
	file *os.File
}

// Open opens or creates the log file name in dir, and dir when it is missing.
// bound is in bytes.
func Open(dir, name string, bound int64) (*File, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("create the log directory: %w", err)
	}
	f := &File{path: filepath.Join(dir, name), bound: bound}
	if err := f.reopen(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) reopen() error {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, fileMode)
	if err != nil {
		return fmt.Errorf("open the log file: %w", err)
	}
	// An existing file keeps its mode, which somebody may have widened.
	if err := file.Chmod(fileMode); err != nil && runtime.GOOS != "windows" {
		return errors.Join(fmt.Errorf("protect the log file: %w", err), file.Close())
	}
	if f.file != nil {
		// Nothing was buffered, so there is nothing that closing could lose.
		_ = f.file.Close()
	}
	f.file = file
	return nil
}

// Write appends line. A log that cannot be written must not stop a socket, so the
// callers of loggers ignore the error.
func (f *File) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := f.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("look at the log file: %w", err)
	}
	if info.Size() > 0 && info.Size()+int64(len(line)) > f.bound {
		if err := f.turnOver(info); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Write(line)
	if err != nil {
		return n, fmt.Errorf("write the log file: %w", err)
	}
	return n, nil
}

// turnOver starts a new file. When the path no longer leads to ours, another
// process has done so already, and renaming again would throw the full file away.
func (f *File) turnOver(ours fs.FileInfo) error {
	current, err := os.Stat(f.path)
	if err == nil && os.SameFile(current, ours) {
		if runtime.GOOS == "windows" {
			// Windows does not rename an open file.
			_ = f.file.Close()
		}
		if err := os.Rename(f.path, f.path+previousSuffix); err != nil {
			return fmt.Errorf("turn the log file over: %w", err)
		}
	}
	return f.reopen()
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}

// OpenOr opens the log file name in the directory that Dir names, and falls back
// to fallback, which nobody closes, with the reason.
func OpenOr(fallback io.Writer, getenv func(string) string, name string, bound int64) (io.Writer, func() error, error) {
	nothing := func() error { return nil }
	dir, err := Dir(getenv)
	if err != nil {
		return fallback, nothing, err
	}
	file, err := Open(dir, name, bound)
	if err != nil {
		return fallback, nothing, err
	}
	return file, file.Close, nil
}
