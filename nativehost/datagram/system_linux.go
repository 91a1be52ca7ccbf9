package datagram

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/net/ipv4"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/sockopt"
)

// batchConn moves several datagrams of one of the system's sockets, of either IP version,
// with one call: sendmmsg(2) and recvmmsg(2). It belongs to one goroutine.
type batchConn struct {
	conn     *net.UDPConn
	batch    *ipv4.PacketConn // package ipv6 has the same calls
	messages []ipv4.Message
	// buffers has one slice for each message, which ipv4.Message wants in a list.
	buffers [][]byte
	addrs   []net.UDPAddr
	// told is where the system tells how each datagram of a socket with many peers has come.
	told     []byte
	arrivals *sockopt.Arrivals
}

func newBatchConn(conn *net.UDPConn) *batchConn {
	return &batchConn{conn: conn, batch: ipv4.NewPacketConn(conn)}
}

// grow makes room for so many messages.
func (c *batchConn) grow(count int) {
	for len(c.messages) < count {
		c.messages = append(c.messages, ipv4.Message{})
		c.buffers = append(c.buffers, nil)
		c.addrs = append(c.addrs, net.UDPAddr{})
	}
	for i := range c.messages {
		c.messages[i].Buffers = c.buffers[i : i+1]
	}
}

// write hands datagrams to the system, in order. It returns how many it has taken; fewer
// than all with the error of the first that it has not.
func (c *batchConn) write(datagrams []outgoing) (taken int, err error) {
	c.grow(len(datagrams))
	for i, o := range datagrams {
		c.buffers[i] = o.data()
		c.messages[i].Addr = nil
		if o.to.IsValid() {
			c.addrs[i] = net.UDPAddr{IP: o.to.Addr().AsSlice(), Port: int(o.to.Port()), Zone: o.to.Addr().Zone()}
			c.messages[i].Addr = &c.addrs[i]
		}
	}
	taken, err = c.batch.WriteBatch(c.messages[:len(datagrams)], 0)
	clear(c.buffers)
	return max(taken, 0), err
}

// read waits for datagrams, and reads as many as most says then, or none where what came
// was broken. It tells whether it had to wait. Buffers are borrowed only once there is
// something, so that a thousand waiting sockets hold no memory for it. told: the system
// tells how they have come.
func (c *batchConn) read(buffers *buffer.Pool, most func() int, told bool) (got []received, waited bool, err error) {
	if waited, err = c.wait(); err != nil {
		return nil, waited, err
	}
	got, err = c.readNow(buffers, most(), told)
	if errors.Is(err, syscall.EAGAIN) {
		return nil, true, nil
	}
	return got, waited, err
}

// wait waits until a read would not wait, and tells whether it had to.
func (c *batchConn) wait() (waited bool, err error) {
	raw, err := c.conn.SyscallConn()
	if err != nil {
		return false, err
	}
	err = raw.Read(func(fd uintptr) bool {
		there := readable(int(fd))
		waited = waited || !there
		return there
	})
	return waited, err
}

func (c *batchConn) readNow(buffers *buffer.Pool, most int, told bool) ([]received, error) {
	c.grow(most)
	if told && len(c.told) < most*sockopt.ArrivalBytes {
		c.told, c.arrivals = make([]byte, most*sockopt.ArrivalBytes), sockopt.NewArrivals()
	}
	borrowed := make([]*buffer.Buffer, most)
	for i := range borrowed {
		borrowed[i] = buffers.Get(receiveBytes)
		c.buffers[i] = borrowed[i].Bytes[:receiveBytes]
		c.messages[i].Addr, c.messages[i].OOB = nil, nil
		if told {
			c.messages[i].OOB = c.told[i*sockopt.ArrivalBytes : (i+1)*sockopt.ArrivalBytes]
		}
	}
	n, err := c.batch.ReadBatch(c.messages[:most], syscall.MSG_DONTWAIT)
	clear(c.buffers)
	got := make([]received, 0, max(n, 0))
	for i, b := range borrowed {
		if err != nil || i >= n {
			b.Release()
			continue
		}
		m := &c.messages[i]
		b.Bytes = b.Bytes[:m.N]
		one := received{payload: b}
		if from, ok := m.Addr.(*net.UDPAddr); ok {
			one.from = addrPort(from)
		}
		if told {
			one.by = c.arrivals.ReadFrom(m.OOB[:m.NN])
		}
		got = append(got, one)
	}
	return got, err
}
