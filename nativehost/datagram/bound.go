package datagram

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/sockopt"
	"github.com/portside/portside/protocol"
)

const (
	// maxSought peers are looked for at a time, and maxWaiting datagrams to each of them
	// wait until it is found.
	maxSought, maxWaiting = 64, 3
	// searchTime is how long it may take to find a peer.
	searchTime = 10 * time.Second
)

// ErrAsk says that the network has to be asked where a peer is.
var ErrAsk = errors.New("the network must be asked")

// errSought says that too much waits for peers that are looked for.
var errSought = fmt.Errorf("%w: too many peers are looked for", fault.ErrRateOrigin)

// Peers is whom a bound socket may exchange datagrams with, and where they are. Several
// goroutines ask it. No method but Find may wait for the network.
type Peers interface {
	// Look says where the peer is that a header names, or why nothing may be sent there.
	// ErrAsk: Find is to be asked.
	Look(header []byte) (netip.AddrPort, error)
	// Find is Look, and may ask the network. The header does not change.
	Find(ctx context.Context, header []byte) (netip.AddrPort, error)
	// Send counts a datagram of so many bytes, and says why it may not be sent now, if so.
	Send(to netip.AddrPort, bytes int) error
	// Receive counts a datagram, and appends the header of its peer. It returns false for
	// one that the page is not to get.
	Receive(dst []byte, from netip.AddrPort, by sockopt.Arrival) ([]byte, bool)
}

// checkMessage looks at a message to a bound socket: the header of a peer, and a payload
// that is not empty and fits a datagram.
func checkMessage(message []byte) error {
	n := headerBytes(message)
	switch {
	//rule:bound-payload-needs-peer
	case n == 0:
		return fmt.Errorf("%w: no peer", fault.ErrProtocol)
		//rule:empty-datagram-is-refused
	case len(message) == n:
		return fmt.Errorf("%w: an empty datagram", fault.ErrProtocol)
	case len(message)-n > /*rule:bound-datagram-has-a-bound*/ protocol.MaxDatagramBytes:
		return fault.ErrMessageSize
	default:
		return nil
	}
}

// headerBytes returns the length of the header that a message begins with, 0 if none fits.
func headerBytes(message []byte) int {
	if len(message) < protocol.PeerHeaderBytes {
		return 0
	}
	n := protocol.PeerHeaderBytes + int(message[0])
	if message[0] == 0 || len(message) < n {
		return 0
	}
	return n
}

// data returns what a received datagram carries, without the header of its peer.
func (s *Socket) data(message *buffer.Buffer) []byte {
	if s.Peers == nil {
		return message.Bytes
	}
	return message.Bytes[headerBytes(message.Bytes):]
}

// waits puts a datagram behind those that wait for the same peer, if there are any, and
// reports whether it waits. One that finds too many is refused. The caller holds the mutex.
func (s *Socket) waits(o *outgoing) bool {
	header := o.payload.Bytes[:headerBytes(o.payload.Bytes)]
	waiting, sought := s.sought[string(header)]
	switch {
	case !sought:
		return false
		//rule:few-datagrams-wait-for-a-peer
	case len(waiting) >= maxWaiting:
		o.looked, o.err = true, errSought
		return false
	default:
		s.sought[string(header)] = append(waiting, *o)
		return true
	}
}

// judge finds the peer of a datagram, and says in o.err why nothing is sent there, if so.
// It returns false when the peer has to be looked for, and the datagram waits for it.
func (s *Socket) judge(o *outgoing) bool {
	o.header = headerBytes(o.payload.Bytes)
	header := o.payload.Bytes[:o.header]
	if !o.looked {
		o.to, o.err = s.Peers.Look(header)
	}
	if errors.Is(o.err, ErrAsk) {
		if o.err = s.search(string(header), *o); o.err == nil {
			return false
		}
	}
	if o.err == nil {
		//rule:peers-may-refuse-datagrams
		o.err = s.Peers.Send(o.to, len(o.data()))
	}
	if o.err != nil {
		s.refuse()
		o.err = fault.Classify(o.err)
	}
	return true
}

// search looks for the peer of a datagram, which waits for it.
func (s *Socket) search(header string, o outgoing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	//rule:searches-for-peers-are-bounded
	if len(s.sought) >= maxSought {
		return errSought
	}
	s.sought[header] = []outgoing{o}
	s.searching.Go(func() {
		ctx, cancel := context.WithTimeout(s.searches, searchTime)
		defer cancel()
		to, err := s.Peers.Find(ctx, []byte(header))
		if errors.Is(err, ErrAsk) {
			err = fault.ErrDNS
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, o := range s.sought[header] {
			o.looked, o.to, o.err = true, to, err
			s.found = append(s.found, o)
		}
		delete(s.sought, header)
		signal(s.mayWrite)
	})
	return nil
}

// refuse counts a datagram that was not sent, or not let in.
func (s *Socket) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused++
}

// Refused counts the datagrams that were not sent because of the rules, and those that
// came and that the page was not to get.
func (s *Socket) Refused() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// filter returns what the page is to get of what was read, each datagram with the header
// of its peer before it. What it is not to get costs its part of a system call and a look
// at the rules, and no memory.
func (s *Socket) filter(got []received) []*buffer.Buffer {
	var space [protocol.MaxPeerBytes]byte
	kept := make([]*buffer.Buffer, 0, len(got))
	for _, one := range got {
		header, ok := s.Peers.Receive(space[:0], one.from, one.by)
		//rule:unwanted-datagrams-are-dropped
		if ok {
			kept = append(kept, s.compact(header, one.payload))
			continue
		}
		one.payload.Release()
		s.refuse()
	}
	return kept
}

// Join has the socket receive from one more of the system's, of which it becomes the
// owner, until Leave, or until its own end. After that it is fault.ErrGone.
func (s *Socket) Join(conn *net.UDPConn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		_ = conn.Close()
		return fault.ErrGone
	}
	s.joined[conn] = struct{}{}
	s.incoming.Go(func() {
		if !s.KeepBuffer {
			sockopt.GrowReceiveBuffer(conn, systemBytes)
		}
		s.receiveAll(conn)
		s.mu.Lock()
		delete(s.joined, conn)
		s.dropped += sockopt.Dropped(conn)
		s.mu.Unlock()
		_ = conn.Close()
	})
	return nil
}

// Leave ends what Join began.
func (s *Socket) Leave(conn *net.UDPConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, joined := s.joined[conn]; joined {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	}
}
