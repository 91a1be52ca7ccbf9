package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// File is a bounded log file. Any number of goroutines and processes may write to it.
//
// Processes agree by a lock on the file itself (flock): who holds the lock of the file
// that the path leads to may write and turn over, and who finds that the path leads
// elsewhere by now, goes there. So nobody writes to a file that was rotated, and
// nobody rotates what another process has only just begun. This also follows a
// program such as logrotate that renames the file.
type File struct {
	path    string
	options Options

	mu   sync.Mutex // guards what follows
	file *os.File
	// noWaitUntil: until then nobody waits for the lock, which was not to be had.
	noWaitUntil time.Time
}

// Open opens or creates the file at path, in a folder that exists.
func Open(path string, o Options) (*File, error) {
	f := &File{path: path, options: o}
	if err := f.reopen(); err != nil {
		return nil, err
	}
	return f, nil
}

// reopen opens what the path leads to now.
func (f *File) reopen() error {
	// Opening a pipe would wait for its reader.
	if info, err := os.Stat(f.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("open the log file: %s is not a regular file", f.path)
	}
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, fileMode)
	if errors.Is(err, fs.ErrPermission) {
		// An administrator may let us write without reading.
		file, err = os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, fileMode)
	}
	if err != nil {
		return fmt.Errorf("open the log file: %w", err)
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
	unlock, alone, err := f.lock()
	if err != nil {
		return 0, err
	}
	defer func() { unlock() }()
	var size int64
	for {
		info, err := f.file.Stat()
		if err != nil {
			return 0, fmt.Errorf("look at the log file: %w", err)
		}
		size = info.Size()
		if info.Size() == 0 || info.Size()+int64(len(line)) <= f.options.MaxBytes {
			break
		}
		// Without the lock somebody else may be about to do it.
		err = errors.New("rotate the log file: it is locked")
		if alone {
			err = f.rotate()
		}
		if err != nil {
			if f.options.Whole {
				break
			}
			return 0, err
		}
		unlock()
		if unlock, alone, err = f.lock(); err != nil {
			return 0, err
		}
	}
	whole := line
	//rule:partial-line-is-ended
	if f.endsTorn(size) {
		whole = append([]byte("\n"), line...)
	}
	if n, err := f.file.Write(whole); err != nil {
		if n > 0 && alone {
			f.cutOff(size, n)
		}
		return 0, fmt.Errorf("write the log file: %w", err)
	}
	return len(line), nil
}

// endsTorn reports whether the file ends within a line, as after a crash, or where
// somebody had no room and no lock. The next line must not be glued to that.
func (f *File) endsTorn(size int64) bool {
	if size == 0 {
		return false
	}
	var last [1]byte
	_, err := f.file.ReadAt(last[:], size-1)
	return err == nil && last[0] != '\n'
}

// cutOff takes the n bytes away that a write got into the file of this size before it
// failed. The caller holds the file's lock.
func (f *File) cutOff(size int64, n int) {
	// Somebody who did not get the lock may have written since: then it is left, and
	// the next line begins on its own.
	if info, err := f.file.Stat(); err == nil && info.Size() == size+int64(n) {
		//rule:no-partial-audit-line
		_ = f.file.Truncate(size)
	}
}

const (
	// patience bounds the wait for a lock: a process that was stopped while it holds
	// it must not stop every other.
	patience = 200 * time.Millisecond
	// noWaitFor is how long nobody waits again after that was in vain.
	noWaitFor = 10 * time.Second
	// mostRotations bounds how often the file may be rotated before we get hold of it.
	mostRotations = 100
)

// lock locks the file that the path leads to, and opens it first if that is another
// one than before. alone is false when the lock is not to be had.
func (f *File) lock() (unlock func(), alone bool, err error) {
	if f.file == nil {
		if err := f.reopen(); err != nil {
			return nil, false, err
		}
	}
	for range mostRotations {
		wait := patience
		if time.Now().Before(f.noWaitUntil) {
			wait = 0
		}
		unlock, alone := lock(f.file, wait)
		if !alone && wait > 0 {
			f.noWaitUntil = time.Now().Add(noWaitFor)
		}
		current, statErr := os.Stat(f.path)
		ours, err := f.file.Stat()
		if err == nil && statErr == nil && os.SameFile(current, ours) {
			return unlock, alone, nil
		}
		unlock()
		if err := f.reopen(); err != nil {
			return nil, false, err
		}
	}
	return nil, false, errors.New("open the log file: it is always another one")
}

// rotate renames the file and makes room for a new one. The caller holds its lock; the
// next file is made by whoever locks next.
func (f *File) rotate() error {
	if runtime.GOOS == "windows" {
		// Windows does not rename an open file.
		_ = f.file.Close()
		f.file = nil
	}
	if f.options.Keep == 0 {
		if err := os.Remove(f.path); err != nil {
			return errors.Join(fmt.Errorf("rotate the log file: %w", err), f.again())
		}
		return nil
	}
	for i := f.options.Keep - 1; i >= 1; i-- {
		err := os.Rename(f.rotated(i), f.rotated(i+1))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("rotate the log file: %w", err), f.again())
		}
	}
	if err := os.Rename(f.path, f.rotated(1)); err != nil {
		return errors.Join(fmt.Errorf("rotate the log file: %w", err), f.again())
	}
	return nil
}

// again opens the file if rotating has closed it.
func (f *File) again() error {
	if f.file != nil {
		return nil
	}
	return f.reopen()
}

// rotated returns the path of the i-th predecessor.
func (f *File) rotated(i int) string { return f.path + "." + strconv.Itoa(i) }

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
