package hosttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/session"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// Patience is how long a test waits for what must happen. It is long, since it is
// only ever used up by a test that fails.
const Patience = 20 * time.Second

// Message is anything that the host says.
type Message struct {
	ID     *int64             `json:"id"`
	Method string             `json:"method"`
	Params json.RawMessage    `json:"params"`
	Result json.RawMessage    `json:"result"`
	Error  *protocol.RPCError `json:"error"`
}

// Broker plays the extension's side over real pipes. It checks everything that the
// host says against the schemas.
type Broker struct {
	T     testing.TB
	In    *os.File // the host's stdin
	Out   *os.File // the host's stdout
	Audit *Lines
	Ended chan error
	v     *protocol.Validator

	writing sync.Mutex // one frame at a time on in

	Mu       sync.Mutex // guards what follows
	Changed  *sync.Cond
	NextID   int64
	Answers  map[int64]Message
	Orphans  []Message // errors without an id
	Sockets  map[int64]*Remote
	Found    []protocol.ResolveFoundParams
	Sequence []string // what came, in order, when remembering
	Remember bool
	Gone     bool // the host's stdout has ended
}

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

// Options change the session under test.
type Options struct {
	Dialer *dial.Dialer
	Caps   *limits.Caps
	Policy string // the browser's managed settings
	Folder string // of the administrator's files
	Window int64
	Silent bool // no hello
	Judged bool // the dialer asks the usual rules
	Lanes  bool // documents may bring lanes
	// patience with peers that acknowledge nothing
	Patience time.Duration
	Log      io.Writer
	// policyChanged is called with each new policy
	PolicyChanged func()
	Browse        func(*discover.Browser, context.Context, discover.Query, func(discover.Device)) error
}

func Start(t testing.TB, o Options) *Broker {
	t.Helper()
	hostIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, hostOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	store := policy.Open(o.Folder, policy.Options{Validator: v, Owner: os.Geteuid(), Log: zerolog.Nop()})
	near := nearby.New(zerolog.Nop())
	if o.Dialer == nil {
		o.Dialer = &dial.Dialer{Rules: sockets.Rules(store, near)}
	}
	if o.Judged {
		o.Dialer.Rules = sockets.Rules(store, near)
	}
	caps := limits.Standard()
	// Tests open sockets faster than any page may.
	caps.AttemptBurst, caps.AttemptsPerSecond, caps.AttemptsPerMinuteOverall = 0, 0, 0
	if o.Caps != nil {
		caps = *o.Caps
	}
	b := &Broker{
		T: t, In: in, Out: out, v: v, Audit: &Lines{},
		Ended:   make(chan error, 1),
		Answers: map[int64]Message{}, Sockets: map[int64]*Remote{},
	}
	b.Changed = sync.NewCond(&b.Mu)
	ctx, cancel := context.WithCancel(t.Context())
	log := zerolog.Nop()
	if o.Log != nil {
		log = zerolog.New(o.Log)
	}
	s := session.New(session.Config{
		In: hostIn, Out: hostOut, Validator: v, Dialer: o.Dialer, Policy: store, Near: near,
		Caps: caps, Audit: audit.New(b.Audit, "test"), Log: log, Window: o.Window, Patience: o.Patience, Browse: o.Browse,
	})
	if o.Lanes {
		s.LaneOrigin = laneOrigin
	}
	if o.PolicyChanged != nil {
		s.PolicyChanged = func(*policy.Policy) { o.PolicyChanged() }
	}
	go func() { b.Ended <- s.Run(ctx) }()
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		b.listen()
	}()
	t.Cleanup(func() {
		in.Close()
		select {
		case <-b.Ended:
		case <-time.After(Patience):
			t.Error("the session does not end")
		}
		cancel()
		<-listening
		out.Close()
	})
	if !o.Silent {
		b.MustCall(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion, ExtensionVersion: "test"}, nil)
	}
	if o.Policy != "" {
		b.Managed(o.Policy)
	}
	return b
}

// Managed sends the browser's managed settings, which must be valid.
func (b *Broker) Managed(settings string) {
	b.T.Helper()
	var result protocol.PolicyManagedResult
	b.MustCall(protocol.MethodPolicyManaged, protocol.PolicyManagedParams{Settings: settings}, &result)
	if !result.Valid {
		b.T.Fatalf("not valid: %s", settings)
	}
}

// Lines is an audit log in memory.
type Lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Lines) All() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}

// Raw sends body as a frame.
func (b *Broker) Raw(body []byte) {
	frame := append(protocol.BeginFrame(nil), body...)
	if err := protocol.EndFrame(frame); err != nil {
		b.T.Error(err)
		return
	}
	b.RawBytes(frame)
}

func (b *Broker) RawBytes(p []byte) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if _, err := b.In.Write(p); err != nil && !errors.Is(err, os.ErrClosed) {
		b.Mu.Lock()
		gone := b.Gone
		b.Mu.Unlock()
		// The test's context ends the session before its cleanup does.
		if !gone && b.T.Context().Err() == nil {
			b.T.Errorf("the host's stdin: %v", err)
		}
	}
}

func (b *Broker) Notify(method string, params any) {
	frame, err := protocol.AppendNotification(nil, method, params)
	if err != nil {
		b.T.Error(err)
		return
	}
	b.RawBytes(frame)
}

// Ask sends a request and returns its id.
func (b *Broker) Ask(method string, params any) int64 {
	b.T.Helper()
	b.Mu.Lock()
	b.NextID++
	id := b.NextID
	b.Mu.Unlock()
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		b.T.Fatal(err)
	}
	b.Raw(text)
	return id
}

// Wait waits until condition, which is called with b.mu held, is true.
func (b *Broker) Wait(what string, condition func() bool) {
	b.T.Helper()
	timer := time.AfterFunc(Patience, func() {
		b.Mu.Lock()
		b.Changed.Broadcast()
		b.Mu.Unlock()
	})
	defer timer.Stop()
	deadline := time.Now().Add(Patience)
	b.Mu.Lock()
	defer b.Mu.Unlock()
	for !condition() {
		if b.Gone {
			b.T.Fatalf("waiting for %s: the host is gone", what)
		}
		if !time.Now().Before(deadline) {
			b.T.Fatalf("waiting for %s: it does not come", what)
		}
		b.Changed.Wait()
	}
}

// Answer waits for the answer to a request.
func (b *Broker) Answer(id int64) Message {
	b.T.Helper()
	b.Wait(fmt.Sprintf("the answer to %d", id), func() bool { _, ok := b.Answers[id]; return ok })
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return b.Answers[id]
}

// MustCall asks and wants a result.
func (b *Broker) MustCall(method string, params, result any) {
	b.T.Helper()
	m := b.Answer(b.Ask(method, params))
	b.WantResult(method, m, result)
}

func (b *Broker) WantResult(method string, m Message, result any) {
	b.T.Helper()
	if m.Error != nil {
		b.T.Fatalf("%s: %v", method, m.Error)
	}
	if err := b.v.Check(method+".result", m.Result); err != nil {
		b.T.Fatalf("%s: %s: %v", method, m.Result, err)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.T.Fatal(err)
		}
	}
}

// WantFailure wants the answer m to be code 1 with this name and reason.
func WantFailure(t testing.TB, m Message, name, reason string) {
	t.Helper()
	if m.Error == nil || m.Error.Code != protocol.CodeFailed || m.Error.Data == nil ||
		m.Error.Data.Name != name || m.Error.Data.Reason != reason {
		t.Fatalf("got %s, %v; want %s, %s", m.Result, m.Error, name, reason)
	}
}

// WantCode wants the answer m to be an error of this code.
func WantCode(t testing.TB, m Message, code int64) {
	t.Helper()
	if m.Error == nil || m.Error.Code != code {
		t.Fatalf("got %s, %v; want code %d", m.Result, m.Error, code)
	}
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

func Keep(_ *protocol.TCPOpenParams, r *Remote) { r.Keep = true }

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

func (b *Broker) WaitReceived(r *Remote, n int64) {
	b.T.Helper()
	b.Wait(fmt.Sprintf("%d bytes", n), func() bool { return r.Received >= n })
}

func (b *Broker) WaitClosed(r *Remote) protocol.SocketClosedParams {
	b.T.Helper()
	b.Wait("socket.closed", func() bool { return r.Closed != nil })
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return *r.Closed
}

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

func (b *Broker) Judged(host string, port int64, entered bool) protocol.PolicyJudgeResult {
	b.T.Helper()
	var result protocol.PolicyJudgeResult
	b.MustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
		Origin: "https://page.example", Protocol: "tcp", Host: host, Port: port, UserEntered: entered,
	}, &result)
	return result
}
