package session

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/protocol"
)

func (b *broker) openUDP(port int, change func(*protocol.UDPOpenParams)) (*remote, protocol.UDPOpenResult) {
	b.t.Helper()
	r := b.register()
	r.keep = true
	p := protocol.UDPOpenParams{OpenRequest: protocol.OpenRequest{
		SocketID: r.id, Origin: "https://page.example", Document: "document",
		Host: "127.0.0.1", Port: int64(port), UserEntered: true, Window: protocol.WindowBytes,
	}}
	if change != nil {
		change(&p)
	}
	var result protocol.UDPOpenResult
	b.mustCall(protocol.MethodUDPOpen, p, &result)
	return r, result
}

func portOf(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// receive reads one datagram at the peer.
func receive(t *testing.T, c *net.UDPConn) ([]byte, *net.UDPAddr) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
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
	b := start(t, options{})
	peer := udpPeer(t)
	r, result := b.openUDP(portOf(peer), nil)
	if result.RemoteAddress != "127.0.0.1" || result.RemotePort != int64(portOf(peer)) || result.Window != protocol.WindowBytes {
		t.Errorf("opened with %+v", result)
	}
	var want [][]byte
	for _, size := range []int{1, 0, 1200, 9000, protocol.MaxDatagramBytes} {
		sent := noise(size)
		b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, sent)), nil)
		got, from := receive(t, peer)
		if !bytes.Equal(got, sent) || int64(from.Port) != result.LocalPort {
			t.Fatalf("the peer got %d of %d bytes from %v", len(got), size, from)
		}
		if _, err := peer.WriteToUDP(got, from); err != nil {
			t.Fatal(err)
		}
		want = append(want, sent)
		b.wait("a datagram", func() bool { return len(r.frames) == len(want) })
	}
	// Boundaries are kept, empty datagrams too.
	for i, w := range want {
		if !bytes.Equal(r.frames[i], w) {
			t.Errorf("datagram %d: %d bytes, want %d", i, len(r.frames[i]), len(w))
		}
	}
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	end := b.wantClosed(r, "", "")
	if total := int64(1 + 1200 + 9000 + protocol.MaxDatagramBytes); end.BytesIn != total || end.BytesOut != total || end.Dropped != 0 {
		t.Errorf("closed with %+v", end)
	}
}

func TestUDPTooLarge(t *testing.T) {
	b := start(t, options{})
	peer := udpPeer(t)
	r, _ := b.openUDP(portOf(peer), nil)
	wantFailure(t, b.answer(b.writeAsk(r, make([]byte, protocol.MaxDatagramBytes+1))), "NetworkError", "message-size")
	b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, []byte("fits"))), nil)
	if got, _ := receive(t, peer); string(got) != "fits" {
		t.Errorf("the peer got %q", got)
	}
}

func TestUDPOnlyFromThePeer(t *testing.T) {
	b := start(t, options{})
	peer, stranger := udpPeer(t), udpPeer(t)
	r, result := b.openUDP(portOf(peer), nil)
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(result.LocalPort)}
	for _, from := range []*net.UDPConn{stranger, peer} {
		if _, err := from.WriteToUDP([]byte(fmt.Sprint(portOf(from))), to); err != nil {
			t.Fatal(err)
		}
	}
	// Loopback keeps the order, so the stranger's would have come first.
	b.wait("a datagram", func() bool { return len(r.frames) > 0 })
	if got := string(b.bytes(r)); got != fmt.Sprint(portOf(peer)) {
		t.Errorf("got %q", got)
	}
}

// Without credit datagrams wait in the system, and come in order once there is some.
func TestUDPWaitsForCredit(t *testing.T) {
	b := start(t, options{})
	peer := udpPeer(t)
	// Three datagrams of 100 bytes and not a fourth.
	const cost = 100 + protocol.DatagramOverhead
	r, result := b.openUDP(portOf(peer), func(p *protocol.UDPOpenParams) { p.Window = 4*cost - 1 })
	b.mu.Lock()
	r.stalled = true
	b.mu.Unlock()
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(result.LocalPort)}
	for i := range 10 {
		if _, err := peer.WriteToUDP(bytes.Repeat([]byte{byte(i)}, 100), to); err != nil {
			t.Fatal(err)
		}
	}
	b.waitReceived(r, 300)
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.id, Bytes: 7*cost - (cost - 1)})
	b.waitReceived(r, 1000)
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	if end := b.wantClosed(r, "", ""); end.Dropped != 0 || end.BytesIn != 1000 {
		t.Errorf("closed with %+v", end)
	}
	for i, frame := range r.frames {
		if !bytes.Equal(frame, bytes.Repeat([]byte{byte(i)}, 100)) {
			t.Errorf("datagram %d is %x", i, frame[:1])
		}
	}
}

// What the system has no room for is dropped and counted, where it counts.
func TestUDPDropsWithoutRoom(t *testing.T) {
	b := start(t, options{})
	peer := udpPeer(t)
	const cost = 100 + protocol.DatagramOverhead
	r, result := b.openUDP(portOf(peer), func(p *protocol.UDPOpenParams) { p.Window, p.ReceiveBufferSize = cost, 4096 })
	b.mu.Lock()
	r.stalled = true
	b.mu.Unlock()
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
	b.waitReceived(r, 100)
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.id, Bytes: protocol.WindowBytes})
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
				b.mu.Lock()
				b.changed.Broadcast()
				b.mu.Unlock()
			case <-stop:
				return
			}
		}
	})
	defer ticking.Wait()
	defer close(stop)
	defer ticker.Stop()
	last, at := 0, time.Time{}
	b.wait("the last datagram", func() bool {
		if last > 0 && len(r.frames[len(r.frames)-1]) == last {
			return true
		}
		if time.Since(at) > again && last < 99 {
			last++
			send(last)
			at = time.Now()
		}
		return false
	})
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	end := b.wantClosed(r, "", "")
	if kept := int64(len(r.frames)); kept >= sent || runtime.GOOS == "linux" && end.Dropped != sent-kept {
		t.Errorf("%d of %d came, and %d were dropped", kept, sent, end.Dropped)
	}
}

// An ICMP refusal is news about one datagram, not the end of the socket.
func TestUDPRefusalIsNoEnd(t *testing.T) {
	b := start(t, options{})
	peer, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(peer)
	peer.Close()
	r, _ := b.openUDP(port, nil)
	for range 5 {
		b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, []byte("anybody?"))), nil)
	}
	peer, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, []byte("now?"))), nil)
	got, from := receive(t, peer)
	if string(got) != "now?" {
		t.Fatalf("the peer got %q", got)
	}
	if _, err := peer.WriteToUDP([]byte("yes"), from); err != nil {
		t.Fatal(err)
	}
	b.waitReceived(r, 3)
}

// The credit of a datagram comes back with the answer: without any credit message
// far more than the window can be sent, one at a time.
func TestUDPCreditComesBackWithTheAnswer(t *testing.T) {
	b := start(t, options{window: 1000})
	peer := udpPeer(t)
	r, _ := b.openUDP(portOf(peer), nil)
	for range 20 {
		b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, make([]byte, 1000-protocol.DatagramOverhead))), nil)
		receive(t, peer)
	}
	if r.credit != 0 {
		t.Errorf("socket.credit gave %d bytes", r.credit)
	}
	// One byte more than the window.
	wantFailure(t, b.answer(b.writeAsk(r, make([]byte, 1001-protocol.DatagramOverhead))), "NetworkError", "protocol")
	b.wantClosed(r, "NetworkError", "protocol")
}

func TestUDPWantsIDsAndNoShutdown(t *testing.T) {
	b := start(t, options{})
	peer := udpPeer(t)
	r, _ := b.openUDP(portOf(peer), nil)
	b.write(r, []byte("no id"), nil)
	b.wait("an error without an id", func() bool { return len(b.orphans) == 1 })
	wantCode(t, b.orphans[0], protocol.CodeInvalidRequest)
	wantFailure(t, b.answer(b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id})), "InvalidStateError", "protocol")
	b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, []byte("alive"))), nil)
	if got, _ := receive(t, peer); string(got) != "alive" {
		t.Errorf("the peer got %q", got)
	}
}
