package audit

import (
	"bytes"
	"cmp"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/logfile"
	"github.com/portside/portside/nativehost/systemlog"
)

// Sink is where lines go.
type Sink string

// The sinks. File is the zero value's.
const (
	File    Sink = "file"
	Journal Sink = "journald"
	Syslog  Sink = "syslog"
)

// PrivateWindows is how much is written about private windows.
type PrivateWindows string

// From the least to the most.
const (
	// Unwritten: nothing.
	Unwritten PrivateWindows = "none"
	// Counted: kind, time and bytes.
	Counted PrivateWindows = "counts"
	// AsOthers: as much as about other windows.
	AsOthers PrivateWindows = "as-others"
)

// Settings are what an administrator may say about the log. The zero value is what
// Portside does by itself.
type Settings struct {
	// Sink is empty for File.
	Sink Sink
	// File is an absolute path in a folder that exists, in which %u stands for the user and
	// %h for this computer; empty: audit.log in the user's own state folder. Beside another
	// sink it takes the lines that the sink does not take.
	File string
	// Required: where the sink, or the file, takes no lines nothing may be opened.
	Required bool
	// Private is empty for Counted.
	Private PrivateWindows
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
	appName    = "portside-audit"
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
	return s.sink() == other.sink() && s.File == other.File && s.options() == other.options()
}

func (s Settings) sink() Sink { return cmp.Or(s.Sink, File) }

// Surroundings are what a Log needs to find its place.
type Surroundings struct {
	// Getenv finds the state folder.
	Getenv func(string) string
	// LastResort takes lines when there is no state folder either.
	LastResort io.Writer
	// Diagnostics hears of files that cannot be used.
	Diagnostics zerolog.Logger
	// User and Host are what %u and %h stand for.
	User, Host string
	// Journal and Syslog open the system's log; nil is package systemlog's.
	Journal, Syslog logfile.Opener
}

// Open returns a Log that writes where the settings say. Close it.
func Open(at Surroundings, session string, s Settings) *Log {
	p := &place{at: at}
	p.keeper = &logfile.Keeper{LastResort: at.LastResort, Lost: lostLine(session), Changed: p.changed}
	l := New(p.keeper, session)
	l.place = p
	l.use(s)
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
	l.use(s)
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

func (l *Log) use(s Settings) {
	l.setDetail(cmp.Or(s.Detail, Full), cmp.Or(s.Private, Counted))
	l.required.Store(s.Required)
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
	// names are those of the places, but for the last.
	names atomic.Pointer[[]string]

	mu       sync.Mutex // guards what follows, and keeps settings apart that come at once
	settings Settings
}

// use opens what the settings ask for. The caller holds the mutex.
func (p *place) use(s Settings) {
	p.settings = s
	var places []logfile.Opener
	var names []string
	if open := p.at.system(s.Sink); open != nil {
		places, names = append(places, open), append(names, string(s.Sink))
	}
	if s.File != "" {
		places, names = append(places, p.at.file(s)), append(names, "the policy's audit file")
	}
	p.names.Store(&names)
	_ = p.keeper.Use(append(places, logfile.Own(p.at.Getenv, ownName, s.options()))...) // changed tells
}

// file opens the administrator's file.
func (at *Surroundings) file(s Settings) logfile.Opener {
	return func() (io.WriteCloser, error) {
		path, err := Expand(s.File, at.User, at.Host)
		if err != nil {
			return nil, err
		}
		return logfile.Open(filepath.Clean(path), s.options())
	}
}

// system returns what opens the system's log, or nil for a file.
func (at *Surroundings) system(sink Sink) logfile.Opener {
	switch {
	case sink == Journal && at.Journal != nil:
		return at.Journal
	case sink == Journal:
		return func() (io.WriteCloser, error) { return systemlog.Journal(appName) }
	case sink == Syslog && at.Syslog != nil:
		return at.Syslog
	case sink == Syslog:
		return func() (io.WriteCloser, error) { return systemlog.Syslog(appName, at.Host) }
	default:
		return nil
	}
}

// called is what the nth of the places is called.
func (p *place) called(n int) string {
	if names := p.names.Load(); names != nil && n < len(*names) {
		return (*names)[n]
	}
	return "the audit log in the state folder"
}

// changed tells the diagnostic log what becomes of a place: the last is the file in the
// state folder, those before it the administrator's.
func (p *place) changed(n, of int, opened bool, err error) {
	named := n < of-1
	name, next := p.called(n), p.called(n+1)
	switch log := &p.at.Diagnostics; {
	case err == nil:
		log.Info().Msg(name + " takes lines again")
	case named && opened:
		log.Error().Err(err).Msg(name + " takes no lines; they go to " + next)
	case named:
		log.Error().Err(err).Msg(name + " cannot be used; audit lines go to " + next)
	case opened:
		log.Error().Err(err).Msg("the audit log in the state folder takes no lines; they are kept in memory")
	default:
		log.Warn().Err(err).Msg("audit lines go to stderr")
	}
}
