package main

import (
	"sync"
	"time"

	"github.com/portside/portside/bench/pattern"
)

const (
	// bufferSize is what one read or write takes at most, in bytes: large, so that the far end is not what limits a measurement.
	bufferSize = 256 << 10
	// maxConnections bounds the connections that are open at a time; further ones are closed at once.
	maxConnections = 8192
	// maxReports bounds how many sinks, and how many runs of datagrams, are remembered.
	maxReports = 100_000
	// firstLineLimit is how long a client may take to say what it wants, and how long that may be.
	firstLineLimit = 10 * time.Second
	maxFirstLine   = 64
	// idleLimit ends a connection on which nothing moves.
	idleLimit = 5 * time.Minute
	// sourceLimit ends a source, whatever the client does.
	sourceLimit = time.Minute
)

// far is the far end. It never makes data while it serves, and checks it against the pattern with a comparison of memory.
type far struct {
	pattern pattern.Pattern
	start   time.Time // times in reports count from here

	mu        sync.Mutex // guards the maps and all that they hold
	sinks     map[uint32]*sinkReport
	datagrams map[uint32]*datagramReport
}

// sinkReport is what came in over one sink.
type sinkReport struct {
	Bytes int64 `json:"bytes"`
	// WrongAt is the offset of the first byte that is not the pattern's, or -1.
	WrongAt int64 `json:"wrongAt"`
	// FirstNs and LastNs are when the first and the last bytes came, in nanoseconds on the far end's own clock.
	FirstNs int64  `json:"firstNs"`
	LastNs  int64  `json:"lastNs"`
	SHA256  string `json:"sha256,omitempty"`
}

// datagramReport is what came in under one number.
type datagramReport struct {
	Count   int64 `json:"count"`
	Bytes   int64 `json:"bytes"`
	FirstNs int64 `json:"firstNs"`
	LastNs  int64 `json:"lastNs"`
}

func newFar() *far {
	return &far{
		pattern:   pattern.New(),
		start:     time.Now(),
		sinks:     map[uint32]*sinkReport{},
		datagrams: map[uint32]*datagramReport{},
	}
}

func (f *far) now() int64 { return time.Since(f.start).Nanoseconds() }

func (f *far) sinkReport(id uint32) sinkReport {
	f.mu.Lock()
	defer f.mu.Unlock()
	if report := f.sinks[id]; report != nil {
		return *report
	}
	return sinkReport{WrongAt: -1}
}

func (f *far) setSinkReport(id uint32, report sinkReport) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sinks[id] != nil || len(f.sinks) < maxReports {
		f.sinks[id] = &report
	}
}

func (f *far) datagramReport(id uint32) datagramReport {
	f.mu.Lock()
	defer f.mu.Unlock()
	if report := f.datagrams[id]; report != nil {
		return *report
	}
	return datagramReport{}
}

func (f *far) countDatagram(id uint32, size int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	report := f.datagrams[id]
	if report == nil {
		if len(f.datagrams) >= maxReports {
			return
		}
		report = &datagramReport{FirstNs: f.now()}
		f.datagrams[id] = report
	}
	report.Count++
	report.Bytes += int64(size)
	report.LastNs = f.now()
}
