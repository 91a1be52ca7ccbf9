package main

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"time"
)

// Kinds of datagrams: their first byte.
const (
	echoDatagram  = 'E'
	countDatagram = 'S'
	// giveDatagram asks for datagrams: how many and of what size follow, 16 bits each.
	giveDatagram = 'G'
)

const (
	// mostGiven and largestGiven bound what one datagram can ask for.
	mostGiven    = 64
	largestGiven = 1472
)

// wantedReadBuffer is asked of the system, which may give less, in bytes: room for datagrams that come while this program is not running.
const wantedReadBuffer = 8 << 20

// serveUDP answers and counts datagrams until the context ends.
func (f *far) serveUDP(ctx context.Context, conn *net.UDPConn) {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetReadBuffer(wantedReadBuffer)
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			time.Sleep(time.Millisecond) // somebody's port is gone: the next datagram is another's
			continue
		}
		switch data := buffer[:n]; {
		case n >= 1 && data[0] == echoDatagram:
			_, _ = conn.WriteToUDPAddrPort(data, from)
		case n >= 5 && data[0] == countDatagram:
			f.countDatagram(binary.BigEndian.Uint32(data[1:5]), n)
		case n >= 5 && data[0] == giveDatagram:
			give(conn, from, binary.BigEndian.Uint16(data[1:3]), binary.BigEndian.Uint16(data[3:5]))
		}
	}
}

// give sends count datagrams of size bytes, each of which begins with its number.
func give(conn *net.UDPConn, to netip.AddrPort, count, size uint16) {
	datagram := make([]byte, min(max(size, 2), largestGiven))
	for i := range min(count, mostGiven) {
		binary.BigEndian.PutUint16(datagram, i)
		if _, err := conn.WriteToUDPAddrPort(datagram, to); err != nil {
			return // it counts as lost
		}
	}
}
