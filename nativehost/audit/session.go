package audit

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Format is the version of the lines' schema (protocol/schema/audit.json). It changes when
// a member changes its meaning or goes; members may come within a version.
const Format = 1

const (
	// A session's facts are written again after so much time, or so many lines: whoever has
	// only a part of the log has them all the same.
	factsEvery = time.Hour
	factsLines = 1000
)

// NewSession returns the id of a session: 128 random bits, in hexadecimal.
func NewSession() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it does not fail (package crypto/rand)
	return hex.EncodeToString(id[:])
}

// Facts are what is so for a session, until somebody says otherwise.
type Facts struct {
	// UID and User are what the system says of the process, "" where it does not.
	UID, User string
	// Machine is this computer's name, MachineID an id that is the same after a change of
	// name and says nothing else.
	Machine, MachineID string
	PID                int
	// Family and ExtensionID are what the browser named when it started the host.
	Family, ExtensionID string
	// Program is the browser's program, as the kernel knows the process that started the
	// host, and Profile the folder or name of a profile that it was started with.
	Program, Profile string
	// Host is the host's version.
	Host string
	// Extension and Browser are versions as the extension says them in its hello.
	Extension, Browser string
	// Policy is the SHA-256 of all policy files one behind the other, in hexadecimal, and
	// Managed that of the settings that the browser manages; "" where there are none.
	Policy, Managed string
}

// sessionLine writes the facts, before the first line that they are about.
type sessionLine struct {
	mu    sync.Mutex // guards what follows; held while the line is written, so that it comes first
	facts *Facts     // nil: nobody knows any
	fresh bool       // they are in the log as they are
	since time.Time
	lines int
}

// Identify says what is so from now on. The facts are written before the next line.
func (l *Log) Identify(f Facts) { l.change(func(old *Facts) { *old = f }) }

// Greeted says what the extension says of itself and its browser.
func (l *Log) Greeted(extension, browser string) {
	l.changeKnown(func(f *Facts) { f.Extension, f.Browser = extension, browser })
}

// Governed says by which policy sockets are judged from now on: hashes as in Facts.
func (l *Log) Governed(policy, managed string) {
	l.changeKnown(func(f *Facts) { f.Policy, f.Managed = policy, managed })
}

func (l *Log) change(to func(*Facts)) {
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	var facts Facts
	if l.session.facts != nil {
		facts = *l.session.facts
	}
	to(&facts)
	//rule:audit-tells-new-facts
	if l.session.facts == nil || facts != *l.session.facts {
		l.session.facts, l.session.fresh = &facts, false
	}
}

// changeKnown changes facts if there are any: a Log for tests has none.
func (l *Log) changeKnown(to func(*Facts)) {
	l.session.mu.Lock()
	known := l.session.facts != nil
	l.session.mu.Unlock()
	if known {
		l.change(to)
	}
}

// introduce writes the facts if they are not in the log, or were written long ago.
func (l *Log) introduce() {
	s := &l.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.facts == nil {
		return
	}
	s.lines++
	now := l.flood.now()
	//rule:audit-repeats-session-facts
	if age := now.Sub(s.since); s.fresh && s.lines < factsLines && age >= 0 && age < factsEvery {
		return
	}
	s.fresh, s.since, s.lines = true, now, 0
	s.facts.write(l.out.Log())
}

// write writes the facts as a line.
func (f *Facts) write(line *zerolog.Event) {
	line.Time("time", time.Now().UTC()).Str("event", "session").Int("format", Format)
	for _, one := range []struct{ name, text string }{
		{"uid", f.UID}, {"user", f.User}, {"machine", f.Machine}, {"machineId", f.MachineID},
		{"family", f.Family}, {"extensionId", f.ExtensionID}, {"program", f.Program}, {"profile", f.Profile},
		{"host", f.Host}, {"extension", f.Extension}, {"browser", f.Browser},
		{"policy", f.Policy}, {"managed", f.Managed},
	} {
		add(line, one.name, one.text, longText)
	}
	if f.PID != 0 {
		line.Int("pid", f.PID)
	}
	line.Send()
}
