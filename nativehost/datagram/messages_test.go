package datagram

import (
	"errors"
	"net"
	"testing"

	"github.com/portside/portside/nativehost/buffer"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/protocol"
)

func TestMessages(t *testing.T) {
	header := string(must(protocol.AppendPeer(nil, protocol.Peer{Address: "127.0.0.1", Port: 9})))
	for what, c := range map[string]struct {
		message string
		want    error
	}{
		"nothing":        {"", fault.ErrProtocol},
		"no header":      {"xy", fault.ErrProtocol},
		"half a header":  {header[:8], fault.ErrProtocol},
		"no address":     {"\x00\x00\x09\x00payload", fault.ErrProtocol},
		"no payload":     {header, fault.ErrProtocol},
		"a byte":         {header + "x", nil},
		"the most":       {header + string(make([]byte, protocol.MaxDatagramBytes)), nil},
		"more than that": {header + string(make([]byte, protocol.MaxDatagramBytes+1)), fault.ErrMessageSize},
	} {
		if err := checkMessage([]byte(c.message)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// No message of a page's makes a socket fail.
func FuzzMessages(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x09\x00\x09\x00127.0.0.1payload"))
	f.Add([]byte("\x09\x00\x09\x00127.0.0.1"))
	f.Add([]byte("\xff\x00\x09\x00127.0.0.1"))
	f.Fuzz(func(t *testing.T, message []byte) {
		if err := checkMessage(message); err != nil {
			if !errors.Is(err, fault.ErrProtocol) && !errors.Is(err, fault.ErrMessageSize) {
				t.Errorf("%q: %v", message, err)
			}
			return
		}
		n := headerBytes(message)
		peer, payload, err := protocol.ReadPeer(message)
		if err == nil && (len(payload) != len(message)-n || len(payload) == 0 || protocol.PeerHeaderBytes+len(peer.Address) != n) {
			t.Errorf("%q: %+v, %q, header of %d bytes", message, peer, payload, n)
		}
	})
}

// The bound path, side by side with the connected one: what one datagram costs both ways.
func BenchmarkEcho(b *testing.B) {
	for _, bound := range []bool{false, true} {
		b.Run(map[bool]string{false: "connected", true: "bound"}[bound], func(b *testing.B) { benchmarkEcho(b, bound) })
	}
}

func benchmarkEcho(b *testing.B, bound bool) {
	peer := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	defer peer.Close()
	go func() {
		buf := make([]byte, 2000)
		for {
			n, from, err := peer.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = peer.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	to := peer.LocalAddr().(*net.UDPAddr)
	conn := must(net.DialUDP("udp4", nil, to))
	answers := make(chan error, 100)
	config := Config{
		Path: &path{data: make(chan string), stopped: make(chan struct{})}, SendWindow: 1 << 20, ReceiveWindow: 1 << 20,
		Answer: func(_ int64, err error) { answers <- err },
	}
	message := make([]byte, 1000)
	if bound {
		conn.Close()
		conn = must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
		config.Peers = newDesk()
		message = append(must(protocol.AppendPeer(nil, protocol.Peer{Address: "127.0.0.1", Port: uint16(to.Port)})), message...)
	}
	w := &world{path: config.Path.(*path), buffers: &buffer.Pool{}}
	config.Buffers = w.buffers
	w.Socket = New(conn, config)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(b.Context())
	}()
	id := int64(1)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.write(string(message), &id); err != nil {
			b.Fatal(err)
		}
		if err := <-answers; err != nil {
			b.Fatal(err)
		}
		<-w.path.data
		w.Credit(int64(len(message)) + protocol.DatagramOverhead)
	}
	w.Close(true)
	<-done
}
