package datagram

import (
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/protocol"
)

// usualRoom is what Linux lets a socket have (net.core.rmem_max) where nobody changed it.
const usualRoom = 212992

// burst sends datagrams of 1,200 bytes, each with its number, as fast as a program on the
// same computer does that waits for each: up to 50 in a millisecond. Where this computer
// has so much to do that the host does not get its turn, it waits a moment for the host.
func (w *world) burst(t *testing.T, count int, sent *atomic.Int64) {
	t.Helper()
	payload := make([]byte, 1200)
	for i := range count {
		binary.BigEndian.PutUint32(payload, uint32(i))
		if _, err := w.peer.WriteToUDP(payload, w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Error(err)
			return
		}
		sent.Add(1)
		if i%10 != 9 {
			continue
		}
		time.Sleep(200 * time.Microsecond)
		for n := 0; n < 20 && w.got() < i-50; n++ {
			time.Sleep(time.Millisecond)
		}
	}
}

// got counts the datagrams that the host has read, but for the one that it delivers.
func (w *world) got() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(w.in/1200+w.dropped) + len(w.backlog.waiting)
}

// read takes datagrams as a page does that reads all the time, half as fast as they are
// sent, and gives credit back once a quarter of the window is used up. It ends when nothing
// comes any more, and returns the numbers.
func (w *world) read(most int, window int64, sent *atomic.Int64) []uint32 {
	var numbers []uint32
	for owed := int64(0); len(numbers) < most; {
		select {
		case p := <-w.path.data:
			numbers = append(numbers, binary.BigEndian.Uint32([]byte(p)))
			if owed += int64(len(p)) + protocol.DatagramOverhead; owed >= window/4 {
				w.Credit(owed)
				owed = 0
			}
		case <-time.After(2 * time.Second):
			return numbers
		}
		for n := sent.Load(); n < int64(most) && n < 2*int64(len(numbers)); n = sent.Load() {
			time.Sleep(100 * time.Microsecond)
		}
	}
	return numbers
}

// A page that reads all the time gets a burst whole, in order, however little the system
// keeps.
func TestBursts(t *testing.T) {
	const count = 3000
	room := NewRoom(backlogBytes)
	w := newWorld(t, 1000, protocol.DatagramWindowBytes, func(c *Config) { c.Room = room })
	if err := w.conn.SetReadBuffer(usualRoom); err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	var sending sync.WaitGroup
	sending.Go(func() { w.burst(t, count, &sent) })
	numbers := w.read(count, protocol.DatagramWindowBytes, &sent)
	sending.Wait()
	for i, n := range numbers {
		if n != uint32(i) {
			t.Errorf("number %d came as the %dth", n, i)
			break
		}
	}
	if len(numbers) != count {
		t.Errorf("%d of %d datagrams came", len(numbers), count)
	}
}

// A socket that ends gives its room back.
func TestRoomComesBack(t *testing.T) {
	room := NewRoom(backlogBytes)
	w := newWorld(t, 1000, protocol.DatagramWindowBytes, func(c *Config) { c.Room = room })
	var sent atomic.Int64
	w.burst(t, 100, &sent)
	for end := time.Now().Add(10 * time.Second); room.left.Load() == backlogBytes; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing waits")
		}
	}
	w.Close(true)
	<-w.end
	if got := room.left.Load(); got != backlogBytes {
		t.Errorf("%d bytes of room are left of %d", got, backlogBytes)
	}
}

// What waits has a bound for a socket and one for all; each socket may keep one datagram.
func TestBacklogsAreBounded(t *testing.T) {
	room := NewRoom(backlogBytes + backlogBytes/2)
	fill := func(keepBuffer bool) *Socket {
		s := New(nil, Config{Buffers: &buffer.Pool{}, Room: room, KeepBuffer: keepBuffer})
		for {
			payload := s.Buffers.Get(1200)
			if !s.fits(weight(payload)) {
				return s
			}
			s.backlog.waiting = append(s.backlog.waiting, payload)
		}
	}
	const one = 2048 + protocol.DatagramOverhead
	first, kept, third, fourth := fill(false), fill(true), fill(false), fill(false)
	if got := first.backlog.bytes; got > backlogBytes || got <= backlogBytes-one {
		t.Errorf("one socket keeps %d bytes of %d", got, backlogBytes)
	}
	if got := kept.backlog.bytes; got != one {
		t.Errorf("a socket whose page says how much is to wait keeps %d bytes", got)
	}
	all := first.backlog.bytes + kept.backlog.bytes + third.backlog.bytes
	if most := int64(backlogBytes + backlogBytes/2); all > most || all <= most-one {
		t.Errorf("all sockets keep %d bytes of %d", all, most)
	}
	if got := fourth.backlog.bytes; got != one {
		t.Errorf("where there is no room a socket keeps %d bytes", got)
	}
	first.dropBacklog()
	if got := fill(false).backlog.bytes; got < backlogBytes/2 {
		t.Errorf("%d bytes after another socket's end", got)
	}
}
