package datagram

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// sendBatch is how many datagrams the system gets at a time, where it takes several.
const sendBatch = 64

type outgoing struct {
	payload *buffer.Buffer
	id      int64
	// header is the length of what stands before the data: a bound socket's peer.
	header int
	// looked: a bound socket has looked for the peer, which is at to, or err says why not.
	looked bool
	to     netip.AddrPort
	// err is why it was not sent.
	err error
}

// data is what the datagram carries.
func (o *outgoing) data() []byte { return o.payload.Bytes[o.header:] }

// Write queues one datagram and becomes the owner of payload. It is answered once
// the system has taken it, unless Write returns an error. Credit comes back with
// the answer, so a write without an id is a fault.
func (s *Socket) Write(payload *buffer.Buffer, id *int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.admit(payload, id)
	if err != nil {
		payload.Release()
		return err
	}
	s.sendCredit -= cost(payload)
	s.queue = append(s.queue, outgoing{payload: payload, id: *id})
	signal(s.mayWrite)
	return nil
}

// admit reports why a datagram cannot be taken. The caller holds the mutex.
func (s *Socket) admit(payload *buffer.Buffer, id *int64) error {
	switch {
	case s.closing:
		return fault.ErrGone
	case id == nil:
		return fault.ErrNotApplicable
	case cost(payload) > s.sendCredit:
		s.fail(fault.ErrProtocol)
		return fault.ErrProtocol
	case s.Peers != nil:
		return checkMessage(payload.Bytes)
	case len(payload.Bytes) > protocol.MaxDatagramBytes:
		return fault.ErrMessageSize
	default:
		return nil
	}
}

// cost is what a datagram costs in credit.
func cost(payload *buffer.Buffer) int64 {
	return int64(len(payload.Bytes)) + protocol.DatagramOverhead
}

// sendAll sends what is queued until the socket is closed and the queue empty.
func (s *Socket) sendAll() {
	conn := newBatchConn(s.conn)
	batch := make([]outgoing, 0, 1) // few sockets ever have more waiting
	for {
		var over bool
		if batch, over = s.next(batch[:0]); over {
			return
		}
		if len(batch) == 0 {
			<-s.mayWrite
			continue
		}
		s.order.Enter()
		s.send(conn, batch)
		s.answer(batch)
		s.order.Leave()
		clear(batch)
	}
}

// next appends to batch what is to be sent or answered next. It appends nothing when
// nothing waits, and reports when nothing will.
func (s *Socket) next(batch []outgoing) (_ []outgoing, over bool) {
	for len(batch) < sendBatch {
		o, wait, over := s.nextOne()
		if over && len(batch) == 0 {
			return nil, true
		}
		if over || wait {
			break
		}
		// One after the other: a peer that one datagram has to wait for keeps those behind it.
		if s.Peers == nil || s.judge(&o) {
			batch = append(batch, o)
		}
	}
	return batch, false
}

func (s *Socket) nextOne() (next outgoing, wait, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failure != nil || s.resetting:
		return next, false, true
	case len(s.found) > 0:
		next, s.found[0] = s.found[0], outgoing{}
		s.found = s.found[1:]
		return next, false, false
	}
	s.found = nil
	for len(s.queue) > 0 {
		next, s.queue[0] = s.queue[0], outgoing{}
		s.queue = s.queue[1:]
		if s.Peers == nil || !s.waits(&next) {
			return next, false, false
		}
	}
	s.queue = nil
	return next, true, s.closing && len(s.sought) == 0
}

// send hands a batch to the system, but for those that have an error already, and notes
// what it does not take. What became of earlier datagrams of a connected socket (an ICMP
// message) is reported by the next call, whatever that sends, so the datagram itself is
// still to be sent then.
func (s *Socket) send(conn *batchConn, batch []outgoing) {
	for pending := 0; len(batch) > 0; {
		if batch[0].err != nil {
			batch = batch[1:]
			continue
		}
		ready := 1
		for ready < len(batch) && batch[ready].err == nil {
			ready++
		}
		taken, err := conn.write(batch[:ready])
		if taken > 0 {
			pending = 0
		}
		batch = batch[taken:]
		switch {
		case taken == ready:
		case err == nil:
			// The system has more to say of the next one when that is the first.
		case s.Peers == nil && pending < maxPending && isNews(err):
			pending++
		default:
			batch[0].err = fault.Classify(err)
			pending = 0
		}
	}
}

// answer says what became of a batch, and gives its credit back.
func (s *Socket) answer(batch []outgoing) {
	s.mu.Lock()
	for i := range batch {
		o := &batch[i]
		s.sendCredit += cost(o.payload)
		if o.err == nil {
			s.out += int64(len(o.data()))
		}
	}
	s.mu.Unlock()
	for len(batch) > 0 {
		run := 0
		for run < len(batch) && batch[run].err == nil && batch[run].id == batch[0].id+int64(run) {
			batch[run].payload.Release()
			run++
		}
		switch {
		case run == 0:
			run = 1
			batch[0].payload.Release()
			s.Answer(batch[0].id, batch[0].err)
		case run == 1 || s.Sent == nil:
			for i := range run {
				s.Answer(batch[i].id, nil)
			}
		default:
			s.Sent(batch[0].id, int64(run))
		}
		batch = batch[run:]
	}
}

// isNews reports whether the system itself has refused something.
func isNews(err error) bool {
	return !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed)
}
