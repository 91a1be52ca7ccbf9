package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// mostKept bounds what a Keeper holds in memory, in bytes.
	mostKept = 256 << 10
	// retryAfter is when a Keeper tries again while no lines come.
	retryAfter = 5 * time.Second
)

// Keeper writes the lines of a log whose places may be missing or full for a while. A
// line goes to the first place that takes it. Places that cannot be opened, or take no
// lines, are tried again with each line. What none takes is kept in memory, in its
// order, up to a bound; what is beyond that is counted, and the count is the next line
// once there is room. Any number of goroutines may write to it.
type Keeper struct {
	// LastResort takes lines while no place can be opened at all, and at the end those
	// that are still kept. Nobody closes it.
	LastResort io.Writer
	// Lost makes the line that says how many lines were lost from when on.
	Lost func(lines int64, since time.Time) []byte
	// Changed, which may be nil, hears that a place, the nth of so many, has begun to
	// fail, or with a nil error that it takes lines again. It must not write to the
	// Keeper.
	Changed func(n, of int, opened bool, err error)

	mu      sync.Mutex // guards what follows
	places  []*openedLater
	kept    [][]byte
	bytes   int
	lost    int64
	since   time.Time
	timer   *time.Timer
	retries time.Duration // 0: retryAfter; for tests
	closed  bool
}

// openedLater is a place, and its file once it could be opened.
type openedLater struct {
	open    func() (*File, error)
	file    *File
	failing bool
}

// Use makes these the places from now on, in the order of preference, and closes those
// before. It opens the first that can be opened, and returns why those before it cannot.
func (k *Keeper) Use(places ...func() (*File, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	errs := []error{k.closePlaces()}
	for _, open := range places {
		k.places = append(k.places, &openedLater{open: open})
	}
	for i, p := range k.places {
		err := k.openPlace(i, p)
		errs = append(errs, err)
		if err == nil {
			break
		}
	}
	return errors.Join(errs...)
}

// closePlaces closes the files. The caller holds the mutex.
func (k *Keeper) closePlaces() error {
	var errs []error
	for _, p := range k.places {
		if p.file != nil {
			errs = append(errs, p.file.Close())
		}
	}
	k.places = nil
	return errors.Join(errs...)
}

func (k *Keeper) openPlace(i int, p *openedLater) error {
	file, err := p.open()
	if err != nil {
		k.tell(i, p, err)
		return err
	}
	p.file = file
	return nil
}

// tell passes on what is new about a place.
func (k *Keeper) tell(i int, p *openedLater, err error) {
	if p.failing == (err != nil) {
		return
	}
	p.failing = err != nil
	if k.Changed != nil {
		k.Changed(i, len(k.places), p.file != nil, err)
	}
}

// Write writes a line, or keeps it.
func (k *Keeper) Write(line []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return 0, errors.New("the log is closed")
	}
	if !k.drain() || k.put(line) != nil {
		k.keep(line)
	}
	return len(line), nil
}

// put writes a line to the first place that takes it.
func (k *Keeper) put(line []byte) error {
	var errs []error
	anywhere := false
	for i, p := range k.places {
		if p.file == nil {
			if err := k.openPlace(i, p); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		anywhere = true
		_, err := p.file.Write(line)
		k.tell(i, p, err)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	if !anywhere && k.LastResort != nil {
		_, err := k.LastResort.Write(line)
		return err
	}
	return errors.Join(errs...)
}

// drain writes what is kept, and reports whether nothing is left.
func (k *Keeper) drain() bool {
	for len(k.kept) > 0 {
		if k.put(k.kept[0]) != nil {
			return false
		}
		k.bytes -= len(k.kept[0])
		k.kept = k.kept[1:]
	}
	k.kept = nil
	if k.lost > 0 {
		if k.put(k.Lost(k.lost, k.since)) != nil {
			return false
		}
		k.lost = 0
	}
	return true
}

// keep keeps a line for later. Once one is lost, so are those behind it: the count
// stands where they would.
func (k *Keeper) keep(line []byte) {
	switch {
	case k.lost > 0:
		k.lost++
	case k.bytes+len(line) > mostKept:
		k.lost, k.since = 1, time.Now()
	default:
		k.kept = append(k.kept, bytes.Clone(line))
		k.bytes += len(line)
	}
	k.later()
}

// later sees to it that what is kept does not wait for the next line.
func (k *Keeper) later() {
	if k.timer != nil {
		return
	}
	after := k.retries
	if after == 0 {
		after = retryAfter
	}
	k.timer = time.AfterFunc(after, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.timer = nil
		if !k.closed && !k.drain() {
			k.later()
		}
	})
}

// Close tries once more to write what is kept, gives the rest to the last resort, and
// closes the files.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil
	}
	k.closed = true
	if k.timer != nil {
		k.timer.Stop()
	}
	var err error
	if !k.drain() {
		err = fmt.Errorf("%d lines are not in the log, %d more are lost", len(k.kept), k.lost)
		k.hand()
	}
	return errors.Join(err, k.closePlaces())
}

// hand gives the last resort what is left.
func (k *Keeper) hand() {
	if k.LastResort == nil {
		return
	}
	if k.lost > 0 {
		k.kept = append(k.kept, k.Lost(k.lost, k.since))
	}
	for _, line := range k.kept {
		if _, err := k.LastResort.Write(line); err != nil {
			return
		}
	}
}
