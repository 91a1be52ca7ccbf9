package datagram

import (
	"net"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/sockopt"
)

// moment is longer than a read takes that has not waited.
const moment = time.Millisecond

// receive waits for a datagram, and tells whether it had to wait. Here a waiting socket
// holds its buffer.
func receive(conn *net.UDPConn, buffers *buffer.Pool) (payload *buffer.Buffer, waited bool, err error) {
	payload = buffers.Get(receiveBytes)
	began := time.Now()
	n, err := conn.Read(payload.Bytes[:cap(payload.Bytes)])
	waited = time.Since(began) > moment
	if err != nil {
		payload.Release()
		return nil, waited, err
	}
	payload.Bytes = payload.Bytes[:n]
	return payload, waited, nil
}

// receiveFrom is receive for a socket with many peers: it also tells from whom the
// datagram is.
func receiveFrom(conn *net.UDPConn, buffers *buffer.Pool, arrivals *sockopt.Arrivals) (
	payload *buffer.Buffer, from netip.AddrPort, by sockopt.Arrival, waited bool, err error,
) {
	began := time.Now()
	payload, from, by, err = readFrom(conn, buffers, arrivals)
	return payload, from, by, time.Since(began) > moment, err
}
