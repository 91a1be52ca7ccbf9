package sockets

import "github.com/portside/portside/protocol"

// answer answers a request about a socket. Sockets call it while they hold their
// own mutex.
func (r *Registry) answer(socketID, id int64, err error) {
	if err != nil {
		r.config.Requests.Failure(id, err)
		return
	}
	// socket.write, socket.shutdown and socket.close all have this result.
	r.config.Requests.Result(id, protocol.SocketWriteResult{SocketID: socketID})
}

// answerer is what a socket answers its requests with: over the carrier by which they
// came.
func (r *Registry) answerer(o *opening) func(id int64, err error) {
	return func(id int64, err error) {
		by := r.laneOf(o)
		switch {
		case by == nil:
			r.answer(o.subject.SocketID, id, err)
		case o.subject.Protocol == "udp":
			by.Out.Wrote(lanePart(o.subject.SocketID), id, err != nil)
		default:
			by.Out.Shut(lanePart(o.subject.SocketID), err != nil)
		}
	}
}

// sent answers count datagrams that the system has taken, with the ids from id on.
func (r *Registry) sent(o *opening) func(id, count int64) {
	return func(id, count int64) {
		if by := r.laneOf(o); by != nil {
			by.Out.Sent(lanePart(o.subject.SocketID), id, count)
			return
		}
		for i := range count {
			r.answer(o.subject.SocketID, id+i, nil)
		}
	}
}

// laneOf returns the lane that a socket has taken, or nil.
func (r *Registry) laneOf(o *opening) *Lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.sockets[o.subject.SocketID]; e != nil {
		return e.lane
	}
	return nil
}
