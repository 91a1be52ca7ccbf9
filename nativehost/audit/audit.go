// Package audit writes down who reached whom: one JSON line for each socket that
// opened, was refused, failed to open, or closed.
//
// It promises that a private window leaves no origin, document or destination
// behind, that a line never holds what a socket carried, and that no line is lost
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
	flood  flood
	place  *place // nil when out is the caller's
}

// New returns a Log that writes everything to out, one Write for each line. session
// tells the connections of several browsers apart.
func New(out io.Writer, session string) *Log {
	l := &Log{out: zerolog.New(out).With().Str("session", session).Logger()}
	l.flood.now, l.flood.over = time.Now, func() { l.summarise(l.flood.take()) }
	l.setDetail(Full)
	return l
}

// setDetail is for lines that begin from now on.
func (l *Log) setDetail(d Detail) { l.detail.Store(&d) }

// Subject is what a line is about.
type Subject struct {
	SocketID    int64
	Protocol    string
	Origin      string
	Document    string
	Host        string
	Port        int64
	Secure      bool
	UserEntered bool
	Private     bool
}

// Peer is how the other end of TLS was authenticated.
type Peer struct {
	// Trust is "roots": certificate authorities vouch for Name; or "hash": the page
	// listed the certificate, and nobody vouches for anything.
	Trust string
	// Name is what the certificate was verified for, and "" where no name counts.
	Name string
}

// Opened writes that a socket is connected to remote, an address with a port, and with
// TLS to which peer.
func (l *Log) Opened(s Subject, remote string, peer *Peer, took time.Duration) {
	line := l.line("open", s)
	if /*rule:audit-hides-private-addresses*/ !s.Private && *l.detail.Load() == Full {
		line.Str("remote", remote)
	}
	l.peer(line, s, peer)
	line.Int64("ms", took.Milliseconds()).Send()
}

// Bound writes that a UDP socket is bound, from where others may reach it, and whom it may
// send to.
func (l *Log) Bound(s Subject, reach, peers string) {
	l.line("bind", s).Str("reach", reach).Str("peers", peers).Send()
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
	if peer == nil || s.Private || detail == Counts {
		return
	}
	line.Str("trust", peer.Trust)
	if peer.Name != "" && detail == Full {
		line.Str("verifiedName", peer.Name)
	}
}

// Refused writes that an open was refused by a rule of the host or, when by is
// "extension", of the extension. It reports whether there is a line about it: beyond
// the bounds it is counted.
func (l *Log) Refused(s Subject, by, reason string) bool {
	return l.causedByPage(s, "refuse", by, reason, func(line *zerolog.Event) {
		line.Str("by", by).Str("reason", reason)
	})
}

// MoreRefused counts refusals of which only the number is known.
func (l *Log) MoreRefused(s Subject, by, reason string, number int64) {
	l.summarise(l.flood.count(omissionOf(s, "refuse", by, reason), number))
}

// Failed writes that the network did not let a socket open, or that the page gave
// it up. It reports whether there is a line about it.
func (l *Log) Failed(s Subject, reason string, took time.Duration) bool {
	return l.causedByPage(s, "fail", "", reason, func(line *zerolog.Event) {
		line.Str("reason", reason).Int64("ms", took.Milliseconds())
	})
}

// causedByPage writes a line of a kind that a page could cause without end.
func (l *Log) causedByPage(s Subject, event, by, reason string, fill func(*zerolog.Event)) bool {
	ok, due := l.flood.admit(s, omissionOf(s, event, by, reason))
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
	for _, o := range list {
		line := l.out.Log().Time("time", time.Now().UTC()).Str("event", "omitted").Bool("private", o.private)
		if o.origin != "" && detail != Counts {
			line.Str("origin", o.origin)
		}
		line.Str("of", o.event)
		if o.by != "" {
			line.Str("by", o.by)
		}
		line.Str("reason", o.reason).Int64("lines", o.lines).Time("since", o.since.UTC()).Send()
	}
}

// Traffic is what a socket carried, in bytes of payload.
type Traffic struct {
	In, Out int64
	// Dropped counts datagrams that found too little credit.
	Dropped int64
}

// Closed writes the end of a socket that was open. reason is empty when the end
// was orderly.
func (l *Log) Closed(s Subject, t Traffic, reason string, open time.Duration) {
	line := l.line("close", s).Int64("bytesIn", t.In).Int64("bytesOut", t.Out)
	if t.Dropped > 0 {
		line.Int64("dropped", t.Dropped)
	}
	if reason != "" {
		line.Str("reason", reason)
	}
	line.Int64("ms", open.Milliseconds()).Send()
}

// line begins a line. The level plays no part: whatever the diagnostic log is set
// to, audit lines are written.
func (l *Log) line(event string, s Subject) *zerolog.Event {
	line := l.out.Log().Time("time", time.Now().UTC()).Str("event", event).Str("protocol", s.Protocol)
	if s.SocketID != 0 {
		line.Int64("socketId", s.SocketID)
	}
	line.Bool("private", s.Private)
	detail := *l.detail.Load()
	if /*rule:audit-hides-private-destinations*/ s.Private || detail == Counts {
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
	if s.Secure {
		line.Bool("tls", true)
	}
	if s.UserEntered {
		line.Bool("userEntered", true)
	}
	return line
}
