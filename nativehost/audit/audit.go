// Package audit writes down who reached whom: one JSON line for each socket that
// opened, was accepted, was refused, failed to open, or closed.
//
// It promises that a private window leaves no origin, document or destination
// behind unless an administrator says so, that a line never holds what a socket carried, and that no line is lost
// while the place for them changes or when it fails: then they go to the user's
// own state folder. Pages cannot fill it: of opens that were refused or failed, those
// beyond a bound are only counted.
package audit

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Detail is how much lines tell.
type Detail string

// From the most to the least.
const (
	// Full: everything.
	Full Detail = "full"
	// Origins: no destinations.
	Origins Detail = "origins"
	// Counts: neither origins nor documents nor destinations.
	Counts Detail = "counts"
)

// Log writes audit lines. Any number of goroutines may use it.
type Log struct {
	out    zerolog.Logger
	detail atomic.Pointer[Detail]
	// private is how much is told of private windows.
	private atomic.Pointer[PrivateWindows]
	flood   flood
	place   *place // nil when out is the caller's
	session sessionLine
	// id is the session's. required and trying: see Missing.
	id       string
	required atomic.Bool
	trying   atomic.Bool
}

// New returns a Log that writes everything to out, one Write for each line. session
// tells the connections of several browsers apart.
func New(out io.Writer, session string) *Log {
	l := &Log{id: session, out: zerolog.New(out).With().Str("session", session).Logger()}
	l.flood.now, l.flood.over = time.Now, func() { l.summarise(l.flood.take()) }
	l.setDetail(Full, Counted)
	return l
}

// setDetail is for lines that begin from now on.
func (l *Log) setDetail(d Detail, private PrivateWindows) {
	l.detail.Store(&d)
	l.private.Store(&private)
}

// hides reports whether a line tells nothing of origins and destinations, since it is
// about a private window.
func (l *Log) hides(s Subject) bool { return s.Private && *l.private.Load() != AsOthers }

// skips reports whether nothing at all is written about a private window.
func (l *Log) skips(s Subject) bool { return s.Private && *l.private.Load() == Unwritten }

// Opened writes that a socket is connected to remote, an address with a port, and with
// TLS to which peer.
func (l *Log) Opened(s Subject, remote string, peer *Peer, took time.Duration) {
	line := l.line("open", s)
	if /*rule:audit-hides-private-addresses*/ !l.hides(s) && *l.detail.Load() == Full {
		line.Str("remote", remote)
	}
	l.peer(line, s, peer)
	line.Int64("ms", took.Milliseconds()).Send()
}

// Listening writes that a socket is open at an address of this computer with a port, and
// from where others may reach it.
func (l *Log) Listening(s Subject, local, reach string, took time.Duration) {
	l.local("listen", s, local, reach, "", took)
}

// Bound writes the same of a UDP socket, and whom it may exchange datagrams with.
func (l *Log) Bound(s Subject, local, reach, peers string, took time.Duration) {
	l.local("bind", s, local, reach, peers, took)
}

func (l *Log) local(event string, s Subject, local, reach, peers string, took time.Duration) {
	line := l.line(event, s)
	if /*rule:audit-hides-private-listeners*/ !l.hides(s) && *l.detail.Load() == Full {
		line.Str("at", local).Str("reach", reach)
		if peers != "" {
			line.Str("peers", peers)
		}
	}
	line.Int64("ms", took.Milliseconds()).Send()
}

// Accepted writes that a socket is a connection that somebody at remote has made to the
// socket that listens. It reports whether there is a line about it: others connect as often
// as they like, so beyond the bounds it is counted.
func (l *Log) Accepted(s Subject, listener int64, remote string) bool {
	return l.bounded(s, "accept", "", "", func(line *zerolog.Event) {
		line.Int64("listener", listener)
		if /*rule:audit-hides-private-remotes*/ !l.hides(s) && *l.detail.Load() == Full {
			line.Str("remote", remote)
		}
	})
}

// Secured writes that a socket which was opened in plain text has TLS on it now.
func (l *Log) Secured(s Subject, peer *Peer, took time.Duration) {
	line := l.line("secure", s)
	l.peer(line, s, peer)
	line.Int64("ms", took.Milliseconds()).Send()
}

// peer adds how the other end was authenticated. A name is as good as a destination.
func (l *Log) peer(line *zerolog.Event, s Subject, peer *Peer) {
	detail := *l.detail.Load()
	if peer == nil || l.hides(s) || detail == Counts {
		return
	}
	line.Str("trust", peer.Trust)
	if detail == Full {
		add(line, "verifiedName", peer.Name, longText)
	}
	add(line, "tlsVersion", peer.Version, shortText)
	add(line, "cipherSuite", peer.CipherSuite, shortText)
	if detail != Full {
		return
	}
	add(line, "alpn", peer.ALPN, longText)
	add(line, "certificate", peer.Certificate, shortText)
}

// Refused writes that an open was refused by a rule of the host or, when by is
// "extension", of the extension; setting is the administrators' that decided, or "". It
// reports whether there is a line about it: beyond the bounds it is counted.
func (l *Log) Refused(s Subject, by, reason, setting string) bool {
	return l.bounded(s, "refuse", by, reason, func(line *zerolog.Event) {
		line.Str("by", by).Str("reason", reason)
		l.rule(line, s, setting)
	})
}

// rule adds the administrators' setting that decided. One that has a single destination
// tells it.
func (l *Log) rule(line *zerolog.Event, s Subject, setting string) {
	if /*rule:audit-hides-private-settings*/ !l.hides(s) && *l.detail.Load() == Full {
		add(line, "rule", ending(setting), longText)
	}
}

// MoreRefused counts refusals of which only the number is known.
func (l *Log) MoreRefused(s Subject, by, reason string, number int64) {
	if !l.skips(s) {
		l.summarise(l.flood.count(l.omission(s, "refuse", by, reason), number))
	}
}

// Failed writes that the network did not let a socket open, or that the page gave
// it up. It reports whether there is a line about it.
func (l *Log) Failed(s Subject, reason string, took time.Duration) bool {
	return l.bounded(s, "fail", "", reason, func(line *zerolog.Event) {
		line.Str("reason", reason).Int64("ms", took.Milliseconds())
	})
}

// bounded writes a line of a kind that a page, or whoever connects to it, could cause
// without end.
func (l *Log) bounded(s Subject, event, by, reason string, fill func(*zerolog.Event)) bool {
	if l.skips(s) {
		return false
	}
	ok, due := l.flood.admit(s, l.omission(s, event, by, reason))
	l.summarise(due)
	if !ok {
		return false
	}
	line := l.line(event, s)
	fill(line)
	line.Send()
	return true
}

// summarise writes how many lines were not written.
func (l *Log) summarise(list []omitted) {
	detail := *l.detail.Load()
	if len(list) > 0 {
		l.introduce()
	}
	for _, o := range list {
		line := l.out.Log().Time("time", time.Now().UTC()).Str("event", "omitted").Bool("private", o.private)
		if o.origin != "" && detail != Counts {
			line.Str("origin", o.origin)
		}
		line.Str("of", o.event)
		if o.by != "" {
			line.Str("by", o.by)
		}
		if o.reason != "" {
			line.Str("reason", o.reason)
		}
		line.Int64("lines", o.lines).Time("since", o.since.UTC()).Send()
	}
}

// Closed writes the end of a socket that was open. reason is empty when the end
// was orderly.
func (l *Log) Closed(s Subject, t Traffic, reason string, open time.Duration) {
	line := l.line("close", s).Int64("bytesIn", t.In).Int64("bytesOut", t.Out)
	for _, count := range []struct {
		name  string
		value int64
	}{{"dropped", t.Dropped}, {"accepted", t.Accepted}, {"turnedAway", t.TurnedAway}} {
		if count.value > 0 {
			line.Int64(count.name, count.value)
		}
	}
	if reason != "" {
		line.Str("reason", reason)
	}
	line.Int64("ms", open.Milliseconds()).Send()
}

// line begins a line; nil, which takes anything, where there is to be none. The level plays
// no part: whatever the diagnostic log is set to, audit lines are written.
func (l *Log) line(event string, s Subject) *zerolog.Event {
	//rule:audit-leaves-private-windows-out
	if l.skips(s) {
		return nil
	}
	l.introduce()
	line := l.out.Log().Time("time", time.Now().UTC()).Str("event", event).Str("protocol", s.Protocol)
	if s.SocketID != 0 {
		line.Int64("socketId", s.SocketID)
	}
	line.Bool("private", s.Private)
	detail := *l.detail.Load()
	if /*rule:audit-hides-private-destinations*/ l.hides(s) || detail == Counts {
		return line
	}
	line.Str("origin", s.Origin)
	if s.Document != "" {
		line.Str("document", s.Document)
	}
	if s.Host != "" && detail == Full {
		line.Str("host", s.Host)
	}
	if s.Port != 0 && detail == Full {
		line.Int64("port", s.Port)
	}
	if s.Local {
		line.Bool("local", true)
	}
	for _, one := range []struct {
		name string
		is   bool
	}{{"tls", s.Secure}, {"startTLS", s.StartTLS}, {"userEntered", s.UserEntered}} {
		if one.is {
			line.Bool(one.name, true)
		}
	}
	add(line, "admitted", s.Admitted, shortText)
	add(line, "policy", s.Policy, shortText)
	if detail == Full {
		lists(line, s)
	}
	return line
}
