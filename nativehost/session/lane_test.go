package session_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func TestLaneCarriesTCP(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p := b.Lane(t, "document")
	r := b.OpenOn(p, hosttest.Serve(t, hosttest.Echo))
	sent := hosttest.Noise(8 << 20)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for given := 0; given < len(sent); {
			p.Wait("bytes", r.ID, func(s *hosttest.OnLane) bool { return len(s.Data) > given })
			p.Mu.Lock()
			more := len(p.Of(r.ID).Data) - given
			p.Mu.Unlock()
			p.Credit(r.ID, int64(more))
			given += more
		}
	}()
	p.Send(r.ID, sent)
	p.Say(protocol.LaneFrame{Kind: protocol.LaneShutdown, SocketID: r.ID})
	<-read
	p.Wait("the last word", r.ID, func(s *hosttest.OnLane) bool { return s.Closed != nil })
	p.Mu.Lock()
	got := p.Of(r.ID)
	if !bytes.Equal(got.Data, sent) || got.Shut != 1 || !got.Ended || *got.Closed != "" {
		t.Errorf("%d bytes (right: %v), shut %d, ended %v, closed %q", len(got.Data), sha256.Sum256(got.Data) == sha256.Sum256(sent), got.Shut, got.Ended, *got.Closed)
	}
	p.Mu.Unlock()
	last := b.WaitClosed(r)
	if !last.OnLane || last.Name != "" || last.BytesIn != int64(len(sent)) || last.BytesOut != int64(len(sent)) {
		t.Errorf("over stdio: %+v", last)
	}
	if r.Received != 0 || r.Ended {
		t.Errorf("%d bytes took the other way", r.Received)
	}
}

func TestLaneCarriesUDP(t *testing.T) {
	peer := hosttest.UDPPeer(t)
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p := b.Lane(t, "document")
	r, local := openDatagrams(b, peer)
	// What comes before anybody knows which way it goes waits in the system.
	for _, payload := range []string{"early", strings.Repeat("x", protocol.MaxDatagramBytes)} {
		if _, err := peer.WriteTo([]byte(payload), local); err != nil {
			t.Fatal(err)
		}
	}
	p.Credit(r.ID, protocol.WindowBytes)
	p.Wait("the early ones", r.ID, func(s *hosttest.OnLane) bool {
		return len(s.Frames) == 2 && string(s.Frames[0]) == "early" && len(s.Frames[1]) == protocol.MaxDatagramBytes
	})
	for number, payload := range map[int64]string{7: "seven", 8: "", 9: strings.Repeat("x", protocol.MaxDatagramBytes)} {
		p.Say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: r.ID, Number: number, Payload: []byte(payload)})
		into := make([]byte, 1<<16)
		_ = peer.SetReadDeadline(time.Now().Add(hosttest.Patience))
		n, _, err := peer.ReadFrom(into)
		if err != nil || string(into[:n]) != payload {
			t.Errorf("datagram %d: %d bytes, %v", number, n, err)
		}
		p.Wait("the answer", r.ID, func(s *hosttest.OnLane) bool { failed, ok := s.Wrote[number]; return ok && !failed })
	}
	p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: r.ID})
	p.Wait("the last word", r.ID, func(s *hosttest.OnLane) bool { return s.Closed != nil && *s.Closed == "" })
	if !b.WaitClosed(r).OnLane {
		t.Error("stdio says it alone")
	}
	// A datagram has a number, which bulk has not.
	r, _ = openDatagrams(b, peer)
	p.Credit(r.ID, protocol.WindowBytes)
	p.Bulk(r.ID, protocol.BulkBytes, make([]byte, protocol.BulkBytes))
	p.WaitGone("bulk for UDP")
}

// Several datagrams go in one frame, both ways, and are answered in one; an extension that
// does not know such frames gets them one by one.
func TestLaneCarriesBatches(t *testing.T) {
	const count = 40
	for _, spoken := range []string{protocol.LaneProtocol, protocol.FirstLaneProtocol} {
		t.Run(spoken, func(t *testing.T) {
			peer := hosttest.UDPPeer(t)
			b := hosttest.Start(t, hosttest.Options{Lanes: true})
			p := b.ConnectAs(t, b.Ticket("document"), spoken)
			r, local := openDatagrams(b, peer)
			var body []byte
			for i := range count {
				payload := bytes.Repeat([]byte{byte(i)}, 1200)
				body = protocol.AppendToBatch(body, payload)
				if _, err := peer.WriteTo(payload, local); err != nil {
					t.Fatal(err)
				}
			}
			p.Credit(r.ID, protocol.WindowBytes)
			p.Wait("all", r.ID, func(s *hosttest.OnLane) bool { return len(s.Frames) == count })
			p.Mu.Lock()
			for i, one := range p.Of(r.ID).Frames {
				if len(one) != 1200 || one[0] != byte(i) {
					t.Errorf("datagram %d is another, of %d bytes", i, len(one))
				}
			}
			together := p.Of(r.ID).Batches
			p.Mu.Unlock()
			if (together > 0) != (spoken == protocol.LaneProtocol) {
				t.Errorf("%d frames had several", together)
			}
			// An extension may say so whatever it hears.
			p.Say(protocol.LaneFrame{Kind: protocol.LaneDatagrams, SocketID: r.ID, Number: 1<<32 - 5, Payload: body})
			read := make([]byte, 2000)
			_ = peer.SetReadDeadline(time.Now().Add(hosttest.Patience))
			for i := range count {
				if n, _, err := peer.ReadFrom(read); err != nil || n != 1200 || read[0] != byte(i) {
					t.Fatalf("datagram %d: %d bytes, the first %d, %v", i, n, read[0], err)
				}
			}
			p.Wait("the answers", r.ID, func(s *hosttest.OnLane) bool {
				for i := range uint32(count) {
					if failed, ok := s.Wrote[int64(1<<32-5+i)]; !ok || failed {
						return false
					}
				}
				return len(s.Wrote) == count
			})
			p.Mu.Lock()
			defer p.Mu.Unlock()
			if spoken != protocol.LaneProtocol && p.Of(r.ID).Batches > 0 {
				t.Error("answers came together")
			}
		})
	}
}

// openDatagrams opens a socket to peer that waits for its carrier. It returns where peer finds it.
func openDatagrams(b *hosttest.Broker, peer net.PacketConn) (*hosttest.Remote, net.Addr) {
	b.T.Helper()
	r := b.Register()
	var result protocol.UDPOpenResult
	b.MustCall(protocol.MethodUDPOpen, protocol.UDPOpenParams{OpenRequest: protocol.OpenRequest{
		SocketID: r.ID, Origin: "https://page.example", Document: "document", Host: "127.0.0.1",
		Port: int64(peer.LocalAddr().(*net.UDPAddr).Port), UserEntered: true,
	}}, &result)
	return r, &net.UDPAddr{IP: net.ParseIP("127.0.0.1"), Port: int(result.LocalPort)}
}

// The first credit decides, and nothing changes it.
func TestSocketsKeepTheirCarrier(t *testing.T) {
	port := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p := b.Lane(t, "document")
	stays, _ := b.Open(port, nil)
	b.WantAlive(stays)
	// One that was left open, and got its credit over stdio.
	falls, _ := b.Open(port, func(params *protocol.TCPOpenParams, _ *hosttest.Remote) { params.Window = 0 })
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: falls.ID, Bytes: protocol.WindowBytes})
	b.WantAlive(falls)
	for _, r := range []*hosttest.Remote{stays, falls} {
		q := b.Lane(t, "document")
		q.Credit(r.ID, 1)
		q.WaitGone("credit by the other carrier")
		b.WantAlive(r)
	}
	// And the other way round: what stdio says of it is about no socket.
	rides := b.OpenOn(p, port)
	p.WantOnLane(rides)
	hosttest.WantFailure(t, b.Answer(b.WriteAsk(rides, []byte("x"))), "InvalidStateError", "gone")
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: rides.ID})), "InvalidStateError", "gone")
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: rides.ID, Bytes: protocol.MaxWindowBytes})
	p.WantOnLane(rides)
	// The broker closes it all the same; for the page, which did not, that is an error.
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: rides.ID}, nil)
	p.Wait("the last word", rides.ID, func(s *hosttest.OnLane) bool { return s.Closed != nil && *s.Closed == "NetworkError" })
	b.WantClosed(rides, "", "")
}

// A socket on a lane is upgraded where its bytes are: the request comes over stdio, and
// finds its place among them by their number.
func TestUpgradeOnTheLane(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	const size = 600_000
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		if n, _ := io.ReadFull(c, make([]byte, size)); n == size {
			s := tls.Server(c, config)
			_, _ = s.Write([]byte("under TLS"))
			_, _ = io.Copy(s, s)
		}
	})
	b := hosttest.Start(t, hosttest.Options{Lanes: true, Dialer: &dial.Dialer{Roots: roots}, Patience: 500 * time.Millisecond})
	p := b.Lane(t, "document")
	open := func(port int) *hosttest.Remote {
		r, result := b.Open(port, func(params *protocol.TCPOpenParams, r *hosttest.Remote) {
			hosttest.Upgradable(params, r)
			params.Window = 0
		})
		p.Mu.Lock()
		p.Of(r.ID).Credit = result.Window
		p.Mu.Unlock()
		p.Credit(r.ID, protocol.WindowBytes)
		return r
	}
	ask := func(r *hosttest.Remote, received, sent int64) int64 {
		return b.Ask(protocol.MethodSocketStartTLS, protocol.SocketStartTLSParams{SocketID: r.ID, Received: received, Sent: sent})
	}
	for name, early := range map[string]bool{"the request comes first": true, "the bytes come first": false} {
		r := open(port)
		sent := hosttest.Noise(size)
		if !early {
			p.Send(r.ID, sent)
		}
		id := ask(r, 0, size)
		if early {
			p.Send(r.ID, sent[:size/2])
			time.Sleep(20 * time.Millisecond)
			p.Send(r.ID, sent[size/2:])
		}
		b.WantResult(protocol.MethodSocketStartTLS, b.Answer(id), nil)
		p.Wait("what came under TLS", r.ID, func(s *hosttest.OnLane) bool { return string(s.Data) == "under TLS" })
		p.WantOnLane(r)
		if r.Received != 0 {
			t.Errorf("%s: %d bytes took the other way", name, r.Received)
		}
	}

	// More than was said, and less.
	r := open(port)
	id := ask(r, 0, 10)
	p.Send(r.ID, hosttest.Noise(11))
	hosttest.WantFailure(t, b.Answer(id), "NetworkError", "protocol")
	b.WantClosed(r, "NetworkError", "protocol")
	r = open(port)
	p.Send(r.ID, hosttest.Noise(10))
	p.Say(protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: r.ID, Number: 1})
	time.Sleep(50 * time.Millisecond) // they are there
	hosttest.WantFailure(t, b.Answer(ask(r, 0, 9)), "NetworkError", "protocol")
	b.WantClosed(r, "NetworkError", "protocol")
	r = open(port)
	p.Send(r.ID, hosttest.Noise(9))
	hosttest.WantFailure(t, b.Answer(ask(r, 0, 10)), "NetworkError", "protocol")
	b.WantClosed(r, "NetworkError", "protocol")

	// What the page has not read, as ever, and what comes while bytes are waited for.
	greets := hosttest.Serve(t, func(c *net.TCPConn) {
		_, _ = c.Write([]byte(hosttest.Greeting))
		_, _ = hosttest.Until(c)
	})
	r = open(greets)
	p.Wait("the greeting", r.ID, func(s *hosttest.OnLane) bool { return len(s.Data) == len(hosttest.Greeting) })
	hosttest.WantFailure(t, b.Answer(ask(r, 0, 0)), "NetworkError", "plaintext")
	b.WantClosed(r, "NetworkError", "plaintext")
	speaks := make(chan struct{})
	speaker := hosttest.Serve(t, func(c *net.TCPConn) {
		<-speaks
		_, _ = c.Write([]byte(hosttest.Greeting))
		_, _ = hosttest.Until(c)
	})
	r = open(speaker)
	id = ask(r, 0, 1)
	time.Sleep(20 * time.Millisecond)
	close(speaks)
	time.Sleep(200 * time.Millisecond) // nobody is told that it is there
	p.Send(r.ID, []byte("x"))
	hosttest.WantFailure(t, b.Answer(id), "NetworkError", "plaintext")
	b.WantClosed(r, "NetworkError", "plaintext")
}

// Lanes that other windows have, or are about to bring, take no room from private ones.
func TestPrivateLanesAreCountedApart(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	bring := func(private bool) hosttest.Message {
		return b.Answer(b.Ask(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: "document", Private: private}))
	}
	const tickets = 256 // package lane's
	for range tickets {
		b.WantResult(protocol.MethodLaneOpen, bring(false), nil)
	}
	hosttest.WantFailure(t, bring(false), "NetworkError", "network")
	b.WantResult(protocol.MethodLaneOpen, bring(true), nil)
}

// A lane is its document's: it reaches no other's sockets, and what it should not say
// ends it and nothing else.
func TestLanesAreApart(t *testing.T) {
	port := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	mine := b.Lane(t, "document")
	r := b.OpenOn(mine, port)
	open, _ := b.Open(port, func(params *protocol.TCPOpenParams, _ *hosttest.Remote) { params.Window = 0 })
	for what, say := range map[string]func(*hosttest.Page){
		"another document's socket": func(p *hosttest.Page) { p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: r.ID}) },
		"another document's, open":  func(p *hosttest.Page) { p.Credit(open.ID, 1) },
		"a frame of the host's": func(p *hosttest.Page) {
			p.Say(protocol.LaneFrame{Kind: protocol.LaneData, SocketID: 1 << 20})
			p.Raw([]byte{8, 0, 0, 0, byte(r.ID), 0, 0, 0})
		},
		"no frame":                   func(p *hosttest.Page) { p.Raw([]byte("hello")) },
		"an unknown kind":            func(p *hosttest.Page) { p.Raw([]byte{99, 0, 0, 0, 1, 0, 0, 0}) },
		"text":                       func(p *hosttest.Page) { _ = p.WS.Write(p.T.Context(), websocket.MessageText, []byte("hello")) },
		"more than a frame may have": func(p *hosttest.Page) { p.Raw(make([]byte, protocol.LaneFrameBytes+1)) },
		"bulk for another's socket":  func(p *hosttest.Page) { p.Bulk(r.ID, 1, []byte("x")) },
		"less bulk than was said":    func(p *hosttest.Page) { p.Bulk(1<<20, 2, []byte("x")) },
		"more bulk than was said":    func(p *hosttest.Page) { p.Bulk(1<<20, 1, []byte("xy")) },
		"no bulk where it was said":  func(p *hosttest.Page) { p.Bulk(1<<20, 1, nil) },
		"text where bulk was said": func(p *hosttest.Page) {
			p.Say(protocol.LaneFrame{Kind: protocol.LaneBulk, SocketID: 1 << 20, Number: 5})
			_ = p.WS.Write(p.T.Context(), websocket.MessageText, []byte("hello"))
		},
	} {
		theirs := b.Lane(t, "another document")
		say(theirs)
		theirs.WaitGone(what)
		mine.WantOnLane(r)
	}
	// A socket that is not there is no fault: frames cross with its end.
	mine.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: 1 << 20})
	mine.Say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: 1 << 20, Payload: []byte("x")})
	mine.Bulk(1<<20, 1, []byte("x"))
	mine.WantOnLane(r)
	mine.Say(protocol.LaneFrame{Kind: protocol.LaneDatagrams, SocketID: 1 << 20, Payload: protocol.AppendToBatch(nil, []byte("x"))})
	mine.WantOnLane(r)
	// A datagram for TCP is one, and it is the lane's own.
	several := b.Lane(t, "document")
	other := b.OpenOn(several, port)
	several.Say(protocol.LaneFrame{Kind: protocol.LaneDatagrams, SocketID: other.ID, Payload: protocol.AppendToBatch(nil, []byte("x"))})
	several.WaitGone("datagrams for TCP")
	b.WantClosed(other, "NetworkError", "network")
	mine.Say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: r.ID, Payload: []byte("x")})
	mine.WaitGone("a datagram for TCP")
	if last := b.WantClosed(r, "NetworkError", "network"); !last.OnLane {
		t.Errorf("%+v", last)
	}
}

// Whoever oversteps the credit loses the socket, not the lane.
func TestLaneCreditIsKept(t *testing.T) {
	port := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p := b.Lane(t, "document")
	over := make(chan struct{})
	defer close(over)
	deaf := hosttest.Serve(t, func(*net.TCPConn) { <-over })
	stays, greedy, generous := b.OpenOn(p, port), b.OpenOn(p, deaf), b.OpenOn(p, port)
	for range 32 << 20 / protocol.ChunkBytes { // more than any system takes
		p.Say(protocol.LaneFrame{Kind: protocol.LaneData, SocketID: greedy.ID, Payload: make([]byte, protocol.ChunkBytes)})
	}
	b.WantClosed(greedy, "NetworkError", "protocol")
	p.Credit(generous.ID, protocol.MaxWindowBytes)
	b.WantClosed(generous, "NetworkError", "protocol")
	p.WantOnLane(stays)
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if *p.Of(greedy.ID).Closed != "NetworkError" || *p.Of(generous.ID).Closed != "NetworkError" {
		t.Error("the page was told otherwise")
	}
}

// The end of a lane is the end of its sockets, and of no others.
func TestLaneEnds(t *testing.T) {
	port := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p, q := b.Lane(t, "document"), b.Lane(t, "document")
	lost, other := b.OpenOn(p, port), b.OpenOn(q, port)
	open, _ := b.Open(port, func(params *protocol.TCPOpenParams, _ *hosttest.Remote) { params.Window = 0 })
	over, _ := b.Open(port, nil)
	p.WantOnLane(lost)
	_ = p.WS.CloseNow()
	b.WantClosed(lost, "NetworkError", "network")
	q.WantOnLane(other)
	b.WantAlive(over)
	// What had not taken it yet takes another way.
	q.Credit(open.ID, protocol.WindowBytes)
	q.Mu.Lock()
	q.Of(open.ID).Credit = protocol.WindowBytes
	q.Mu.Unlock()
	q.WantOnLane(open)
	b.In.Close()
	q.WaitGone("the session's end")
}

func TestLanePolicy(t *testing.T) {
	port := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p := b.Lane(t, "document")
	lost := b.OpenOn(p, port)
	p.WantOnLane(lost)
	stays, _ := b.Open(port, nil)
	ticket := b.Ticket("document")
	b.Managed(`{"dataLane": "off"}`)
	p.WaitGone("a policy without lanes")
	b.Connect(t, ticket).WaitGone("a policy that came before the lane")
	b.WantClosed(lost, "NetworkError", "network")
	b.WantAlive(stays)
	refused := b.Answer(b.Ask(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: "document"}))
	hosttest.WantFailure(t, refused, "NotAllowedError", "policy")
	if by := refused.Error.Data.By; !strings.Contains(by, "dataLane") {
		t.Errorf("by %q", by)
	}
	b.Managed(`{}`)
	b.Lane(t, "document")

	without := hosttest.Start(t, hosttest.Options{})
	hosttest.WantFailure(t, without.Answer(without.Ask(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: "document"})), "InvalidStateError", "protocol")
}

// Where the browser does not tell the host the extension's origin, the extension does; where it does,
// nothing else counts.
func TestLaneOriginIsTold(t *testing.T) {
	const told = "moz-extension://00000000-0000-0000-0000-000000000001"
	params := protocol.LaneOpenParams{Document: "document", Origin: told, MessageBytes: 61_440}
	b := hosttest.Start(t, hosttest.Options{Told: true})
	var way protocol.LaneOpenResult
	b.MustCall(protocol.MethodLaneOpen, params, &way)
	if b.ConnectFrom(t, way, "chrome-extension://ours") || !b.ConnectFrom(t, way, told) {
		t.Error("the lane is not for the origin that was told")
	}
	without := b.Answer(b.Ask(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: "document"}))
	hosttest.WantFailure(t, without, "InvalidStateError", "protocol")

	known := hosttest.Start(t, hosttest.Options{Lanes: true})
	known.MustCall(protocol.MethodLaneOpen, params, &way)
	if known.ConnectFrom(t, way, told) || !known.ConnectFrom(t, way, "chrome-extension://ours") {
		t.Error("an origin that was told counts where the browser names one")
	}
}

// What was written before the end of a lane arrives, and is no whole.
func TestWhatWasWrittenOutlivesTheLane(t *testing.T) {
	const size = 200_000
	read, got := make(chan struct{}), make(chan error, 1)
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		<-read
		all, err := io.ReadAll(c)
		if len(all) != size {
			t.Errorf("the peer got %d of %d bytes", len(all), size)
		}
		got <- err
	})
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p := b.Lane(t, "document")
	r := b.OpenOn(p, port)
	p.Send(r.ID, hosttest.Noise(size))
	p.Wait("the system to take it", r.ID, func(s *hosttest.OnLane) bool { return s.Credit == protocol.WindowBytes })
	_ = p.WS.CloseNow()
	time.Sleep(50 * time.Millisecond)
	close(read)
	b.WantClosed(r, "NetworkError", "network")
	if err := <-got; err == nil {
		t.Error("the peer took the cut for an end")
	}
}

// Credit that crosses a socket's end is nobody's fault, also where the socket had not taken
// a carrier yet.
func TestLaneCreditCrossesAnEnd(t *testing.T) {
	port := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p := b.Lane(t, "document")
	stays := b.OpenOn(p, port)
	for range 100 {
		r, _ := b.Open(port, func(params *protocol.TCPOpenParams, _ *hosttest.Remote) { params.Window = 0 })
		closing := b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID})
		p.Credit(r.ID, protocol.WindowBytes)
		b.Answer(closing)
		b.WaitClosed(r)
	}
	p.WantOnLane(stays)
}
