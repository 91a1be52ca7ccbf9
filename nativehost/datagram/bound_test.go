package datagram

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/sockopt"
	"github.com/portside/portside/protocol"
)

// desk decides about peers as a test says. Names are numbers of ports on loopback.
type desk struct {
	mu      sync.Mutex
	sought  map[string]chan error // names that are looked for, until something is said of them
	known   map[string]netip.AddrPort
	refused map[uint16]bool
	count   int
}

func newDesk() *desk {
	return &desk{sought: map[string]chan error{}, known: map[string]netip.AddrPort{}, refused: map[uint16]bool{}}
}

func (d *desk) Look(header []byte) (netip.AddrPort, error) {
	peer, _, err := protocol.ReadPeer(header)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if addr, err := netip.ParseAddr(peer.Address); err == nil {
		return netip.AddrPortFrom(addr, peer.Port), nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if to, ok := d.known[peer.Address]; ok {
		return to, nil
	}
	return netip.AddrPort{}, ErrAsk
}

func (d *desk) Find(ctx context.Context, header []byte) (netip.AddrPort, error) {
	peer, _, err := protocol.ReadPeer(header)
	if err != nil {
		return netip.AddrPort{}, err
	}
	said := make(chan error, 1)
	d.mu.Lock()
	d.sought[peer.Address] = said
	d.mu.Unlock()
	select {
	case err = <-said:
	case <-ctx.Done():
		err = ctx.Err()
	}
	to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), peer.Port)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sought, peer.Address)
	if err == nil {
		d.known[peer.Address] = to
	}
	return to, err
}

func (d *desk) Send(to netip.AddrPort, bytes int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused[to.Port()] {
		return fault.ErrAddress
	}
	return nil
}

func (d *desk) Receive(dst []byte, from netip.AddrPort, _ sockopt.Arrival) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
	header, err := protocol.AppendPeer(dst, protocol.Peer{Address: from.Addr().String(), Port: from.Port()})
	return header, err == nil && !d.refused[from.Port()]
}

// waitSought waits until so many names are looked for.
func (d *desk) waitSought(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		d.mu.Lock()
		now := len(d.sought)
		d.mu.Unlock()
		if now == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d names are looked for, want %d", now, n)
		}
	}
}

func (d *desk) say(name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sought[name] <- err
}

// newBound makes a world of a socket that is bound.
func newBound(t *testing.T, d *desk, change ...func(*Config)) (w *world, port int) {
	t.Helper()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	conn, peer := listen(), listen()
	t.Cleanup(func() { peer.Close() })
	return joinWorld(t, conn, peer, 1<<20, 1<<20, append([]func(*Config){func(c *Config) { c.Peers = d }}, change...)...),
		peer.LocalAddr().(*net.UDPAddr).Port
}

// send writes a datagram to a peer.
func (w *world) send(t *testing.T, host string, port int, payload string, id int64) {
	t.Helper()
	message, err := protocol.AppendPeer(nil, protocol.Peer{Address: host, Port: uint16(port)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.write(string(message)+payload, &id); err != nil {
		t.Fatal(err)
	}
}

func (w *world) heard(t *testing.T) string {
	t.Helper()
	buf := make([]byte, 1<<16)
	if err := w.peer.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, _, err := w.peer.ReadFromUDP(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// While a peer is looked for, its datagrams wait in order, and those of others do not.
func TestSearchesHoldUpNobody(t *testing.T) {
	d := newDesk()
	w, port := newBound(t, d)
	w.send(t, "slow", port, "1", 1)
	w.send(t, "slow", port, "2", 2)
	w.send(t, "127.0.0.1", port, "other", 3)
	if got := <-w.answers; got != (answer{3, nil}) || w.heard(t) != "other" {
		t.Fatalf("answered %+v", got)
	}
	w.send(t, "slow", port, "3", 4)
	w.send(t, "slow", port, "4", 5)
	if got := <-w.answers; got.id != 5 || !errors.Is(got.err, errSought) {
		t.Fatalf("a fourth one: %+v", got)
	}
	d.waitSought(t, 1)
	d.say("slow", nil)
	for i, id := range []int64{1, 2, 4} {
		if got := <-w.answers; got != (answer{id, nil}) {
			t.Errorf("answered %+v", got)
		}
		if got := w.heard(t); got != fmt.Sprint(i+1) {
			t.Errorf("the peer got %q", got)
		}
	}
	w.send(t, "slow", port, "again", 6)
	if got := <-w.answers; got != (answer{6, nil}) || w.heard(t) != "again" {
		t.Errorf("answered %+v", got)
	}
	// Not found: all that wait fail, and it may be looked for again.
	for range 2 {
		w.send(t, "nowhere", port, "x", 7)
		d.waitSought(t, 1)
		d.say("nowhere", fault.ErrDNS)
		if got := <-w.answers; got.id != 7 || !errors.Is(got.err, fault.ErrDNS) {
			t.Errorf("answered %+v", got)
		}
	}
	if n := w.Refused(); n != 3 {
		t.Errorf("%d were refused", n)
	}
}

// So many peers are looked for at a time, and no more.
func TestSearchesAreBounded(t *testing.T) {
	d := newDesk()
	w, port := newBound(t, d)
	for i := range maxSought {
		w.send(t, fmt.Sprintf("host%d", i), port, "x", int64(i+1))
	}
	d.waitSought(t, maxSought)
	w.send(t, "one-more", port, "x", 100)
	if got := <-w.answers; got.id != 100 || !errors.Is(got.err, errSought) {
		t.Errorf("answered %+v", got)
	}
	d.say("host7", nil)
	if got := <-w.answers; got != (answer{8, nil}) {
		t.Errorf("answered %+v", got)
	}
	w.send(t, "one-more", port, "x", 101)
	d.waitSought(t, maxSought)
	w.Close(true)
	end := <-w.end
	if !errors.Is(end.Err, fault.ErrAborted) {
		t.Errorf("ended with %v", end.Err)
	}
	for range maxSought {
		if got := <-w.answers; !errors.Is(got.err, fault.ErrAborted) {
			t.Errorf("answered %+v", got)
		}
	}
}

// Closing waits a moment for peers that are looked for, and then no longer.
func TestClosingWhileSearching(t *testing.T) {
	d := newDesk()
	w, port := newBound(t, d)
	w.send(t, "found", port, "last", 1)
	w.send(t, "never", port, "x", 2)
	d.waitSought(t, 2)
	began := time.Now()
	w.Close(false)
	d.say("found", nil)
	if got := <-w.answers; got != (answer{1, nil}) || w.heard(t) != "last" {
		t.Errorf("answered %+v", got)
	}
	if got := <-w.answers; got.id != 2 || !errors.Is(got.err, fault.ErrAborted) {
		t.Errorf("answered %+v", got)
	}
	if end := <-w.end; end.Err != nil || time.Since(began) < flushTime/2 || time.Since(began) > 10*flushTime {
		t.Errorf("ended with %v after %v", end.Err, time.Since(began))
	}
}

// What nobody wants is dropped, however much it is, and what is wanted comes all the same.
func TestFloodOfUnwanted(t *testing.T) {
	d := newDesk()
	w, port := newBound(t, d)
	flood, err := net.DialUDP("udp4", nil, w.conn.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer flood.Close()
	d.mu.Lock()
	d.refused[uint16(flood.LocalAddr().(*net.UDPAddr).Port)] = true
	d.mu.Unlock()
	stop, flooding := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(flooding)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = flood.Write([]byte("unwanted"))
			}
		}
	}()
	defer func() {
		close(stop)
		<-flooding
	}()
	header := string(must(protocol.AppendPeer(nil, protocol.Peer{Address: "127.0.0.1", Port: uint16(port)})))
	// The system may drop some of either, but by far not all.
	const count = 50
	for came, sent := 0, 0; came < count; sent++ {
		if sent > 100*count {
			t.Fatalf("of %d that are wanted %d came", sent, came)
		}
		if _, err := w.peer.WriteToUDP([]byte("wanted"), w.conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-w.path.data:
			if got != header+"wanted" {
				t.Fatalf("got %q", got)
			}
			came++
		case <-time.After(10 * time.Millisecond):
		}
	}
	if w.Refused() == 0 {
		t.Error("none was refused")
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Further sockets of the system's receive for a socket, until they leave or it ends.
func TestJoinedSockets(t *testing.T) {
	d := newDesk()
	w, _ := newBound(t, d)
	var joined []*net.UDPConn
	for range 3 {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Join(c); err != nil {
			t.Fatal(err)
		}
		joined = append(joined, c)
	}
	for i, c := range joined {
		if _, err := w.peer.WriteToUDP(fmt.Append(nil, i), c.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
		if got := <-w.path.data; got[len(got)-1:] != fmt.Sprint(i) {
			t.Errorf("got %q", got)
		}
	}
	w.Leave(joined[0])
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := joined[0].Write(nil); errors.Is(err, net.ErrClosed) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("what has left is not closed")
		}
	}
	// All of them, and the socket itself, have more than there is room for.
	for range 100 {
		for _, c := range []*net.UDPConn{w.conn, joined[1], joined[2]} {
			if _, err := w.peer.WriteToUDP(make([]byte, 60000), c.LocalAddr().(*net.UDPAddr)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Close(false)
	select {
	case <-w.end:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	late, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Join(late); !errors.Is(err, fault.ErrGone) {
		t.Errorf("after the end: %v", err)
	}
}
