package hosttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"

	"github.com/portside/portside/protocol"
)

// Remote is what the broker knows about one of its sockets.
type Remote struct {
	ID       int64
	Keep     bool // keep the bytes, not only their number and hash
	Frames   [][]byte
	Received int64
	Hash     hash.Hash
	Credit   int64 // bytes that may be sent to the host
	Sent     int64 // bytes that were
	Stalled  bool  // gives no credit
	owed     int64
	Ended    bool
	Closed   *protocol.SocketClosedParams
}

// TCP returns parameters to open a TCP socket to 127.0.0.1.
func (b *Broker) TCP(port int) protocol.TCPOpenParams {
	return protocol.TCPOpenParams{OpenRequest: protocol.OpenRequest{
		SocketID: b.Register().ID, Origin: "https://page.example", Document: "document",
		Host: "127.0.0.1", Port: int64(port), UserEntered: true, Window: protocol.WindowBytes,
	}}
}

// Register makes a socket known before the host may speak of it.
func (b *Broker) Register() *Remote {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	r := &Remote{ID: int64(len(b.Sockets) + 1), Hash: sha256.New()}
	b.Sockets[r.ID] = r
	return r
}

// Remote returns the socket of this id.
func (b *Broker) Remote(id int64) *Remote {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return b.Sockets[id]
}

// Open opens a TCP socket as change says.
func (b *Broker) Open(port int, change func(*protocol.TCPOpenParams, *Remote)) (*Remote, protocol.TCPOpenResult) {
	b.T.Helper()
	p := b.TCP(port)
	r := b.Remote(p.SocketID)
	if change != nil {
		b.Mu.Lock()
		change(&p, r)
		b.Mu.Unlock()
	}
	var result protocol.TCPOpenResult
	b.MustCall(protocol.MethodTCPOpen, p, &result)
	b.Mu.Lock()
	r.Credit += result.Window
	b.Mu.Unlock()
	return r, result
}

// OpenReopenable opens a TCP socket that its document may open again on its lane, as change
// says.
func (b *Broker) OpenReopenable(port int, change func(*protocol.TCPOpenParams)) *Remote {
	b.T.Helper()
	verdict := b.Judged("127.0.0.1", int64(port), true).Verdict
	r, _ := b.Open(port, func(p *protocol.TCPOpenParams, _ *Remote) {
		p.Verdict, p.Reopen, p.Window = verdict, true, 0
		if change != nil {
			change(p)
		}
	})
	return r
}

// WaitReported waits until reports that satisfy done have come, and returns what all
// of them say together.
func (b *Broker) WaitReported(what string, done func(all protocol.ReopenReportParams) bool) (all protocol.ReopenReportParams) {
	b.T.Helper()
	b.Wait(what, func() bool {
		all = protocol.ReopenReportParams{}
		for _, report := range b.Reports {
			all.Document = report.Document
			all.Opened = append(all.Opened, report.Opened...)
			all.Failed = append(all.Failed, report.Failed...)
			all.Closed = append(all.Closed, report.Closed...)
		}
		return done(all)
	})
	return all
}

// Keep has a socket keep the bytes that it receives.
func Keep(_ *protocol.TCPOpenParams, r *Remote) { r.Keep = true }

// OpenUDP opens a UDP socket as change says, which keeps its datagrams.
func (b *Broker) OpenUDP(port int, change func(*protocol.UDPOpenParams)) (*Remote, protocol.UDPOpenResult) {
	b.T.Helper()
	r := b.Register()
	r.Keep = true
	p := protocol.UDPOpenParams{OpenRequest: protocol.OpenRequest{
		SocketID: r.ID, Origin: "https://page.example", Document: "document",
		Host: "127.0.0.1", Port: int64(port), UserEntered: true, Window: protocol.WindowBytes,
	}}
	if change != nil {
		change(&p)
	}
	var result protocol.UDPOpenResult
	b.MustCall(protocol.MethodUDPOpen, p, &result)
	return r, result
}

// Write sends one frame to the host, without an id when id is nil.
func (b *Broker) Write(r *Remote, payload []byte, id *int64) {
	b.Mu.Lock()
	r.Sent += int64(len(payload))
	b.Mu.Unlock()
	text := []byte(`{"jsonrpc":"2.0",`)
	if id != nil {
		text = fmt.Appendf(text, `"id":%d,`, *id)
	}
	text = fmt.Appendf(text, `"method":"socket.write","params":{"socketId":%d,"data":"`, r.ID)
	text = base64.StdEncoding.AppendEncode(text, payload)
	b.Raw(append(text, `"}}`...))
}

// WriteAsk writes with an id and returns it.
func (b *Broker) WriteAsk(r *Remote, payload []byte) int64 {
	b.Mu.Lock()
	b.NextID++
	id := b.NextID
	b.Mu.Unlock()
	b.Write(r, payload, &id)
	return id
}

// Send sends any number of bytes as credit allows.
func (b *Broker) Send(r *Remote, payload []byte) {
	b.T.Helper()
	for len(payload) > 0 {
		n := min(len(payload), protocol.ChunkBytes)
		b.Wait("credit", func() bool { return r.Credit >= int64(n) || r.Closed != nil })
		b.Mu.Lock()
		r.Credit -= int64(n)
		b.Mu.Unlock()
		b.Write(r, payload[:n], nil)
		payload = payload[n:]
	}
}

// Bytes returns what a kept socket has received.
func (b *Broker) Bytes(r *Remote) []byte {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return bytes.Join(r.Frames, nil)
}

// WaitReceived waits until so many bytes have come.
func (b *Broker) WaitReceived(r *Remote, n int64) {
	b.T.Helper()
	b.Wait(fmt.Sprintf("%d bytes", n), func() bool { return r.Received >= n })
}

// WaitClosed waits for socket.closed.
func (b *Broker) WaitClosed(r *Remote) protocol.SocketClosedParams {
	b.T.Helper()
	b.Wait("socket.closed", func() bool { return r.Closed != nil })
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return *r.Closed
}

// WaitEnd waits for socket.end.
func (b *Broker) WaitEnd(r *Remote) {
	b.T.Helper()
	b.Wait("socket.end", func() bool { return r.Ended })
}

// WantClosed waits for socket.closed with this name and reason.
func (b *Broker) WantClosed(r *Remote, name, reason string) protocol.SocketClosedParams {
	b.T.Helper()
	got := b.WaitClosed(r)
	if got.Name != name || got.Reason != reason {
		b.T.Fatalf("closed with %q, %q; want %q, %q", got.Name, got.Reason, name, reason)
	}
	return got
}

// WantAlive wants a socket whose peer echoes to echo.
func (b *Broker) WantAlive(r *Remote) {
	b.T.Helper()
	b.Mu.Lock()
	before := r.Received
	b.Mu.Unlock()
	if m := b.Answer(b.WriteAsk(r, []byte("still there?"))); m.Error != nil {
		b.T.Fatalf("socket %d is dead: %v", r.ID, m.Error)
	}
	b.WaitReceived(r, before+int64(len("still there?")))
}
