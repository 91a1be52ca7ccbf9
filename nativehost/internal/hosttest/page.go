package hosttest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/portside/portside/protocol"
)

const laneOrigin = "chrome-extension://ours"

// Page is a document's end of a lane.
type Page struct {
	T  testing.TB
	WS *websocket.Conn

	saying sync.Mutex // one frame at a time, with its bulk

	Mu      sync.Mutex // guards what follows
	changed *sync.Cond
	sockets map[int64]*OnLane
	gone    bool
}

// OnLane is what came by a lane about one socket.
type OnLane struct {
	Data   []byte
	Frames [][]byte
	Credit int64
	Wrote  map[int64]bool
	// Batches counts frames that were about several datagrams.
	Batches int
	Shut    int
	Ended   bool
	Closed  *string
	Reason  string
	// Opened is the answer to an open that the host did not decline.
	Opened   *protocol.LaneFrame
	Declined bool
}

// Lane brings a lane for a document.
func (b *Broker) Lane(t testing.TB, document string) *Page {
	t.Helper()
	return b.Connect(t, b.Ticket(document))
}

// Ticket asks for a lane.
func (b *Broker) Ticket(document string) (result protocol.LaneOpenResult) {
	b.T.Helper()
	b.MustCall(protocol.MethodLaneOpen, protocol.LaneOpenParams{Document: document}, &result)
	return result
}

// Connect brings the lane.
func (b *Broker) Connect(t testing.TB, result protocol.LaneOpenResult) *Page {
	t.Helper()
	return b.ConnectAs(t, result, protocol.LaneProtocol)
}

// ConnectFrom reports whether a script of another origin may bring the lane.
func (b *Broker) ConnectFrom(t testing.TB, result protocol.LaneOpenResult, origin string) bool {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ws, _, err := websocket.Dial(t.Context(), fmt.Sprintf("ws://127.0.0.1:%d/", result.Port), &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: http.Header{"Origin": {origin}},
		Subprotocols: []string{protocol.LaneProtocol, "portside.ticket." + result.Ticket},
	})
	if err != nil {
		return false
	}
	_ = ws.CloseNow()
	return true
}

// ConnectAs brings the lane of an extension that speaks this subprotocol.
func (b *Broker) ConnectAs(t testing.TB, result protocol.LaneOpenResult, spoken string) *Page {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ws, _, err := websocket.Dial(t.Context(), fmt.Sprintf("ws://127.0.0.1:%d/", result.Port), &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: http.Header{"Origin": {laneOrigin}},
		Subprotocols: []string{spoken, "portside.ticket." + result.Ticket},
	})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(protocol.LaneChunkBytes)
	p := &Page{T: t, WS: ws, sockets: map[int64]*OnLane{}}
	p.changed = sync.NewCond(&p.Mu)
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

func (p *Page) listen() {
	defer func() {
		p.Mu.Lock()
		p.gone = true
		p.changed.Broadcast()
		p.Mu.Unlock()
	}()
	read := func() (message []byte, ok bool) {
		_, message, err := p.WS.Read(p.T.Context())
		return message, err == nil
	}
	for {
		message, ok := read()
		if !ok {
			return
		}
		f, err := protocol.ReadLaneFrame(message)
		if err != nil {
			p.T.Errorf("from the host: %v", err)
			return
		}
		if f.Kind == protocol.LaneBulk {
			payload, ok := read()
			if !ok {
				return
			}
			if int64(len(payload)) != f.Number || f.Number < protocol.BulkBytes {
				p.T.Errorf("%d bytes of bulk, announced were %d", len(payload), f.Number)
			}
			f.Kind, f.Payload = protocol.LaneData, payload
		}
		p.Mu.Lock()
		s := p.Of(f.SocketID)
		if s.Closed != nil {
			p.T.Errorf("kind %d after the last word", f.Kind)
		}
		switch f.Kind {
		case protocol.LaneData:
			s.Data = append(s.Data, f.Payload...)
			s.Frames = append(s.Frames, f.Payload)
		case protocol.LaneDatagrams:
			for _, payload := range f.Batch() {
				s.Frames = append(s.Frames, payload)
			}
			s.Batches++
		case protocol.LaneSent:
			for i := range f.Count {
				s.Wrote[int64(uint32(f.Number+i))] = false
			}
			s.Batches++
		case protocol.LaneCredit:
			s.Credit += f.Number
		case protocol.LaneWrote:
			s.Wrote[f.Number] = f.Failed
		case protocol.LaneShut:
			s.Shut++
		case protocol.LaneEnd:
			s.Ended = true
		case protocol.LaneOpened:
			s.Opened, s.Credit = &f, f.Number
		case protocol.LaneDeclined:
			s.Declined = true
		case protocol.LaneClosed:
			s.Closed, s.Reason = &f.Name, f.Reason
		default:
			p.T.Errorf("kind %d from the host", f.Kind)
		}
		p.changed.Broadcast()
		p.Mu.Unlock()
	}
}

// Of returns what is known of a socket. The caller holds the mutex.
func (p *Page) Of(id int64) *OnLane {
	if p.sockets[id] == nil {
		p.sockets[id] = &OnLane{Wrote: map[int64]bool{}}
	}
	return p.sockets[id]
}

// Wait waits until condition, which is called with p.Mu held, is true of a socket.
func (p *Page) Wait(what string, id int64, condition func(*OnLane) bool) {
	p.T.Helper()
	timer := time.AfterFunc(Patience, func() {
		p.Mu.Lock()
		p.changed.Broadcast()
		p.Mu.Unlock()
	})
	defer timer.Stop()
	deadline := time.Now().Add(Patience)
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for !condition(p.Of(id)) {
		if p.gone || !time.Now().Before(deadline) {
			p.T.Fatalf("waiting for %s: it does not come; gone: %v", what, p.gone)
		}
		p.changed.Wait()
	}
}

// WaitGone waits until the host has ended the lane.
func (p *Page) WaitGone(what string) {
	p.T.Helper()
	deadline := time.Now().Add(Patience)
	for {
		p.Mu.Lock()
		gone := p.gone
		p.Mu.Unlock()
		if gone {
			return
		}
		if !time.Now().Before(deadline) {
			p.T.Fatalf("%s: the lane goes on", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// Say sends a frame.
func (p *Page) Say(f protocol.LaneFrame) {
	p.T.Helper()
	p.saying.Lock()
	defer p.saying.Unlock()
	p.frame(f)
}

func (p *Page) frame(f protocol.LaneFrame) {
	p.T.Helper()
	message, err := protocol.AppendLaneFrame(nil, f)
	if err != nil {
		p.T.Fatal(err)
	}
	p.Raw(message)
}

// Raw sends a message that need not be a frame.
func (p *Page) Raw(message []byte) {
	p.T.Helper()
	if err := p.WS.Write(p.T.Context(), websocket.MessageBinary, message); err != nil {
		p.T.Errorf("the lane takes nothing: %v", err)
	}
}

// Bulk announces bulk, and says it.
func (p *Page) Bulk(id, announced int64, payload []byte) {
	p.T.Helper()
	p.saying.Lock()
	defer p.saying.Unlock()
	p.frame(protocol.LaneFrame{Kind: protocol.LaneBulk, SocketID: id, Number: announced})
	p.Raw(payload)
}

// Credit gives the host credit for a socket.
func (p *Page) Credit(id, bytes int64) {
	p.T.Helper()
	p.Say(protocol.LaneFrame{Kind: protocol.LaneCredit, SocketID: id, Number: bytes})
}

// Send sends bytes as credit allows.
func (p *Page) Send(id int64, payload []byte) {
	p.T.Helper()
	for len(payload) > 0 {
		n := min(len(payload), protocol.LaneChunkBytes)
		p.Wait("credit", id, func(s *OnLane) bool { return s.Credit >= int64(n) })
		p.Mu.Lock()
		p.Of(id).Credit -= int64(n)
		p.Mu.Unlock()
		if n < protocol.BulkBytes {
			p.Say(protocol.LaneFrame{Kind: protocol.LaneData, SocketID: id, Payload: payload[:n]})
		} else {
			p.Bulk(id, int64(n), payload[:n])
		}
		payload = payload[n:]
	}
}

// OpenOn opens a TCP socket and puts it on the lane.
func (b *Broker) OpenOn(p *Page, port int) *Remote {
	b.T.Helper()
	r, result := b.Open(port, func(params *protocol.TCPOpenParams, _ *Remote) { params.Window = 0 })
	p.Mu.Lock()
	p.Of(r.ID).Credit = result.Window
	p.Mu.Unlock()
	p.Credit(r.ID, protocol.WindowBytes)
	return r
}

// Reopen opens again what the socket of was opened to, as the page's socket n, and returns
// the lane's id for it.
func (p *Page) Reopen(of, n int64) int64 {
	p.T.Helper()
	id := protocol.FirstReopenedID + n
	p.Say(protocol.LaneFrame{Kind: protocol.LaneOpen, SocketID: id, Of: of})
	return id
}

// WantOnLane wants a socket of the lane whose peer echoes to echo.
func (p *Page) WantOnLane(r *Remote) {
	p.T.Helper()
	p.Mu.Lock()
	before := len(p.Of(r.ID).Data)
	p.Mu.Unlock()
	p.Send(r.ID, []byte("still there?"))
	p.Wait("the echo", r.ID, func(s *OnLane) bool { return len(s.Data) >= before+len("still there?") })
}
