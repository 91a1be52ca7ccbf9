package sockets_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// echoUDP answers each datagram with itself until the end of the test.
func echoUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	c := hosttest.UDPPeer(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	return c
}

func at(port int64) *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)} }

// Datagrams of all sizes come back whole, in order, and each tells from whom it is.
func TestBoundBothWays(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := echoUDP(t)
	port := hosttest.PortOf(peer)
	r, result := b.Bind(nil)
	if result.LocalAddress != "127.0.0.1" || result.LocalPort == 0 || result.Window != protocol.WindowBytes {
		t.Errorf("bound with %+v", result)
	}
	const count = 150
	sent := 0
	for i := range count {
		p := hosttest.Noise(1 + i*i*65506/(count-1)/(count-1))
		sent += len(p)
		b.MustSendTo(r, "127.0.0.1", port, p)
		got := b.WaitDatagrams(r, i+1)[i]
		if !bytes.Equal(got.Payload, p) || got.From.String() != fmt.Sprintf("127.0.0.1:%d", port) {
			t.Fatalf("datagram %d: %d of %d bytes from %v", i, len(got.Payload), len(p), got.From)
		}
	}
	if state := b.Inspect(r); state.Peers != 1 || state.TurnedAway != 0 || state.BytesOut != int64(sent) || state.RemoteAddress != "" {
		t.Errorf("inspected %+v", state)
	}
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	if end := b.WantClosed(r, "", ""); end.BytesIn != int64(sent) || end.BytesOut != int64(sent) || end.Dropped != 0 {
		t.Errorf("closed with %+v", end)
	}
	if lines := strings.Join(b.Audit.All(), "\n"); !strings.Contains(lines, `"event":"bind"`) || !strings.Contains(lines, `"reach":"computer","peers":"named"`) {
		t.Errorf("the audit log says %s", lines)
	}
}

// A burst of 150 growing datagrams comes back in order without loss.
func TestBoundBurst(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := echoUDP(t)
	if err := peer.SetReadBuffer(4 << 20); err != nil {
		t.Fatal(err)
	}
	r, _ := b.Bind(nil)
	b.MustSendTo(r, "127.0.0.1", hosttest.PortOf(peer), []byte("hello"))
	b.WaitDatagrams(r, 1)
	for i := range 150 {
		b.WriteAsk(r, hosttest.To("127.0.0.1", hosttest.PortOf(peer), hosttest.Noise(1+i*20)))
	}
	for i, d := range b.WaitDatagrams(r, 151)[1:] {
		if !bytes.Equal(d.Payload, hosttest.Noise(1+i*20)) {
			t.Fatalf("datagram %d has %d bytes", i, len(d.Payload))
		}
	}
}

// Fifty peers at once: each answer has the right sender.
func TestBoundManyPeers(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Bind(nil)
	const peers = 50
	ports := map[string]bool{}
	for range peers {
		port := hosttest.PortOf(echoUDP(t))
		ports[fmt.Sprint(port)] = true
		b.MustSendTo(r, "127.0.0.1", port, fmt.Append(nil, port))
	}
	for _, d := range b.WaitDatagrams(r, peers) {
		if string(d.Payload) != fmt.Sprint(d.From.Port()) || !ports[string(d.Payload)] {
			t.Errorf("%q from %v", d.Payload, d.From)
		}
		delete(ports, string(d.Payload))
	}
	if state := b.Inspect(r); len(ports) != 0 || state.Peers != peers {
		t.Errorf("%d did not answer, %d peers", len(ports), state.Peers)
	}
}

// What is no datagram to a peer is answered as failed, and harms nothing.
func TestBoundFaultyMessages(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := hosttest.UDPPeer(t)
	port := hosttest.PortOf(peer)
	r, _ := b.Bind(nil)
	for what, c := range map[string]struct {
		message []byte
		reason  string
	}{
		"nothing":       {nil, "protocol"},
		"no header":     {[]byte("xy"), "protocol"},
		"half a header": {hosttest.To("127.0.0.1", port, nil)[:8], "protocol"},
		"no address":    {append([]byte{0, 0, 1, 0}, "payload"...), "protocol"},
		"no payload":    {hosttest.To("127.0.0.1", port, nil), "protocol"},
		"port 0":        {hosttest.To("127.0.0.1", 0, []byte("x")), "protocol"},
		"no host":       {hosttest.To("not..host", port, []byte("x")), "dns"},
		"a family":      {hosttest.ToFamily("127.0.0.1", port, protocol.PeerIPv6, []byte("x")), "dns"},
		"too large":     {hosttest.To("127.0.0.1", port, make([]byte, protocol.MaxDatagramBytes+1)), "message-size"},
	} {
		hosttest.WantFailure(t, b.Answer(b.WriteAsk(r, c.message)), "NetworkError", c.reason)
		if t.Failed() {
			t.Fatal(what)
		}
	}
	b.Write(r, hosttest.To("127.0.0.1", port, []byte("no id")), nil)
	b.Wait("an error without an id", func() bool { return len(b.WithoutID) == 1 })
	hosttest.WantCode(t, b.WithoutID[0], protocol.CodeInvalidRequest)
	b.MustSendTo(r, "127.0.0.1", port, []byte("alive"))
	if got, _ := receive(t, peer); string(got) != "alive" {
		t.Errorf("the peer got %q", got)
	}
}

// A peer that does not answer gets three datagrams and 4 KiB, and all others no less.
func TestBoundSilentPeers(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Bind(nil)
	silent, large, other := hosttest.UDPPeer(t), hosttest.UDPPeer(t), echoUDP(t)
	for i := range 5 {
		m := b.SendTo(r, "127.0.0.1", hosttest.PortOf(silent), []byte("anybody?"))
		if i < 3 {
			b.WantResult(protocol.MethodSocketWrite, m, nil)
		} else {
			hosttest.WantFailure(t, m, "QuotaExceededError", "rate")
		}
	}
	hosttest.WantFailure(t, b.SendTo(r, "127.0.0.1", hosttest.PortOf(large), make([]byte, 4097)), "QuotaExceededError", "rate")
	b.MustSendTo(r, "127.0.0.1", hosttest.PortOf(large), make([]byte, 4096))
	hosttest.WantFailure(t, b.SendTo(r, "127.0.0.1", hosttest.PortOf(large), []byte("x")), "QuotaExceededError", "rate")
	for i := range 10 {
		b.MustSendTo(r, "127.0.0.1", hosttest.PortOf(other), []byte("hello"))
		b.WaitDatagrams(r, i+1)
	}
	// An answer opens the way.
	got, from := receive(t, silent)
	if _, err := silent.WriteToUDP(got, from); err != nil {
		t.Fatal(err)
	}
	b.WaitDatagrams(r, 11)
	b.MustSendTo(r, "127.0.0.1", hosttest.PortOf(silent), make([]byte, 10000))
	if state := b.Inspect(r); state.TurnedAway != 4 || state.Peers != 3 {
		t.Errorf("inspected %+v", state)
	}
}

// New peers are rationed; old ones go on.
func TestBoundNewPeersAreRationed(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Policy: `{"limits": {"newPeersPerMinute": 3}}`})
	r, _ := b.Bind(nil)
	var peers []*net.UDPConn
	for range 5 {
		peers = append(peers, echoUDP(t))
	}
	for i, peer := range peers {
		m := b.SendTo(r, "127.0.0.1", hosttest.PortOf(peer), []byte("x"))
		if i < 3 {
			b.WantResult(protocol.MethodSocketWrite, m, nil)
		} else {
			hosttest.WantFailure(t, m, "QuotaExceededError", "rate")
		}
	}
	b.WaitDatagrams(r, 3)
	b.MustSendTo(r, "127.0.0.1", hosttest.PortOf(peers[0]), []byte("x"))
	// Who speaks first is answered.
	_, result := r, b.Inspect(r)
	if result.TurnedAway != 2 {
		t.Errorf("%d were turned away", result.TurnedAway)
	}
}

// With named hosts nothing comes from others, or from another port, and nothing goes there.
func TestBoundNamedPeers(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	named, other := hosttest.UDPPeer(t), hosttest.UDPPeer(t)
	r, result := b.Bind(func(p *protocol.UDPBindParams) {
		p.Hosts = []protocol.NamedPeer{{Host: "127.0.0.1", Port: int64(hosttest.PortOf(named))}}
	})
	hosttest.WantFailure(t, b.SendTo(r, "127.0.0.1", hosttest.PortOf(other), []byte("x")), "NotAllowedError", "address")
	hosttest.WantFailure(t, b.SendTo(r, "127.0.0.2", hosttest.PortOf(named), []byte("x")), "NotAllowedError", "address")
	hosttest.WantFailure(t, b.SendTo(r, "93.184.215.14", hosttest.PortOf(named), []byte("x")), "NotAllowedError", "address")
	hosttest.WantFailure(t, b.SendTo(r, "localhost", hosttest.PortOf(named), []byte("x")), "NotAllowedError", "address")
	for _, from := range []*net.UDPConn{other, named} {
		if _, err := from.WriteToUDP([]byte("hello"), at(result.LocalPort)); err != nil {
			t.Fatal(err)
		}
	}
	got := b.WaitDatagrams(r, 1)
	if int(got[0].From.Port()) != hosttest.PortOf(named) || len(got) != 1 {
		t.Errorf("got %v", got)
	}
	// Who has spoken first needs no ration and no limit.
	for range 5 {
		b.MustSendTo(r, "127.0.0.1", hosttest.PortOf(named), make([]byte, 5000))
	}
	if state := b.Inspect(r); state.TurnedAway != 5 || state.Peers != 1 {
		t.Errorf("inspected %+v", state)
	}
}

// A name is looked up, and what comes from where it leads is let in.
func TestBoundNames(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := echoUDP(t)
	r, _ := b.Bind(func(p *protocol.UDPBindParams) { p.Hosts = []protocol.NamedPeer{{Host: "localhost"}} })
	for range 3 {
		b.WriteAsk(r, hosttest.To("localhost", hosttest.PortOf(peer), []byte("by name")))
	}
	for _, d := range b.WaitDatagrams(r, 3) {
		if string(d.Payload) != "by name" || d.From.Addr().String() != "127.0.0.1" {
			t.Errorf("got %+v", d)
		}
	}
	hosttest.WantFailure(t, b.SendTo(r, "127.0.0.1", hosttest.PortOf(peer), []byte("x")), "NotAllowedError", "address")
}

// The bytes of a bound socket may take a lane.
func TestBoundOnLane(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	page := b.Lane(t, "document")
	peer := echoUDP(t)
	port := hosttest.PortOf(peer)
	r, _ := b.Bind(func(p *protocol.UDPBindParams) { p.Window = 0 })
	page.Credit(r.ID, protocol.WindowBytes)
	for number, size := range []int{1, 1000, protocol.MaxDatagramBytes} {
		want := hosttest.To("127.0.0.1", port, hosttest.Noise(size))
		page.Say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: r.ID, Number: int64(number), Payload: want})
		page.Wait("the echo", r.ID, func(s *hosttest.OnLane) bool { return len(s.Frames) == number+1 })
		page.Mu.Lock()
		got := page.Of(r.ID).Frames[number]
		page.Mu.Unlock()
		if !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %d", len(want), len(got))
		}
		page.Wait("the answer", r.ID, func(s *hosttest.OnLane) bool { failed, ok := s.Wrote[int64(number)]; return ok && !failed })
	}
	page.Say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: r.ID, Number: 9, Payload: []byte("?")})
	page.Wait("the answer", r.ID, func(s *hosttest.OnLane) bool { return s.Wrote[9] })
	page.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: r.ID})
	page.Wait("the last word", r.ID, func(s *hosttest.OnLane) bool { return s.Closed != nil && *s.Closed == "" })
	b.WaitClosed(r)
}

// A policy that forbids bound sockets ends them; one that forbids a peer, its datagrams.
func TestBoundAndPolicies(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	peer := echoUDP(t)
	port := hosttest.PortOf(peer)
	r, result := b.Bind(nil)
	b.MustSendTo(r, "127.0.0.1", port, []byte("x"))
	b.WaitDatagrams(r, 1)
	b.Managed(`{"blockedDestinations": [{"cidr": "127.0.0.0/8"}]}`)
	hosttest.WantFailure(t, b.SendTo(r, "127.0.0.1", port, []byte("x")), "NotAllowedError", "policy")
	if _, err := peer.WriteToUDP([]byte("late"), at(result.LocalPort)); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(hosttest.Patience); b.Inspect(r).TurnedAway != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d were turned away", b.Inspect(r).TurnedAway)
		}
	}
	b.Managed(`{"boundUDP": "off"}`)
	b.WantClosed(r, "NotAllowedError", "policy")
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodUDPBind, b.Binding(nil))), "NotAllowedError", "policy")
}

func TestBindRefusals(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	for what, c := range map[string]struct {
		change func(*protocol.UDPBindParams)
		name   string
		reason string
	}{
		"insecure":        {func(p *protocol.UDPBindParams) { p.Origin = "http://page.example" }, "NotAllowedError", "origin"},
		"low port":        {func(p *protocol.UDPBindParams) { p.LocalPort = 1023 }, "NotAllowedError", "port"},
		"somebody else's": {func(p *protocol.UDPBindParams) { p.LocalAddress = "192.0.2.1" }, "NotAllowedError", "address"},
		"a name":          {func(p *protocol.UDPBindParams) { p.LocalAddress = "localhost" }, "NotAllowedError", "address"},
		"too wide":        {func(p *protocol.UDPBindParams) { p.LocalAddress = "0.0.0.0" }, "NotAllowedError", "address"},
	} {
		hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodUDPBind, b.Binding(c.change))), c.name, c.reason)
		if t.Failed() {
			t.Fatal(what)
		}
	}
	for _, change := range []func(*protocol.UDPBindParams){
		func(p *protocol.UDPBindParams) { p.Hosts = []protocol.NamedPeer{{Host: "a b"}} },
	} {
		hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodUDPBind, b.Binding(change))), protocol.CodeInvalidParams)
	}
	taken := hosttest.UDPPeer(t)
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodUDPBind, b.Binding(func(p *protocol.UDPBindParams) {
		p.LocalPort = int64(hosttest.PortOf(taken))
	}))), "NetworkError", "in-use")
	// Sockets of an origin that are bound have a number.
	for range 16 {
		b.Bind(nil)
	}
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodUDPBind, b.Binding(nil))), "QuotaExceededError", "limit")
	b.Bind(func(p *protocol.UDPBindParams) { p.Private = true })
}
