package datagram

import (
	"context"
	"errors"
	"net"
	"os"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// receiveAll reads datagrams from one of the system's sockets until it is closed. An error
// is news about a datagram of ours and no end: UDP promises nothing else.
func (s *Socket) receiveAll(conn *net.UDPConn) {
	<-s.wanted
	from := newBatchConn(conn)
	expected := 1
	for news := 0; ; {
		var reserved int64
		got, waited, err := from.read(s.Buffers, func() (count int) {
			count, reserved = s.reserve(expected)
			return count
		}, s.Peers != nil)
		// Each takes a buffer for the largest, so as many as may come now, and no more.
		expected = min(2*len(got)+1, receiveBatch)
		if waited {
			news = 0
		}
		if err == nil {
			news = 0
			if !s.keepAll(s.wantedOf(got), reserved) {
				return
			}
			continue
		}
		s.keepAll(nil, reserved)
		switch {
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

// wantedOf returns what the page is to get of what was read.
func (s *Socket) wantedOf(got []received) []*buffer.Buffer {
	if s.Peers != nil {
		return s.filter(got)
	}
	all := make([]*buffer.Buffer, len(got))
	for i, one := range got {
		all[i] = s.compact(nil, one.payload)
	}
	return all
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

// deliver spends credit on a datagram, of which it becomes the owner, and on as many of
// those behind it as go with it in one frame, and takes its turn.
func (s *Socket) deliver(ctx context.Context, payload *buffer.Buffer) error {
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
		payload.Release()
		return fault.ErrGone
	case s.receiveCredit < price:
		// It may not wait, or there never was credit for as much.
		s.dropped++
		s.mu.Unlock()
		payload.Release()
		return nil
	}
	s.receiveCredit -= price
	bytes := int64(len(s.data(payload)))
	batch, more := s.gather(payload)
	s.mu.Unlock()
	var err error
	if batch == nil {
		defer payload.Release()
		s.order.Pass()
		err = s.Path.Data(ctx, payload.Bytes)
	} else {
		signal(s.left)
		defer batch.Release()
		s.order.Pass()
		err = s.Path.Datagrams(ctx, batch.Bytes)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.in += bytes + more
	s.mu.Unlock()
	return nil
}

// gather puts a datagram and those behind it in the backlog into one batch, as far as they
// fit a frame and have credit, and releases them. It returns the bytes that those behind it
// carry, or nil where the datagram goes by itself. The caller holds the mutex.
func (s *Socket) gather(first *buffer.Buffer) (batch *buffer.Buffer, bytes int64) {
	room := s.Path.Batch() - protocol.BatchOverhead - len(first.Bytes)
	count, credit := 0, s.receiveCredit
	for _, next := range s.backlog.waiting {
		room -= protocol.BatchOverhead + len(next.Bytes)
		credit -= cost(next)
		if room < 0 || credit < 0 || count == protocol.BatchDatagrams-1 {
			break
		}
		count++
	}
	if count == 0 {
		return nil, 0
	}
	batch = s.Buffers.Get(s.Path.Batch())
	add := func(payload *buffer.Buffer) {
		batch.Bytes = protocol.AppendToBatch(batch.Bytes, payload.Bytes)
		payload.Release()
	}
	add(first)
	for range count {
		next := s.take()
		s.receiveCredit -= cost(next)
		bytes += int64(len(s.data(next)))
		add(next)
	}
	return batch, bytes
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

// Credit lets the host deliver more. Too much of it ends the socket.
func (s *Socket) Credit(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.receiveCredit+bytes > protocol.MaxWindowBytes {
		s.fail(fault.ErrProtocol)
		return
	}
	s.receiveCredit += bytes
	s.mostCredit = max(s.mostCredit, s.receiveCredit)
	s.begin()
	signal(s.credited)
}
