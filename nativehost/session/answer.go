package session

import (
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/printable"
	"github.com/portside/portside/protocol"
)

// result answers a request that was begun.
func (s *Session) result(id int64, result any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resultLocked(id, result)
}

func (s *Session) resultLocked(id int64, result any) {
	delete(s.requests, id)
	s.out.Result(id, result)
}

// failure answers a request that was begun with what the table says about err.
func (s *Session) failure(id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failureLocked(id, err)
}

func (s *Session) failureLocked(id int64, err error) {
	delete(s.requests, id)
	says := fault.Describe(err)
	failure := protocol.NewFailure(says.Name, says.Reason, says.Detail)
	failure.Data.By = setting(err)
	failure.Data.PageReason = s.pageReason(says)
	s.out.Error(&id, failure)
}

// pageReason returns what a page may know of why the network failed. Whoever passes it
// on answers for it that somebody agreed to the destination.
func (s *Session) pageReason(says fault.Description) string {
	// Callers may hold locks.
	if !s.Policy.Known().Settings.ErrorDetail.Value {
		return ""
	}
	return says.Page
}

// setting returns the administrator's setting that an error comes from, as the user
// may read it.
func setting(err error) string {
	return printable.Text(fault.Setting(err), maxPolicyText)
}

// answer answers a request about a socket. Sockets call it while they hold their
// own mutex.
func (s *Session) answer(socketID, id int64, err error) {
	if err != nil {
		s.failure(id, err)
		return
	}
	// socket.write, socket.shutdown and socket.close all have this result.
	s.result(id, protocol.SocketWriteResult{SocketID: socketID})
}

// answerer is what a socket answers its requests with: over the carrier by which they
// came.
func (s *Session) answerer(o *opening) func(id int64, err error) {
	return func(id int64, err error) {
		s.mu.Lock()
		var by *laneOf
		if e := s.sockets[o.subject.SocketID]; e != nil {
			by = e.lane
		}
		s.mu.Unlock()
		switch {
		case by == nil:
			s.answer(o.subject.SocketID, id, err)
		case o.target.Network == "udp":
			by.out.Wrote(o.subject.SocketID, id, err != nil)
		default:
			by.out.Shut(o.subject.SocketID, err != nil)
		}
	}
}
