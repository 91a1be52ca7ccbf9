package audit

import (
	"errors"
	"io"
	"path/filepath"
	"sync"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/logfile"
)

// Settings are what an administrator may say about the log. The zero value is what
// Portside does by itself.
type Settings struct {
	// File is an absolute path in a folder that exists; empty: audit.log in the
	// person's own state folder.
	File string
	// MaxBytes is the size beyond which a file is put aside; 0: 8 MiB.
	MaxBytes int64
	// Keep is how many files are kept aside; nil: one.
	Keep *int
	// Detail is empty for Full.
	Detail Detail
}

const (
	usualBytes = 8 << 20
	usualKeep  = 1
	ownName    = "audit.log"
)

// options has the numbers of the settings.
func (s Settings) options() logfile.Options {
	o := logfile.Options{MaxBytes: usualBytes, Keep: usualKeep, Whole: true}
	if s.MaxBytes > 0 {
		o.MaxBytes = s.MaxBytes
	}
	if s.Keep != nil {
		o.Keep = *s.Keep
	}
	return o
}

// same reports whether two settings mean the same file, kept in the same way.
func (s Settings) same(other Settings) bool {
	return s.File == other.File && s.options() == other.options()
}

// Surroundings are what a Log needs to find its place.
type Surroundings struct {
	// Getenv finds the state folder.
	Getenv func(string) string
	// LastResort takes lines when there is no state folder either.
	LastResort io.Writer
	// Diagnostics hears of files that cannot be used.
	Diagnostics zerolog.Logger
}

// Open returns a Log that writes where the settings say. Close it.
func Open(at Surroundings, session string, s Settings) *Log {
	p := &place{at: at}
	l := New(p, session)
	l.place = p
	l.setDetail(or(s.Detail))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.use(s)
	return l
}

// Use changes the settings while lines are being written: each goes to the old place
// or to the new one. A Log of New takes over the detail only.
func (l *Log) Use(s Settings) {
	l.setDetail(or(s.Detail))
	p := l.place
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.same(p.settings) {
		return
	}
	if err := p.leave(); err != nil {
		p.at.Diagnostics.Warn().Err(err).Msg("the audit file before was not closed")
	}
	p.use(s)
}

func or(d Detail) Detail {
	if d == "" {
		return Full
	}
	return d
}

// Close writes what was only counted so far, and closes the files. Lines that come
// later are lost.
func (l *Log) Close() error {
	l.summarise(l.flood.close())
	if l.place == nil {
		return nil
	}
	l.place.mu.Lock()
	defer l.place.mu.Unlock()
	return l.place.leave()
}

// place is where lines go.
type place struct {
	at Surroundings

	mu       sync.Mutex // guards what follows, and keeps places while a line is written
	settings Settings
	// named is the administrator's file, nil when there is none or it failed.
	named *logfile.File
	// own is in the state folder, or the last resort; nil until it is needed.
	own      io.Writer
	closeOwn func() error
	// complained: diagnostics have heard that named does not take lines.
	complained bool
}

// use opens what the settings ask for. The caller holds the mutex, or is alone.
func (p *place) use(s Settings) {
	p.settings, p.complained = s, false
	if s.File == "" {
		p.openOwn()
		return
	}
	file, err := logfile.Open(filepath.Clean(s.File), s.options())
	if err != nil {
		p.at.Diagnostics.Error().Err(err).Msg("the policy's audit file cannot be used; audit lines go to the state folder")
		p.openOwn()
		return
	}
	p.named = file
}

// openOwn opens the file in the state folder, as far as there is one.
func (p *place) openOwn() {
	var err error
	p.own, p.closeOwn, err = logfile.OpenOr(p.at.LastResort, p.at.Getenv, ownName, p.settings.options())
	if err != nil {
		p.at.Diagnostics.Warn().Err(err).Msg("audit lines go to stderr")
	}
}

// leave closes what is open.
func (p *place) leave() error {
	var errs []error
	if p.named != nil {
		errs = append(errs, p.named.Close())
	}
	if p.own != nil {
		errs = append(errs, p.closeOwn())
	}
	p.named, p.own, p.closeOwn = nil, nil, nil
	return errors.Join(errs...)
}

// Write writes a line to the administrator's file or, when that fails (a full disk, a
// folder that went away), to the state folder.
func (p *place) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.named != nil {
		n, err := p.named.Write(line)
		if err == nil {
			return n, nil
		}
		if !p.complained {
			p.complained = true
			p.at.Diagnostics.Error().Err(err).Msg("the policy's audit file takes no lines; they go to the state folder")
		}
		if p.own == nil {
			p.openOwn()
		}
	}
	if p.own == nil {
		return 0, errors.New("the audit log is closed")
	}
	return p.own.Write(line)
}
