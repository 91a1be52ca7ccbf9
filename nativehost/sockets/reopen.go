package sockets

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/protocol"
)

const (
	// mostLaneNumbers keeps the ids of sockets within what JSON numbers can say.
	mostLaneNumbers = 1 << 21
	// reportAfter is how long the broker may not know of a socket that a lane has opened.
	reportAfter = 50 * time.Millisecond
	// mostReported is how many of a kind one report tells, as its schema says.
	mostReported = 32
)

// reopenable is what a document may open again on its lane: what the broker asked for, and
// how that is opened.
type reopenable struct {
	// of is the socket that was opened with it.
	of int64
	// fresh makes a request to open another one.
	fresh func(socketID int64) *opening
	// holds reports whether the rules say what the broker decided by.
	holds func(*opening) bool
	k     kind
}

// reopening is what is to be told of a socket that a lane opens.
type reopening struct {
	lane *Lane
	// of is in the frame that asked for it, and page the page's number for it.
	of, page int64
}

// lanePart is the id of a lane's own socket as its frames have it: that of the registry
// has the lane's number above it, so that no two lanes share one. Those that the broker
// numbers are the same for both.
func lanePart(socketID int64) int64 { return socketID & (1<<32 - 1) }

// key is the registry's id for what a frame of this lane calls so. The caller holds the
// mutex.
func (l *Lane) key(id int64) int64 {
	if id < protocol.FirstReopenedID {
		return id
	}
	return l.number<<32 | id
}

// allowReopeningLocked notes that the document of a socket that has opened may open the
// same again. The caller holds the mutex.
func (r *Registry) allowReopeningLocked(document string, again *reopenable) {
	all := append(r.reopenable[document], again)
	//rule:reopenable-destinations-are-bounded
	r.reopenable[document] = all[max(0, len(all)-protocol.ReopenableOfDocument):]
}

// ReopenEnd serves reopen.end.
func (r *Registry) ReopenEnd(_ context.Context, id int64, params protocol.ReopenEndParams) *protocol.RPCError {
	r.mu.Lock()
	defer r.mu.Unlock()
	//rule:reopening-ends-when-taken-back
	delete(r.reopenable, params.Document)
	//rule:reopened-are-told-before-the-end
	r.reportLocked(params.Document)
	r.config.Requests.Result(id, protocol.ReopenEndResult{})
	return nil
}

// LaneOpen serves a frame by which a document opens again what it may. Where it may not,
// or no longer, nothing is opened, counted or written, and the broker is to be asked.
// protocol.ErrLane is the fault of who sent it.
func (r *Registry) LaneOpen(ctx context.Context, l *Lane, f protocol.LaneFrame) error {
	r.mu.Lock()
	o, again, err := r.mayReopenLocked(l, f)
	var e *entry
	if o != nil {
		if ctx, e = r.beginLocked(ctx, o); e != nil {
			// Before Wait waits, which the mutex orders.
			r.owners.Add(1)
			l.opening++
		}
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if e == nil {
		l.Out.Declined(f.SocketID)
		return nil
	}
	started := time.Now()
	//rule:reopening-needs-its-verdict
	if !again.holds(o) {
		r.decline(o, e)
		return nil
	}
	ticket, err := again.k.admit(e, o)
	if /*rule:reopening-is-admitted*/ err != nil {
		r.decline(o, e)
		return nil
	}
	go func() {
		defer r.owners.Done()
		r.own(ctx, o, e, again.k, ticket, nil, started)
	}()
	return nil
}

// mayReopenLocked returns the request that a frame makes, or nil where it may not open
// anything. The caller holds the mutex.
func (r *Registry) mayReopenLocked(l *Lane, f protocol.LaneFrame) (*opening, *reopenable, error) {
	//rule:reopened-ids-are-used-once
	if f.SocketID <= l.last {
		return nil, nil, fmt.Errorf("%w: socket %d was opened before", protocol.ErrLane, f.SocketID)
	}
	l.last = f.SocketID
	if l.number == 0 {
		r.lanes++
		l.number = r.lanes
		l.opens = rate.NewLimiter(protocol.ReopensPerSecond, protocol.ReopenBurst)
	}
	var again *reopenable
	//rule:reopening-is-for-its-document
	for _, one := range r.reopenable[l.Document] {
		if one.of == f.Of {
			again = one
		}
	}
	if again == nil || r.over || l.number >= mostLaneNumbers ||
		//rule:reopening-at-once-is-bounded
		l.opening >= protocol.ReopensAtOnce ||
		//rule:reopening-in-row-is-bounded
		!l.opens.Allow() {
		return nil, nil, nil
	}
	o := again.fresh(l.key(f.SocketID))
	o.again = &reopening{lane: l, of: f.Of, page: f.SocketID - protocol.FirstReopenedID}
	return o, again, nil
}

// decline leaves it to the broker to open a socket.
func (r *Registry) decline(o *opening, e *entry) {
	r.mu.Lock()
	delete(r.sockets, o.subject.SocketID)
	o.again.lane.opening--
	r.mu.Unlock()
	e.cancel()
	o.again.lane.Out.Declined(lanePart(o.subject.SocketID))
	r.owners.Done()
}

// reopenedLocked tells the page that a socket is open, at once, and the broker, before long. The
// caller holds the mutex.
func (r *Registry) reopenedLocked(o *opening, c *connection) {
	o.again.lane.opening--
	o.again.lane.Out.Opened(lanePart(o.subject.SocketID), r.config.Window, c.remote, c.local)
	report := r.reportOfLocked(o.subject.Document)
	report.Opened = append(report.Opened, protocol.Reopened{SocketID: o.subject.SocketID, Of: o.again.of, PageID: o.again.page})
	r.reportFullLocked(report)
}

// reopenFailedLocked does the same for one that did not open. The caller holds the mutex.
func (r *Registry) reopenFailedLocked(o *opening, err error) {
	o.again.lane.opening--
	says := fault.Describe(err)
	last := protocol.SocketClosedParams{SocketEnd: protocol.SocketEnd{SocketID: lanePart(o.subject.SocketID), Name: says.Name}}
	switch says.Name {
	case "NetworkError":
		last.PageReason = r.config.Requests.PageReason(says)
	case "AbortError", "NotAllowedError":
	default:
		last.Name = "NetworkError" // the lane knows no other
	}
	o.path.Closed(last)
	if says.Reason == "aborted" {
		return // the page has given it up
	}
	report := r.reportOfLocked(o.subject.Document)
	report.Failed = append(report.Failed, protocol.ReopenFailed{Of: o.again.of, PageID: o.again.page, Reason: says.Reason, By: requests.Setting(err)})
	r.reportFullLocked(report)
}

// reopenClosedLocked tells the broker the end of a socket that it knows, or is about to. The caller
// holds the mutex.
func (r *Registry) reopenClosedLocked(o *opening, last protocol.SocketEnd) {
	report := r.reportOfLocked(o.subject.Document)
	report.Closed = append(report.Closed, protocol.ReopenClosed{SocketEnd: last})
	r.reportFullLocked(report)
}

// report is what the broker has not been told yet of a document.
type report struct {
	protocol.ReopenReportParams
	timer *time.Timer
}

// reportOfLocked returns the report of a document that is due next. The caller holds the mutex.
func (r *Registry) reportOfLocked(document string) *report {
	if due := r.reports[document]; due != nil {
		return due
	}
	due := &report{ReopenReportParams: protocol.ReopenReportParams{
		Document: document, Opened: []protocol.Reopened{}, Failed: []protocol.ReopenFailed{}, Closed: []protocol.ReopenClosed{},
	}}
	due.timer = time.AfterFunc(reportAfter, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.reports[document] == due {
			r.reportLocked(document)
		}
	})
	r.reports[document] = due
	return due
}

// reportFullLocked sends a report that has no more room. The caller holds the mutex.
func (r *Registry) reportFullLocked(due *report) {
	if max(len(due.Opened), len(due.Failed), len(due.Closed)) == mostReported {
		r.reportLocked(due.Document)
	}
}

// reportLocked sends what is due of a document. The caller holds the mutex.
func (r *Registry) reportLocked(document string) {
	due := r.reports[document]
	if due == nil {
		return
	}
	delete(r.reports, document)
	due.timer.Stop()
	r.config.Stdio.Notify(protocol.MethodReopenReport, due.ReopenReportParams)
}
