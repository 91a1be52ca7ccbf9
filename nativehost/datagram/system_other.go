//go:build !linux

package datagram

import (
	"net"
	"net/netip"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/sockopt"
)

// batchConn moves the datagrams of one of the system's sockets one by one. It belongs to
// one goroutine.
type batchConn struct {
	conn     *net.UDPConn
	arrivals *sockopt.Arrivals
}

func newBatchConn(conn *net.UDPConn) *batchConn {
	return &batchConn{conn: conn, arrivals: sockopt.NewArrivals()}
}

// write hands datagrams to the system, in order. It returns how many it has taken; fewer
// than all with the error of the first that it has not.
func (c *batchConn) write(datagrams []outgoing) (taken int, err error) {
	for i, o := range datagrams {
		if o.to.IsValid() {
			_, err = c.conn.WriteToUDPAddrPort(o.data(), o.to)
		} else {
			_, err = c.conn.Write(o.data())
		}
		if err != nil {
			return i, err
		}
	}
	return len(datagrams), nil
}

// read waits for a datagram, and tells whether it had to. told: the system is asked how it
// has come.
func (c *batchConn) read(buffers *buffer.Pool, _ func() int, told bool) (got []received, waited bool, err error) {
	var one received
	if told {
		one.payload, one.from, one.by, waited, err = receiveFrom(c.conn, buffers, c.arrivals)
	} else {
		one.payload, waited, err = receive(c.conn, buffers)
	}
	if err != nil {
		return nil, waited, err
	}
	return []received{one}, waited, nil
}

// readFrom reads the next datagram.
func readFrom(conn *net.UDPConn, buffers *buffer.Pool, arrivals *sockopt.Arrivals) (
	*buffer.Buffer, netip.AddrPort, sockopt.Arrival, error,
) {
	payload := buffers.Get(receiveBytes)
	n, told, _, from, err := conn.ReadMsgUDPAddrPort(payload.Bytes[:cap(payload.Bytes)], arrivals.Space)
	if err != nil {
		payload.Release()
		return nil, netip.AddrPort{}, sockopt.Arrival{}, err
	}
	payload.Bytes = payload.Bytes[:n]
	return payload, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), arrivals.Read(told), nil
}
