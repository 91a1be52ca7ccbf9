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
		r.mu.Lock()
		var by *Lane
		if e := r.sockets[o.subject.SocketID]; e != nil {
			by = e.lane
		}
		r.mu.Unlock()
		switch {
		case by == nil:
			r.answer(o.subject.SocketID, id, err)
		case o.subject.Protocol == "udp":
			by.Out.Wrote(o.subject.SocketID, id, err != nil)
		default:
			by.Out.Shut(o.subject.SocketID, err != nil)
		}
	}
}
