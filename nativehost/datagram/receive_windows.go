package datagram

import (
	"net"

	"github.com/portside/portside/nativehost/buffer"
)

// receive waits for a datagram. Here a waiting socket holds its buffer.
func receive(conn *net.UDPConn, buffers *buffer.Pool) (*buffer.Buffer, error) {
	payload := buffers.Get(receiveBytes)
	n, err := conn.Read(payload.Bytes[:cap(payload.Bytes)])
	if err != nil {
		payload.Release()
		return nil, err
	}
	payload.Bytes = payload.Bytes[:n]
	return payload, nil
}
