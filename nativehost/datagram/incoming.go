package datagram

import (
	"context"
	"errors"
	"net"
	"os"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
)

// receiveAll reads datagrams from one of the system's sockets until it is closed. An error
// is news about a datagram of ours and no end: UDP promises nothing else.
func (s *Socket) receiveAll(conn *net.UDPConn) {
	<-s.wanted
	next := func() (header []byte, payload *buffer.Buffer, waited bool, err error) {
		payload, waited, err = receive(conn, s.Buffers)
		return nil, payload, waited, err
	}
	if s.Peers != nil {
		next = s.filter(conn)
	}
	for news := 0; ; {
		header, payload, waited, err := next()
		if waited {
			news = 0
		}
		switch {
		case err == nil:
			news = 0
			if !s.keep(header, payload) {
				return
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		case isNews(err) && news < maxNews:
			news++
		case conn != s.conn:
			return
		default:
			s.mu.Lock()
			s.fail(err)
			s.mu.Unlock()
			return
		}
	}
}

// deliverAll delivers what was read until the socket is closed or its path has ended.
func (s *Socket) deliverAll(ctx context.Context) {
	for payload := s.oldest(); payload != nil; payload = s.oldest() {
		if s.deliver(ctx, payload) != nil {
			s.mu.Lock()
			s.deliveryOver = true
			s.mu.Unlock()
			signal(s.left)
			return
		}
	}
}

// deliver spends credit on a datagram, of which it becomes the owner, and takes its
// turn.
func (s *Socket) deliver(ctx context.Context, payload *buffer.Buffer) error {
	defer payload.Release()
	price := cost(payload)
	if over, ok := s.mayWait(price); ok {
		for s.short(price) {
			<-s.credited
		}
		over()
	}
	s.mu.Lock()
	switch {
	case s.closing:
		s.mu.Unlock()
		return fault.ErrGone
	case s.receiveCredit < price:
		// It may not wait, or there never was credit for as much.
		s.dropped++
		s.mu.Unlock()
		return nil
	}
	s.receiveCredit -= price
	s.mu.Unlock()
	s.order.Pass()
	if err := s.Path.Data(ctx, payload.Bytes); err != nil {
		return err
	}
	s.mu.Lock()
	s.in += int64(len(s.data(payload)))
	s.mu.Unlock()
	return nil
}

// short reports whether there is too little credit, and may be more later.
func (s *Socket) short(price int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.receiveCredit < price && price <= s.mostCredit && !s.closing
}

// mayWait reports whether a datagram is to wait for credit. If so, over must be called.
func (s *Socket) mayWait(price int64) (over func(), ok bool) {
	if !s.short(price) {
		return nil, false
	}
	if s.MayWait == nil {
		return func() {}, true
	}
	//rule:excess-datagrams-are-dropped
	return s.MayWait()
}
