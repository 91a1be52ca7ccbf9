package audit

import (
	"bytes"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/logfile"
)

// Settings are what an administrator may say about the log. The zero value is what
// Portside does by itself.
type Settings struct {
	// File is an absolute path in a folder that exists; empty: audit.log in the
	// user's own state folder.
	File string
	// MaxBytes is the size beyond which a file is rotated; 0: 8 MiB.
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
	p.keeper = &logfile.Keeper{LastResort: at.LastResort, Lost: lostLine(session), Changed: p.changed}
	l := New(p.keeper, session)
	l.place = p
	l.setDetail(or(s.Detail))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.use(s)
	return l
}

// lostLine says how many lines found no room anywhere.
func lostLine(session string) func(int64, time.Time) []byte {
	return func(lines int64, since time.Time) []byte {
		var line bytes.Buffer
		log := zerolog.New(&line)
		log.Log().Str("session", session).Time("time", time.Now().UTC()).Str("event", "lost").
			Int64("lines", lines).Time("since", since.UTC()).Send()
		return line.Bytes()
	}
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
	if !s.same(p.settings) {
		p.use(s)
	}
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
	//rule:audit-counts-written-at-end
	l.summarise(l.flood.close())
	if l.place == nil {
		return nil
	}
	return l.place.keeper.Close()
}

// place is where lines go: to the administrator's file, as long as it takes them, else
// to the one in the state folder.
type place struct {
	at     Surroundings
	keeper *logfile.Keeper

	mu       sync.Mutex // guards what follows, and keeps settings apart that come at once
	settings Settings
}

// use opens what the settings ask for. The caller holds the mutex.
func (p *place) use(s Settings) {
	p.settings = s
	own := logfile.Own(p.at.Getenv, ownName, s.options())
	if s.File == "" {
		_ = p.keeper.Use(own) // changed tells
		return
	}
	_ = p.keeper.Use(func() (*logfile.File, error) {
		return logfile.Open(filepath.Clean(s.File), s.options())
	}, own)
}

// changed tells the diagnostic log what becomes of a place: the last is the file in the
// state folder, one before it the administrator's.
func (p *place) changed(n, of int, opened bool, err error) {
	named := n < of-1
	switch log := &p.at.Diagnostics; {
	case err == nil && named:
		log.Info().Msg("the policy's audit file takes lines again")
	case err == nil:
		log.Info().Msg("the audit log in the state folder takes lines again")
	case named && opened:
		log.Error().Err(err).Msg("the policy's audit file takes no lines; they go to the state folder")
	case named:
		log.Error().Err(err).Msg("the policy's audit file cannot be used; audit lines go to the state folder")
	case opened:
		log.Error().Err(err).Msg("the audit log in the state folder takes no lines; they are kept in memory")
	default:
		log.Warn().Err(err).Msg("audit lines go to stderr")
	}
}
