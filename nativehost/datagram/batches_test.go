package datagram

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

// takeBatches takes what is delivered until there are count datagrams. It returns them, and
// how many came in batches.
func (w *world) takeBatches(t *testing.T, count int) (got []string, together int) {
	t.Helper()
	for len(got) < count {
		select {
		case one := <-w.path.data:
			got = append(got, one)
		case batch := <-w.path.batches:
			got = append(got, batch...)
			together += len(batch)
		case <-time.After(10 * time.Second):
			t.Fatalf("%d of %d datagrams came", len(got), count)
		}
	}
	return got, together
}

func inBatches(room int) func(*Config) {
	return func(c *Config) {
		p := c.Path.(*path)
		p.room, p.batches = room, make(chan []string)
	}
}

// numbered returns datagrams of 1,200 bytes that begin with their number.
func numbered(count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprintf("%04d", i) + strings.Repeat("x", 1196)
	}
	return all
}

// What waits goes in as few frames as it fits, in order, within the credit and no more.
func TestBatchesToThePage(t *testing.T) {
	const count, cost = 100, 1200 + protocol.DatagramOverhead
	w := newWorld(t, 1000, 10*cost, inBatches(protocol.BatchRoom))
	sent := numbered(count)
	for i, one := range sent {
		if _, err := w.peer.WriteToUDP([]byte(one), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			time.Sleep(2 * time.Millisecond) // the system keeps some 90
		}
	}
	for end := time.Now().Add(10 * time.Second); w.got() < count-10 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	got, _ := w.takeBatches(t, 10)
	select {
	case one := <-w.path.data:
		t.Fatalf("%.10q came without credit", one)
	case batch := <-w.path.batches:
		t.Fatalf("%d came without credit", len(batch))
	case <-time.After(50 * time.Millisecond):
	}
	w.Credit((count - 10) * cost)
	rest, together := w.takeBatches(t, count-10)
	if got = append(got, rest...); !slices.Equal(got, sent) {
		t.Error("others came, or in another order")
	}
	if together < count/2 {
		t.Errorf("%d of %d came together", together, count-10)
	}
	if in, _ := w.Traffic(); in > count*1200 || in < (count-54)*1200 {
		t.Errorf("%d bytes are counted", in)
	}
}

// A frame has no more than its room, and one large datagram goes by itself.
func TestBatchesHaveTheirRoom(t *testing.T) {
	const room = 1 << 10
	w := newWorld(t, 1000, 1<<20, inBatches(room))
	sizes := []int{100, 500, 500, 1 << 10, 1020, 1021, 300, 300, 300, 300}
	for _, size := range sizes {
		if _, err := w.peer.WriteToUDP(make([]byte, size), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
	}
	var got []int
	for len(got) < len(sizes) {
		select {
		case one := <-w.path.data:
			got = append(got, len(one))
		case batch := <-w.path.batches:
			bytes := 0
			for _, one := range batch {
				got = append(got, len(one))
				bytes += protocol.BatchOverhead + len(one)
			}
			if bytes > room || len(batch) < 2 {
				t.Errorf("%d datagrams with %d bytes in a frame", len(batch), bytes)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("only %v came", got)
		}
	}
	if !slices.Equal(got, sizes) {
		t.Errorf("%v came", got)
	}
}

// Many writes are sent in order, and each is answered once.
func TestBatchesToTheSystem(t *testing.T) {
	const count = 500
	sent := make(chan [2]int64, count)
	w := newWorld(t, 1<<20, 0, func(c *Config) { c.Sent = func(id, count int64) { sent <- [2]int64{id, count} } })
	answered := map[int64]int{}
	read := make([]byte, 2000)
	_ = w.peer.SetReadDeadline(time.Now().Add(20 * time.Second))
	all := numbered(count)
	for i := 0; i < count; i += 50 {
		for id := int64(i); id < int64(i)+50; id++ {
			if err := w.write(all[id], &id); err != nil {
				t.Fatal(err)
			}
		}
		for j := range 50 {
			if n, _, err := w.peer.ReadFromUDP(read); err != nil || string(read[:n]) != all[i+j] {
				t.Fatalf("datagram %d: %.10q, %v", i+j, read[:n], err)
			}
		}
		for len(answered) < i+50 {
			select {
			case one := <-w.answers:
				if answered[one.id]++; one.err != nil {
					t.Error(one.err)
				}
			case run := <-sent:
				for n := range run[1] {
					answered[run[0]+n]++
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%d of %d are answered", len(answered), i+50)
			}
		}
	}
	for id, times := range answered {
		if times != 1 || id < 0 || id >= count {
			t.Errorf("%d was answered %d times", id, times)
		}
	}
	if _, out := w.Traffic(); out != count*1200 {
		t.Errorf("%d bytes are counted", out)
	}
}

// What becomes of one datagram of a batch is told of no other: neither what the system
// refuses, nor what the rules do.
func TestOneOfABatchFails(t *testing.T) {
	w := newWorld(t, 1000, 1000)
	batch := make([]outgoing, 5)
	for i := range batch {
		batch[i].payload = &buffer.Buffer{Bytes: []byte{byte(i)}}
	}
	batch[1].payload = &buffer.Buffer{Bytes: make([]byte, protocol.MaxDatagramBytes+1)}
	batch[3].err = fault.ErrProtocol
	w.Socket.send(newBatchConn(w.conn), batch)
	want := []error{nil, fault.ErrMessageSize, nil, fault.ErrProtocol, nil}
	for i, o := range batch {
		if !errors.Is(o.err, want[i]) || (want[i] == nil) != (o.err == nil) {
			t.Errorf("datagram %d: %v", i, o.err)
		}
	}
	for _, want := range []byte{0, 2, 4} {
		read := make([]byte, 10)
		_ = w.peer.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, _, err := w.peer.ReadFromUDP(read); err != nil || n != 1 || read[0] != want {
			t.Errorf("datagram %d: %v, %v", want, read[:n], err)
		}
	}
}

// Nobody listens at the peer's port: the word of that meets a batch, none of which is to
// blame.
func TestRefusedPortFailsNoBatch(t *testing.T) {
	w := newWorld(t, 1<<20, 1000)
	w.peer.Close()
	for id := range int64(200) {
		if err := w.write("nobody is there", &id); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		select {
		case got := <-w.answers:
			if got.err != nil {
				t.Fatalf("%d: %v", got.id, got.err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("not all are answered")
		}
	}
}

// A batch is read only where there is room for the largest datagrams, in the socket's
// backlog and among all.
func TestBatchesKeepTheBounds(t *testing.T) {
	const batchWeight = receiveBatch * mostWeight
	room := NewRoom(batchWeight)
	s := New(nil, Config{Buffers: &buffer.Pool{}, Room: room})
	for what, c := range map[string]struct {
		waiting    int64
		keepBuffer bool
		left       int64
		want       int
	}{
		"nothing waits":                       {0, false, batchWeight, receiveBatch},
		"as much waits as may":                {backlogBytes - batchWeight, false, batchWeight, receiveBatch},
		"the socket's backlog is full":        {backlogBytes - batchWeight + 1, false, batchWeight, 1},
		"all backlogs are":                    {0, false, batchWeight - 1, 1},
		"the page says how much is to wait":   {0, true, batchWeight, 1},
		"both are full, and the page says so": {backlogBytes, true, 0, 1},
	} {
		s.backlog.bytes, s.KeepBuffer = c.waiting, c.keepBuffer
		room.left.Store(c.left)
		count, reserved := s.reserve(receiveBatch)
		if count != c.want || (count > 1) != (reserved > 0) {
			t.Errorf("%s: %d, with %d bytes", what, count, reserved)
		}
		if s.backlog.bytes != c.waiting+reserved || room.left.Load() != c.left-reserved {
			t.Errorf("%s: %d bytes wait, %d are left", what, s.backlog.bytes, room.left.Load())
		}
		if !s.keepAll(nil, reserved) || s.backlog.bytes != c.waiting || room.left.Load() != c.left {
			t.Errorf("%s: afterwards %d bytes wait, %d are left", what, s.backlog.bytes, room.left.Load())
		}
	}
}
