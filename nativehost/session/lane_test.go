package session

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/protocol"
)

const laneOrigin = "chrome-extension://ours"

// page is a document's end of a lane.
type page struct {
	t  testing.TB
	ws *websocket.Conn

	saying sync.Mutex // one frame at a time, with its bulk

	mu      sync.Mutex // guards what follows
	changed *sync.Cond
	sockets map[int64]*onLane
	gone    bool
}

// onLane is what came by a lane about one socket.
type onLane struct {
	data   []byte
	frames [][]byte
	credit int64
	wrote  map[int64]bool
	shut   int
	ended  bool
	closed *string
	reason string
}

// lane brings a lane for a document.
func (b *broker) lane(t testing.TB, document string) *page {
	t.Helper()
	return b.enter(t, b.ticket(document))
}

// ticket asks for a lane.
func (b *broker) ticket(document string) (result protocol.LaneOpenResult) {
	b.t.Helper()
	b.mustCall(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: document}, &result)
	return result
}

// enter brings the lane.
func (b *broker) enter(t testing.TB, result protocol.LaneOpenResult) *page {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ws, _, err := websocket.Dial(t.Context(), fmt.Sprintf("ws://127.0.0.1:%d/", result.Port), &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: http.Header{"Origin": {laneOrigin}},
		Subprotocols: []string{protocol.LaneProtocol, "portside.ticket." + result.Ticket},
	})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(protocol.LaneChunkBytes)
	p := &page{t: t, ws: ws, sockets: map[int64]*onLane{}}
	p.changed = sync.NewCond(&p.mu)
	over := make(chan struct{})
	go func() {
		defer close(over)
		p.listen()
	}()
	t.Cleanup(func() {
		_ = ws.CloseNow()
		<-over
	})
	return p
}

func (p *page) listen() {
	defer func() {
		p.mu.Lock()
		p.gone = true
		p.changed.Broadcast()
		p.mu.Unlock()
	}()
	read := func() (message []byte, ok bool) {
		_, message, err := p.ws.Read(p.t.Context())
		return message, err == nil
	}
	for {
		message, ok := read()
		if !ok {
			return
		}
		f, err := protocol.ReadLaneFrame(message)
		if err != nil {
			p.t.Errorf("from the host: %v", err)
			return
		}
		if f.Kind == protocol.LaneBulk {
			payload, ok := read()
			if !ok {
				return
			}
			if int64(len(payload)) != f.Number || f.Number < protocol.BulkBytes {
				p.t.Errorf("%d bytes of bulk, announced were %d", len(payload), f.Number)
			}
			f.Kind, f.Payload = protocol.LaneData, payload
		}
		p.mu.Lock()
		s := p.of(f.SocketID)
		if s.closed != nil {
			p.t.Errorf("kind %d after the last word", f.Kind)
		}
		switch f.Kind {
		case protocol.LaneData:
			s.data = append(s.data, f.Payload...)
			s.frames = append(s.frames, f.Payload)
		case protocol.LaneCredit:
			s.credit += f.Number
		case protocol.LaneWrote:
			s.wrote[f.Number] = f.Failed
		case protocol.LaneShut:
			s.shut++
		case protocol.LaneEnd:
			s.ended = true
		case protocol.LaneClosed:
			s.closed, s.reason = &f.Name, f.Reason
		default:
			p.t.Errorf("kind %d from the host", f.Kind)
		}
		p.changed.Broadcast()
		p.mu.Unlock()
	}
}

// of returns what is known of a socket. The caller holds the mutex.
func (p *page) of(id int64) *onLane {
	if p.sockets[id] == nil {
		p.sockets[id] = &onLane{wrote: map[int64]bool{}}
	}
	return p.sockets[id]
}

func (p *page) wait(what string, id int64, condition func(*onLane) bool) {
	p.t.Helper()
	timer := time.AfterFunc(patience, func() {
		p.mu.Lock()
		p.changed.Broadcast()
		p.mu.Unlock()
	})
	defer timer.Stop()
	deadline := time.Now().Add(patience)
	p.mu.Lock()
	defer p.mu.Unlock()
	for !condition(p.of(id)) {
		if p.gone || !time.Now().Before(deadline) {
			p.t.Fatalf("waiting for %s: it does not come; gone: %v", what, p.gone)
		}
		p.changed.Wait()
	}
}

// waitGone waits until the host has ended the lane.
func (p *page) waitGone(what string) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		p.mu.Lock()
		gone := p.gone
		p.mu.Unlock()
		if gone {
			return
		}
		if !time.Now().Before(deadline) {
			p.t.Fatalf("%s: the lane goes on", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func (p *page) say(f protocol.LaneFrame) {
	p.t.Helper()
	p.saying.Lock()
	defer p.saying.Unlock()
	p.frame(f)
}

func (p *page) frame(f protocol.LaneFrame) {
	p.t.Helper()
	message, err := protocol.AppendLaneFrame(nil, f)
	if err != nil {
		p.t.Fatal(err)
	}
	p.raw(message)
}

func (p *page) raw(message []byte) {
	p.t.Helper()
	if err := p.ws.Write(p.t.Context(), websocket.MessageBinary, message); err != nil {
		p.t.Errorf("the lane takes nothing: %v", err)
	}
}

// bulk announces bulk, and says it.
func (p *page) bulk(id, announced int64, payload []byte) {
	p.t.Helper()
	p.saying.Lock()
	defer p.saying.Unlock()
	p.frame(protocol.LaneFrame{Kind: protocol.LaneBulk, SocketID: id, Number: announced})
	p.raw(payload)
}

func (p *page) credit(id, bytes int64) {
	p.t.Helper()
	p.say(protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: id, Number: bytes})
}

// send sends bytes as credit allows.
func (p *page) send(id int64, payload []byte) {
	p.t.Helper()
	for len(payload) > 0 {
		n := min(len(payload), protocol.LaneChunkBytes)
		p.wait("credit", id, func(s *onLane) bool { return s.credit >= int64(n) })
		p.mu.Lock()
		p.of(id).credit -= int64(n)
		p.mu.Unlock()
		if n < protocol.BulkBytes {
			p.say(protocol.LaneFrame{Kind: protocol.LaneData, SocketID: id, Payload: payload[:n]})
		} else {
			p.bulk(id, int64(n), payload[:n])
		}
		payload = payload[n:]
	}
}

// openOn opens a TCP socket and puts it on the lane.
func (b *broker) openOn(p *page, port int) *remote {
	b.t.Helper()
	r, result := b.open(port, func(params *protocol.TCPOpenParams, _ *remote) { params.Window = 0 })
	p.mu.Lock()
	p.of(r.id).credit = result.Window
	p.mu.Unlock()
	p.credit(r.id, protocol.WindowBytes)
	return r
}

// wantOnLane wants a socket of the lane whose peer echoes to echo.
func (p *page) wantOnLane(r *remote) {
	p.t.Helper()
	p.mu.Lock()
	before := len(p.of(r.id).data)
	p.mu.Unlock()
	p.send(r.id, []byte("still there?"))
	p.wait("the echo", r.id, func(s *onLane) bool { return len(s.data) >= before+len("still there?") })
}

func TestLaneCarriesTCP(t *testing.T) {
	b := start(t, options{lanes: true})
	p := b.lane(t, "document")
	r := b.openOn(p, serve(t, echo))
	sent := noise(8 << 20)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for given := 0; given < len(sent); {
			p.wait("bytes", r.id, func(s *onLane) bool { return len(s.data) > given })
			p.mu.Lock()
			more := len(p.of(r.id).data) - given
			p.mu.Unlock()
			p.credit(r.id, int64(more))
			given += more
		}
	}()
	p.send(r.id, sent)
	p.say(protocol.LaneFrame{Kind: protocol.LaneShutdown, SocketID: r.id})
	<-read
	p.wait("the last word", r.id, func(s *onLane) bool { return s.closed != nil })
	p.mu.Lock()
	got := p.of(r.id)
	if !bytes.Equal(got.data, sent) || got.shut != 1 || !got.ended || *got.closed != "" {
		t.Errorf("%d bytes (right: %v), shut %d, ended %v, closed %q", len(got.data), sha256.Sum256(got.data) == sha256.Sum256(sent), got.shut, got.ended, *got.closed)
	}
	p.mu.Unlock()
	last := b.waitClosed(r)
	if !last.OnLane || last.Name != "" || last.BytesIn != int64(len(sent)) || last.BytesOut != int64(len(sent)) {
		t.Errorf("over stdio: %+v", last)
	}
	if r.received != 0 || r.ended {
		t.Errorf("%d bytes took the other way", r.received)
	}
}

func TestLaneCarriesUDP(t *testing.T) {
	peer := udpPeer(t)
	b := start(t, options{lanes: true})
	p := b.lane(t, "document")
	r, local := b.openDatagrams(peer)
	// What comes before anybody knows which way it goes waits in the system.
	for _, payload := range []string{"early", strings.Repeat("x", protocol.MaxDatagramBytes)} {
		if _, err := peer.WriteTo([]byte(payload), local); err != nil {
			t.Fatal(err)
		}
	}
	p.credit(r.id, protocol.WindowBytes)
	p.wait("the early ones", r.id, func(s *onLane) bool {
		return len(s.frames) == 2 && string(s.frames[0]) == "early" && len(s.frames[1]) == protocol.MaxDatagramBytes
	})
	for number, payload := range map[int64]string{7: "seven", 8: "", 9: strings.Repeat("x", protocol.MaxDatagramBytes)} {
		p.say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: r.id, Number: number, Payload: []byte(payload)})
		into := make([]byte, 1<<16)
		_ = peer.SetReadDeadline(time.Now().Add(patience))
		n, _, err := peer.ReadFrom(into)
		if err != nil || string(into[:n]) != payload {
			t.Errorf("datagram %d: %d bytes, %v", number, n, err)
		}
		p.wait("the answer", r.id, func(s *onLane) bool { failed, ok := s.wrote[number]; return ok && !failed })
	}
	p.say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: r.id})
	p.wait("the last word", r.id, func(s *onLane) bool { return s.closed != nil && *s.closed == "" })
	if !b.waitClosed(r).OnLane {
		t.Error("stdio says it alone")
	}
	// A datagram has a number, which bulk has not.
	r, _ = b.openDatagrams(peer)
	p.credit(r.id, protocol.WindowBytes)
	p.bulk(r.id, protocol.BulkBytes, make([]byte, protocol.BulkBytes))
	p.waitGone("bulk for UDP")
}

// openDatagrams opens a socket to peer that waits for its carrier. It returns where peer finds it.
func (b *broker) openDatagrams(peer net.PacketConn) (*remote, net.Addr) {
	b.t.Helper()
	r := b.register()
	var result protocol.UDPOpenResult
	b.mustCall(protocol.MethodUDPOpen, protocol.UDPOpenParams{OpenRequest: protocol.OpenRequest{
		SocketID: r.id, Origin: "https://page.example", Document: "document", Host: "127.0.0.1",
		Port: int64(peer.LocalAddr().(*net.UDPAddr).Port), UserEntered: true,
	}}, &result)
	return r, &net.UDPAddr{IP: net.ParseIP("127.0.0.1"), Port: int(result.LocalPort)}
}

// The first credit decides, and nothing changes it.
func TestSocketsKeepTheirCarrier(t *testing.T) {
	port := serve(t, echo)
	b := start(t, options{lanes: true})
	p := b.lane(t, "document")
	stays, _ := b.open(port, nil)
	b.wantAlive(stays)
	// One that was left open, and got its credit over stdio.
	falls, _ := b.open(port, func(params *protocol.TCPOpenParams, _ *remote) { params.Window = 0 })
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: falls.id, Bytes: protocol.WindowBytes})
	b.wantAlive(falls)
	for _, r := range []*remote{stays, falls} {
		q := b.lane(t, "document")
		q.credit(r.id, 1)
		q.waitGone("credit by the other carrier")
		b.wantAlive(r)
	}
	// And the other way round: what stdio says of it is about no socket.
	rides := b.openOn(p, port)
	p.wantOnLane(rides)
	wantFailure(t, b.answer(b.writeAsk(rides, []byte("x"))), "InvalidStateError", "gone")
	wantFailure(t, b.answer(b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: rides.id})), "InvalidStateError", "gone")
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: rides.id, Bytes: protocol.MaxWindowBytes})
	p.wantOnLane(rides)
	// The broker closes it all the same; for the page, which did not, that is an error.
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: rides.id}, nil)
	p.wait("the last word", rides.id, func(s *onLane) bool { return s.closed != nil && *s.closed == "NetworkError" })
	b.wantClosed(rides, "", "")
}

// A socket on a lane is upgraded where its bytes are: the request comes over stdio, and
// finds its place among them by their number.
func TestUpgradeOnTheLane(t *testing.T) {
	roots, config := secureWorld(t)
	const size = 600_000
	port := serve(t, func(c *net.TCPConn) {
		if n, _ := io.ReadFull(c, make([]byte, size)); n == size {
			s := tls.Server(c, config)
			_, _ = s.Write([]byte("under TLS"))
			_, _ = io.Copy(s, s)
		}
	})
	b := start(t, options{lanes: true, dialer: &dial.Dialer{Roots: roots}, patience: 500 * time.Millisecond})
	p := b.lane(t, "document")
	open := func(port int) *remote {
		r, result := b.open(port, func(params *protocol.TCPOpenParams, r *remote) {
			upgradable(params, r)
			params.Window = 0
		})
		p.mu.Lock()
		p.of(r.id).credit = result.Window
		p.mu.Unlock()
		p.credit(r.id, protocol.WindowBytes)
		return r
	}
	ask := func(r *remote, received, sent int64) int64 {
		return b.ask(protocol.MethodSocketStartTLS, protocol.SocketStartTLSParams{SocketID: r.id, Received: received, Sent: sent})
	}
	for name, early := range map[string]bool{"the request comes first": true, "the bytes come first": false} {
		r := open(port)
		sent := noise(size)
		if !early {
			p.send(r.id, sent)
		}
		id := ask(r, 0, size)
		if early {
			p.send(r.id, sent[:size/2])
			time.Sleep(20 * time.Millisecond)
			p.send(r.id, sent[size/2:])
		}
		b.wantResult(protocol.MethodSocketStartTLS, b.answer(id), nil)
		p.wait("what came under TLS", r.id, func(s *onLane) bool { return string(s.data) == "under TLS" })
		p.wantOnLane(r)
		if r.received != 0 {
			t.Errorf("%s: %d bytes took the other way", name, r.received)
		}
	}

	// More than was said, and less.
	r := open(port)
	id := ask(r, 0, 10)
	p.send(r.id, noise(11))
	wantFailure(t, b.answer(id), "NetworkError", "protocol")
	b.wantClosed(r, "NetworkError", "protocol")
	r = open(port)
	p.send(r.id, noise(10))
	p.say(protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: r.id, Number: 1})
	time.Sleep(50 * time.Millisecond) // they are there
	wantFailure(t, b.answer(ask(r, 0, 9)), "NetworkError", "protocol")
	b.wantClosed(r, "NetworkError", "protocol")
	r = open(port)
	p.send(r.id, noise(9))
	wantFailure(t, b.answer(ask(r, 0, 10)), "NetworkError", "protocol")
	b.wantClosed(r, "NetworkError", "protocol")

	// What the page has not read, as ever, and what comes while bytes are waited for.
	greets := serve(t, func(c *net.TCPConn) {
		_, _ = c.Write([]byte(greeting))
		_, _ = until(c)
	})
	r = open(greets)
	p.wait("the greeting", r.id, func(s *onLane) bool { return len(s.data) == len(greeting) })
	wantFailure(t, b.answer(ask(r, 0, 0)), "NetworkError", "plaintext")
	b.wantClosed(r, "NetworkError", "plaintext")
	speaks := make(chan struct{})
	speaker := serve(t, func(c *net.TCPConn) {
		<-speaks
		_, _ = c.Write([]byte(greeting))
		_, _ = until(c)
	})
	r = open(speaker)
	id = ask(r, 0, 1)
	time.Sleep(20 * time.Millisecond)
	close(speaks)
	time.Sleep(200 * time.Millisecond) // nobody is told that it is there
	p.send(r.id, []byte("x"))
	wantFailure(t, b.answer(id), "NetworkError", "plaintext")
	b.wantClosed(r, "NetworkError", "plaintext")
}

// Lanes that other windows have, or are about to bring, take no room from private ones.
func TestPrivateLanesAreCountedApart(t *testing.T) {
	b := start(t, options{lanes: true})
	bring := func(private bool) message {
		return b.answer(b.ask(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: "document", Private: private}))
	}
	const tickets = 256 // package lane's
	for range tickets {
		b.wantResult(protocol.MethodLaneOpen, bring(false), nil)
	}
	wantFailure(t, bring(false), "NetworkError", "network")
	b.wantResult(protocol.MethodLaneOpen, bring(true), nil)
}

// A lane is its document's: it reaches no other's sockets, and what it should not say
// ends it and nothing else.
func TestLanesAreApart(t *testing.T) {
	port := serve(t, echo)
	b := start(t, options{lanes: true})
	mine := b.lane(t, "document")
	r := b.openOn(mine, port)
	open, _ := b.open(port, func(params *protocol.TCPOpenParams, _ *remote) { params.Window = 0 })
	for what, say := range map[string]func(*page){
		"another document's socket": func(p *page) { p.say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: r.id}) },
		"another document's, open":  func(p *page) { p.credit(open.id, 1) },
		"a frame of the host's": func(p *page) {
			p.say(protocol.LaneFrame{Kind: protocol.LaneData, SocketID: 1 << 20})
			p.raw([]byte{8, 0, 0, 0, byte(r.id), 0, 0, 0})
		},
		"no frame":                   func(p *page) { p.raw([]byte("hello")) },
		"an unknown kind":            func(p *page) { p.raw([]byte{99, 0, 0, 0, 1, 0, 0, 0}) },
		"text":                       func(p *page) { _ = p.ws.Write(p.t.Context(), websocket.MessageText, []byte("hello")) },
		"more than a frame may have": func(p *page) { p.raw(make([]byte, protocol.LaneFrameBytes+1)) },
		"bulk for another's socket":  func(p *page) { p.bulk(r.id, 1, []byte("x")) },
		"less bulk than was said":    func(p *page) { p.bulk(1<<20, 2, []byte("x")) },
		"more bulk than was said":    func(p *page) { p.bulk(1<<20, 1, []byte("xy")) },
		"no bulk where it was said":  func(p *page) { p.bulk(1<<20, 1, nil) },
		"text where bulk was said": func(p *page) {
			p.say(protocol.LaneFrame{Kind: protocol.LaneBulk, SocketID: 1 << 20, Number: 5})
			_ = p.ws.Write(p.t.Context(), websocket.MessageText, []byte("hello"))
		},
	} {
		theirs := b.lane(t, "another document")
		say(theirs)
		theirs.waitGone(what)
		mine.wantOnLane(r)
	}
	// A socket that is not there is no fault: frames cross with its end.
	mine.say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: 1 << 20})
	mine.say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: 1 << 20, Payload: []byte("x")})
	mine.bulk(1<<20, 1, []byte("x"))
	mine.wantOnLane(r)
	// A datagram for TCP is one, and it is the lane's own.
	mine.say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: r.id, Payload: []byte("x")})
	mine.waitGone("a datagram for TCP")
	if last := b.wantClosed(r, "NetworkError", "network"); !last.OnLane {
		t.Errorf("%+v", last)
	}
}

// Whoever oversteps the credit loses the socket, not the lane.
func TestLaneCreditIsKept(t *testing.T) {
	port := serve(t, echo)
	b := start(t, options{lanes: true})
	p := b.lane(t, "document")
	over := make(chan struct{})
	defer close(over)
	deaf := serve(t, func(*net.TCPConn) { <-over })
	stays, greedy, generous := b.openOn(p, port), b.openOn(p, deaf), b.openOn(p, port)
	for range 32 << 20 / protocol.ChunkBytes { // more than any system takes
		p.say(protocol.LaneFrame{Kind: protocol.LaneData, SocketID: greedy.id, Payload: make([]byte, protocol.ChunkBytes)})
	}
	b.wantClosed(greedy, "NetworkError", "protocol")
	p.credit(generous.id, protocol.MaxWindowBytes)
	b.wantClosed(generous, "NetworkError", "protocol")
	p.wantOnLane(stays)
	p.mu.Lock()
	defer p.mu.Unlock()
	if *p.of(greedy.id).closed != "NetworkError" || *p.of(generous.id).closed != "NetworkError" {
		t.Error("the page was told otherwise")
	}
}

// The end of a lane is the end of its sockets, and of no others.
func TestLaneEnds(t *testing.T) {
	port := serve(t, echo)
	b := start(t, options{lanes: true})
	p, q := b.lane(t, "document"), b.lane(t, "document")
	lost, other := b.openOn(p, port), b.openOn(q, port)
	open, _ := b.open(port, func(params *protocol.TCPOpenParams, _ *remote) { params.Window = 0 })
	over, _ := b.open(port, nil)
	p.wantOnLane(lost)
	_ = p.ws.CloseNow()
	b.wantClosed(lost, "NetworkError", "network")
	q.wantOnLane(other)
	b.wantAlive(over)
	// What had not taken it yet takes another way.
	q.credit(open.id, protocol.WindowBytes)
	q.mu.Lock()
	q.of(open.id).credit = protocol.WindowBytes
	q.mu.Unlock()
	q.wantOnLane(open)
	b.in.Close()
	q.waitGone("the session's end")
}

func TestLanePolicy(t *testing.T) {
	port := serve(t, echo)
	b := start(t, options{lanes: true})
	p := b.lane(t, "document")
	lost := b.openOn(p, port)
	p.wantOnLane(lost)
	stays, _ := b.open(port, nil)
	ticket := b.ticket("document")
	b.managed(`{"dataLane": "off"}`)
	p.waitGone("a policy without lanes")
	b.enter(t, ticket).waitGone("a policy that came before the lane")
	b.wantClosed(lost, "NetworkError", "network")
	b.wantAlive(stays)
	refused := b.answer(b.ask(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: "document"}))
	wantFailure(t, refused, "NotAllowedError", "policy")
	if by := refused.Error.Data.By; !strings.Contains(by, "dataLane") {
		t.Errorf("by %q", by)
	}
	b.managed(`{}`)
	b.lane(t, "document")

	without := start(t, options{})
	wantFailure(t, without.answer(without.ask(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: "document"})), "InvalidStateError", "protocol")
}

// What was written before the end of a lane arrives, and is no whole.
func TestWhatWasWrittenOutlivesTheLane(t *testing.T) {
	const size = 200_000
	read, got := make(chan struct{}), make(chan error, 1)
	port := serve(t, func(c *net.TCPConn) {
		<-read
		all, err := io.ReadAll(c)
		if len(all) != size {
			t.Errorf("the peer got %d of %d bytes", len(all), size)
		}
		got <- err
	})
	b := start(t, options{lanes: true})
	p := b.lane(t, "document")
	r := b.openOn(p, port)
	p.send(r.id, noise(size))
	p.wait("the system to take it", r.id, func(s *onLane) bool { return s.credit == protocol.WindowBytes })
	_ = p.ws.CloseNow()
	time.Sleep(50 * time.Millisecond)
	close(read)
	b.wantClosed(r, "NetworkError", "network")
	if err := <-got; err == nil {
		t.Error("the peer took the cut for an end")
	}
}

// Credit that crosses a socket's end is nobody's fault, also where the socket had not taken
// a carrier yet.
func TestLaneCreditCrossesAnEnd(t *testing.T) {
	port := serve(t, echo)
	b := start(t, options{lanes: true})
	p := b.lane(t, "document")
	stays := b.openOn(p, port)
	for range 100 {
		r, _ := b.open(port, func(params *protocol.TCPOpenParams, _ *remote) { params.Window = 0 })
		closing := b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id})
		p.credit(r.id, protocol.WindowBytes)
		b.answer(closing)
		b.waitClosed(r)
	}
	p.wantOnLane(stays)
}
