// Package logfile is a log file that cannot fill a disk. It promises that a file
// and each of the predecessors that are kept stay under the bound, that files which
// it makes are for their user only, and that each Write is one whole piece of the
// file and in its order, also when several host processes (one per browser profile)
// write to the same one and turn it over. A line for which there is no room leaves
// nothing behind, and a Keeper holds it until there is.
package logfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

const (
	fileMode = 0o600
	dirMode  = 0o700
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

// Options are how a file is kept.
type Options struct {
	// MaxBytes is the bound of the file and of each predecessor.
	MaxBytes int64
	// Keep is how many predecessors there are: FILE.1 is the youngest.
	Keep int
	// Whole: should the file not be turned over, as when the folder is not ours, it
	// grows beyond the bound. Else what does not fit is not written.
	Whole bool
}

// Own returns what opens the log file name in the directory that Dir names, and makes
// the directory if it is missing.
func Own(getenv func(string) string, name string, o Options) Opener {
	return func() (io.WriteCloser, error) {
		dir, err := Dir(getenv)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, dirMode); err != nil {
			return nil, fmt.Errorf("create the log directory: %w", err)
		}
		file, err := Open(filepath.Join(dir, name), o)
		if err != nil {
			return nil, err
		}
		// In a directory of ours an existing file is ours, and somebody may have widened
		// its mode.
		if err := os.Chmod(file.path, fileMode); err != nil && runtime.GOOS != "windows" {
			return nil, errors.Join(fmt.Errorf("protect the log file: %w", err), file.Close())
		}
		return file, nil
	}
}
