package sockets_test

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// receive reads one datagram at the peer.
func receive(t *testing.T, c *net.UDPConn) ([]byte, *net.UDPAddr) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(hosttest.Patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	n, from, err := c.ReadFromUDP(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n], from
}

func TestUDPBothWays(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := hosttest.UDPPeer(t)
	r, result := b.OpenUDP(hosttest.PortOf(peer), nil)
	if result.RemoteAddress != "127.0.0.1" || result.RemotePort != int64(hosttest.PortOf(peer)) || result.Window != protocol.WindowBytes {
		t.Errorf("opened with %+v", result)
	}
	var want [][]byte
	for _, size := range []int{1, 0, 1200, 9000, protocol.MaxDatagramBytes} {
		sent := hosttest.Noise(size)
		b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, sent)), nil)
		got, from := receive(t, peer)
		if !bytes.Equal(got, sent) || int64(from.Port) != result.LocalPort {
			t.Fatalf("the peer got %d of %d bytes from %v", len(got), size, from)
		}
		if _, err := peer.WriteToUDP(got, from); err != nil {
			t.Fatal(err)
		}
		want = append(want, sent)
		b.Wait("a datagram", func() bool { return len(r.Frames) == len(want) })
	}
	// Boundaries are kept, empty datagrams too.
	for i, w := range want {
		if !bytes.Equal(r.Frames[i], w) {
			t.Errorf("datagram %d: %d bytes, want %d", i, len(r.Frames[i]), len(w))
		}
	}
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	end := b.WantClosed(r, "", "")
	if total := int64(1 + 1200 + 9000 + protocol.MaxDatagramBytes); end.BytesIn != total || end.BytesOut != total || end.Dropped != 0 {
		t.Errorf("closed with %+v", end)
	}
}

func TestUDPTooLarge(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := hosttest.UDPPeer(t)
	r, _ := b.OpenUDP(hosttest.PortOf(peer), nil)
	hosttest.WantFailure(t, b.Answer(b.WriteAsk(r, make([]byte, protocol.MaxDatagramBytes+1))), "NetworkError", "message-size")
	b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, []byte("fits"))), nil)
	if got, _ := receive(t, peer); string(got) != "fits" {
		t.Errorf("the peer got %q", got)
	}
}

func TestUDPOnlyFromThePeer(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer, other := hosttest.UDPPeer(t), hosttest.UDPPeer(t)
	r, result := b.OpenUDP(hosttest.PortOf(peer), nil)
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(result.LocalPort)}
	for _, from := range []*net.UDPConn{other, peer} {
		if _, err := from.WriteToUDP([]byte(fmt.Sprint(hosttest.PortOf(from))), to); err != nil {
			t.Fatal(err)
		}
	}
	// Loopback keeps the order, so the other's would have come first.
	b.Wait("a datagram", func() bool { return len(r.Frames) > 0 })
	if got := string(b.Bytes(r)); got != fmt.Sprint(hosttest.PortOf(peer)) {
		t.Errorf("got %q", got)
	}
}

// Without credit datagrams wait in the system, and come in order once there is some.
func TestUDPWaitsForCredit(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := hosttest.UDPPeer(t)
	// Three datagrams of 100 bytes and not a fourth.
	const cost = 100 + protocol.DatagramOverhead
	r, result := b.OpenUDP(hosttest.PortOf(peer), func(p *protocol.UDPOpenParams) { p.Window = 4*cost - 1 })
	b.Mu.Lock()
	r.Stalled = true
	b.Mu.Unlock()
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(result.LocalPort)}
	for i := range 10 {
		if _, err := peer.WriteToUDP(bytes.Repeat([]byte{byte(i)}, 100), to); err != nil {
			t.Fatal(err)
		}
	}
	b.WaitReceived(r, 300)
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.ID, Bytes: 7*cost - (cost - 1)})
	b.WaitReceived(r, 1000)
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	if end := b.WantClosed(r, "", ""); end.Dropped != 0 || end.BytesIn != 1000 {
		t.Errorf("closed with %+v", end)
	}
	for i, frame := range r.Frames {
		if !bytes.Equal(frame, bytes.Repeat([]byte{byte(i)}, 100)) {
			t.Errorf("datagram %d is %x", i, frame[:1])
		}
	}
}

// What the system has no room for is dropped and counted, where it counts.
func TestUDPDropsWithoutRoom(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := hosttest.UDPPeer(t)
	const cost = 100 + protocol.DatagramOverhead
	r, result := b.OpenUDP(hosttest.PortOf(peer), func(p *protocol.UDPOpenParams) { p.Window, p.ReceiveBufferSize = cost, 4096 })
	b.Mu.Lock()
	r.Stalled = true
	b.Mu.Unlock()
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(result.LocalPort)}
	sent := int64(0)
	send := func(size int) {
		if _, err := peer.WriteToUDP(make([]byte, size), to); err != nil {
			t.Fatal(err)
		}
		sent++
	}
	for range 200 {
		send(100)
	}
	b.WaitReceived(r, 100)
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.ID, Bytes: protocol.WindowBytes})
	// Whatever waited has come when the very last one has, which may be dropped as well: then
	// another one is.
	const again = 200 * time.Millisecond
	ticker := time.NewTicker(again / 2)
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		for {
			select {
			case <-ticker.C:
				b.Mu.Lock()
				b.Changed.Broadcast()
				b.Mu.Unlock()
			case <-stop:
				return
			}
		}
	})
	defer ticking.Wait()
	defer close(stop)
	defer ticker.Stop()
	last, at := 0, time.Time{}
	b.Wait("the last datagram", func() bool {
		if last > 0 && len(r.Frames[len(r.Frames)-1]) == last {
			return true
		}
		if time.Since(at) > again && last < 99 {
			last++
			send(last)
			at = time.Now()
		}
		return false
	})
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	end := b.WantClosed(r, "", "")
	if kept := int64(len(r.Frames)); kept >= sent || runtime.GOOS == "linux" && end.Dropped != sent-kept {
		t.Errorf("%d of %d came, and %d were dropped", kept, sent, end.Dropped)
	}
}

// An ICMP refusal is news about one datagram, not the end of the socket.
func TestUDPRefusalIsNoEnd(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	port := hosttest.PortOf(peer)
	peer.Close()
	r, _ := b.OpenUDP(port, nil)
	for range 5 {
		b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, []byte("anybody?"))), nil)
	}
	peer, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, []byte("now?"))), nil)
	got, from := receive(t, peer)
	if string(got) != "now?" {
		t.Fatalf("the peer got %q", got)
	}
	if _, err := peer.WriteToUDP([]byte("yes"), from); err != nil {
		t.Fatal(err)
	}
	b.WaitReceived(r, 3)
}

// The credit of a datagram comes back with the answer: without any credit message
// far more than the window can be sent, one at a time.
func TestUDPCreditComesBackWithTheAnswer(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Window: 1000})
	peer := hosttest.UDPPeer(t)
	r, _ := b.OpenUDP(hosttest.PortOf(peer), nil)
	for range 20 {
		b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, make([]byte, 1000-protocol.DatagramOverhead))), nil)
		receive(t, peer)
	}
	if r.Credit != 0 {
		t.Errorf("socket.credit gave %d bytes", r.Credit)
	}
	// One byte more than the window.
	hosttest.WantFailure(t, b.Answer(b.WriteAsk(r, make([]byte, 1001-protocol.DatagramOverhead))), "NetworkError", "protocol")
	b.WantClosed(r, "NetworkError", "protocol")
}

func TestUDPWantsIDsAndNoShutdown(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := hosttest.UDPPeer(t)
	r, _ := b.OpenUDP(hosttest.PortOf(peer), nil)
	b.Write(r, []byte("no id"), nil)
	b.Wait("an error without an id", func() bool { return len(b.WithoutID) == 1 })
	hosttest.WantCode(t, b.WithoutID[0], protocol.CodeInvalidRequest)
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID})), "InvalidStateError", "protocol")
	b.WantResult(protocol.MethodSocketWrite, b.Answer(b.WriteAsk(r, []byte("alive"))), nil)
	if got, _ := receive(t, peer); string(got) != "alive" {
		t.Errorf("the peer got %q", got)
	}
}
