package netns

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Packet is one that this namespace has sent by TCP or UDP.
type Packet struct {
	At   time.Time
	From netip.Addr
	To   netip.AddrPort
	// Payload is what follows the header of UDP; of TCP it is nil.
	Payload []byte
}

// Capture sees what is sent on an interface. What the kernel says by itself, ICMP and
// the like, is left out.
type Capture struct {
	mu      sync.Mutex // guards packets
	packets []Packet
}

// Watch captures what goes out of an interface until the end of the test.
func Watch(t *testing.T, iface string) *Capture {
	t.Helper()
	at, err := net.InterfaceByName(iface)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "packets of "+iface)
	all := int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL)))
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(all), Ifindex: at.Index}); err != nil {
		t.Fatal(err)
	}
	c := &Capture{}
	raw, err := file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			var n int
			var from unix.Sockaddr
			var err error
			if waited := raw.Read(func(fd uintptr) bool {
				n, from, err = unix.Recvfrom(int(fd), buffer, 0)
				return !errors.Is(err, unix.EAGAIN)
			}); waited != nil || err != nil {
				return
			}
			if ll, ok := from.(*unix.SockaddrLinklayer); ok && ll.Pkttype == unix.PACKET_OUTGOING {
				c.add(buffer[:n])
			}
		}
	})
	t.Cleanup(func() {
		file.Close()
		reading.Wait()
	})
	return c
}

// add notes a packet from its IP header on. IPv6 extension headers hide nothing that a
// test sends.
func (c *Capture) add(p []byte) {
	p = slices.Clone(p)
	var from, to netip.Addr
	var protocol byte
	switch {
	case len(p) > 20 && p[0]>>4 == 4:
		from, to, protocol = netip.AddrFrom4([4]byte(p[12:16])), netip.AddrFrom4([4]byte(p[16:20])), p[9]
		p = p[int(p[0]&15)*4:]
	case len(p) > 40 && p[0]>>4 == 6:
		from, to, protocol = netip.AddrFrom16([16]byte(p[8:24])), netip.AddrFrom16([16]byte(p[24:40])), p[6]
		p = p[40:]
	}
	const udpHeader = 8
	if protocol != unix.IPPROTO_TCP && protocol != unix.IPPROTO_UDP || len(p) < udpHeader {
		return
	}
	packet := Packet{At: time.Now(), From: from, To: netip.AddrPortFrom(to, binary.BigEndian.Uint16(p[2:]))}
	if protocol == unix.IPPROTO_UDP {
		packet.Payload = p[udpHeader:]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.packets = append(c.packets, packet)
}

// Packets returns what has been sent so far.
func (c *Capture) Packets() []Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.packets)
}
