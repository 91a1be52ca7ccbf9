package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// mostKept bounds what a Keeper holds in memory, in bytes.
	mostKept = 256 << 10
	// retryAfter is when a Keeper tries a place again that has failed.
	retryAfter = 5 * time.Second
)

// Keeper writes the lines of a log whose places may be missing or full for a while. A
// line goes to the first place that takes it. Places that cannot be opened, or take no
// lines, are tried again after a while: such a place may be a network's, and each try
// take long. To open one again holds up no line. What none takes is kept in memory, in
// its order, up to a bound; what is beyond that is counted, and the count is the next
// line once there is room. Any number of goroutines may write to it.
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
	// RetryAfter is how long a place that has failed is left alone; 0: five seconds.
	RetryAfter time.Duration

	mu     sync.Mutex // guards what follows
	places []*openedLater
	// failing is why the first place takes no lines, or nil. It is read without the mutex,
	// which whoever writes to a disk that hangs may hold for long.
	failing atomic.Pointer[error]
	kept    [][]byte
	bytes   int
	lost    int64
	since   time.Time
	timer   *time.Timer
	closed  bool
}

// Opener opens a place that takes lines, one Write for each: a File, or a way to another
// program.
type Opener func() (io.WriteCloser, error)

// openedLater is a place, and its file once it could be opened.
type openedLater struct {
	opener  Opener
	file    io.WriteCloser
	failing bool
	// err is why it fails, and tried when that was seen.
	err     error
	tried   time.Time
	opening bool // again, by a goroutine
}

// open returns no file beside an error, whatever the opener does.
func (p *openedLater) open() (io.WriteCloser, error) {
	file, err := p.opener()
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Use makes these the places from now on, in the order of preference, and closes those
// before. It opens the first that can be opened, and returns why those before it cannot.
// Until then lines go to the places before. One goroutine at a time may call it.
func (k *Keeper) Use(places ...Opener) error {
	var next []*openedLater
	for _, opener := range places {
		next = append(next, &openedLater{opener: opener})
	}
	var errs []error
	for _, p := range next {
		p.file, p.err = p.open()
		errs = append(errs, p.err)
		if p.err == nil {
			break
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	errs = append(errs, k.closePlaces())
	k.places = next
	k.failing.Store(nil)
	for i, p := range k.places {
		if p.err != nil {
			k.tell(i, p, p.err)
		}
	}
	if k.closed {
		errs = append(errs, k.closePlaces())
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

// reopen tries to open a place again, while lines go elsewhere.
func (k *Keeper) reopen(p *openedLater) {
	if p.opening {
		return
	}
	p.opening = true
	go func() {
		file, err := p.open()
		k.mu.Lock()
		defer k.mu.Unlock()
		p.opening, p.tried = false, time.Now()
		switch {
		case err != nil:
			p.err = err
		case k.closed || !slices.Contains(k.places, p):
			_ = file.Close()
		default:
			p.file, p.tried = file, time.Time{}
			k.drain(false)
		}
	}()
}

// rests reports whether a place has failed a short while ago.
func (k *Keeper) rests(p *openedLater) bool {
	return p.failing && time.Since(p.tried) < k.retryAfter()
}

func (k *Keeper) retryAfter() time.Duration {
	if k.RetryAfter > 0 {
		return k.RetryAfter
	}
	return retryAfter
}

// tell passes on what is new about a place.
func (k *Keeper) tell(i int, p *openedLater, err error) {
	p.err, p.tried = err, time.Now()
	if i == 0 {
		k.firstIs(err)
	}
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
	if !k.drain(false) || k.put(line, false) != nil {
		k.keep(line)
	}
	return len(line), nil
}

// put writes a line to the first place that takes it. The last time, no place is left
// alone.
func (k *Keeper) put(line []byte, last bool) error {
	var errs []error
	anywhere := false
	for i, p := range k.places {
		switch again := p.failing && !last; {
		//rule:hanging-audit-place-rests
		case again && k.rests(p):
			anywhere = anywhere || p.file != nil
			errs = append(errs, p.err)
			continue
		case p.file == nil && (again || p.opening):
			//rule:late-audit-folder-is-used
			k.reopen(p)
			errs = append(errs, p.err)
			continue
		case p.file == nil:
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
func (k *Keeper) drain(last bool) bool {
	for len(k.kept) > 0 {
		if k.put(k.kept[0], last) != nil {
			return false
		}
		k.bytes -= len(k.kept[0])
		k.kept = k.kept[1:]
	}
	k.kept = nil
	//rule:lost-audit-lines-told
	if k.lost > 0 {
		if k.put(k.Lost(k.lost, k.since), last) != nil {
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
		//rule:kept-audit-lines-bounded
	case k.bytes+len(line) > mostKept:
		k.lost, k.since = 1, time.Now()
	default:
		//rule:unwritten-audit-lines-kept
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
	k.timer = time.AfterFunc(k.retryAfter(), func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.timer = nil
		if !k.closed && !k.drain(false) {
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
	if !k.drain(true) {
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
