package session

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
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// patience is how long a test waits for what must happen. It is long, since it is
// only ever used up by a test that fails.
const patience = 20 * time.Second

// message is anything that the host says.
type message struct {
	ID     *int64             `json:"id"`
	Method string             `json:"method"`
	Params json.RawMessage    `json:"params"`
	Result json.RawMessage    `json:"result"`
	Error  *protocol.RPCError `json:"error"`
}

// broker plays the extension's side over real pipes. It checks everything that the
// host says against the schemas.
type broker struct {
	t     testing.TB
	in    *os.File // the host's stdin
	out   *os.File // the host's stdout
	audit *lines
	ended chan error
	v     *protocol.Validator

	writing sync.Mutex // one frame at a time on in

	mu       sync.Mutex // guards what follows
	changed  *sync.Cond
	nextID   int64
	answers  map[int64]message
	orphans  []message // errors without an id
	sockets  map[int64]*remote
	found    []protocol.ResolveFoundParams
	sequence []string // what came, in order, when remembering
	remember bool
	gone     bool // the host's stdout has ended
}

// remote is what the broker knows about one of its sockets.
type remote struct {
	id       int64
	keep     bool // keep the bytes, not only their number and hash
	frames   [][]byte
	received int64
	hash     hash.Hash
	credit   int64 // bytes that may be sent to the host
	sent     int64 // bytes that were
	stalled  bool  // gives no credit
	owed     int64
	ended    bool
	closed   *protocol.SocketClosedParams
}

// options change the session under test.
type options struct {
	dialer *dial.Dialer
	caps   *limits.Caps
	policy string // the browser's managed settings
	folder string // of the administrator's files
	window int64
	silent bool // no hello
	judged bool // the dialer asks the usual rules
	lanes  bool // documents may bring lanes
	// patience with peers that acknowledge nothing
	patience time.Duration
	log      io.Writer
	// policyChanged is called with each new policy
	policyChanged func()
	browse        func(*discover.Browser, context.Context, discover.Query, func(discover.Device)) error
}

func start(t testing.TB, o options) *broker {
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
	store := policy.Open(o.folder, policy.Options{Validator: v, Owner: os.Geteuid(), Log: zerolog.Nop()})
	near := nearby.New(zerolog.Nop())
	if o.dialer == nil {
		o.dialer = &dial.Dialer{Rules: sockets.Rules(store, near)}
	}
	if o.judged {
		o.dialer.Rules = sockets.Rules(store, near)
	}
	caps := limits.Standard()
	// Tests open sockets faster than any page may.
	caps.AttemptBurst, caps.AttemptsPerSecond, caps.AttemptsPerMinuteOverall = 0, 0, 0
	if o.caps != nil {
		caps = *o.caps
	}
	b := &broker{
		t: t, in: in, out: out, v: v, audit: &lines{},
		ended:   make(chan error, 1),
		answers: map[int64]message{}, sockets: map[int64]*remote{},
	}
	b.changed = sync.NewCond(&b.mu)
	ctx, cancel := context.WithCancel(t.Context())
	log := zerolog.Nop()
	if o.log != nil {
		log = zerolog.New(o.log)
	}
	s := New(Config{
		In: hostIn, Out: hostOut, Validator: v, Dialer: o.dialer, Policy: store, Near: near,
		Caps: caps, Audit: audit.New(b.audit, "test"), Log: log, Window: o.window, Patience: o.patience, Browse: o.browse,
	})
	if o.lanes {
		s.LaneOrigin = laneOrigin
	}
	if o.policyChanged != nil {
		s.PolicyChanged = func(*policy.Policy) { o.policyChanged() }
	}
	go func() { b.ended <- s.Run(ctx) }()
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		b.listen()
	}()
	t.Cleanup(func() {
		in.Close()
		select {
		case <-b.ended:
		case <-time.After(patience):
			t.Error("the session does not end")
		}
		cancel()
		<-listening
		out.Close()
	})
	if !o.silent {
		b.mustCall(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion, ExtensionVersion: "test"}, nil)
	}
	if o.policy != "" {
		b.managed(o.policy)
	}
	return b
}

// managed sends the browser's managed settings, which must be valid.
func (b *broker) managed(settings string) {
	b.t.Helper()
	var result protocol.PolicyManagedResult
	b.mustCall(protocol.MethodPolicyManaged, protocol.PolicyManagedParams{Settings: settings}, &result)
	if !result.Valid {
		b.t.Fatalf("not valid: %s", settings)
	}
}

// lines is an audit log in memory.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}

// raw sends body as a frame.
func (b *broker) raw(body []byte) {
	frame := append(protocol.BeginFrame(nil), body...)
	if err := protocol.EndFrame(frame); err != nil {
		b.t.Error(err)
		return
	}
	b.rawBytes(frame)
}

func (b *broker) rawBytes(p []byte) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if _, err := b.in.Write(p); err != nil && !errors.Is(err, os.ErrClosed) {
		b.mu.Lock()
		gone := b.gone
		b.mu.Unlock()
		// The test's context ends the session before its cleanup does.
		if !gone && b.t.Context().Err() == nil {
			b.t.Errorf("the host's stdin: %v", err)
		}
	}
}

func (b *broker) notify(method string, params any) {
	frame, err := protocol.AppendNotification(nil, method, params)
	if err != nil {
		b.t.Error(err)
		return
	}
	b.rawBytes(frame)
}

// ask sends a request and returns its id.
func (b *broker) ask(method string, params any) int64 {
	b.t.Helper()
	b.mu.Lock()
	b.nextID++
	id := b.nextID
	b.mu.Unlock()
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		b.t.Fatal(err)
	}
	b.raw(text)
	return id
}

// wait waits until condition, which is called with b.mu held, is true.
func (b *broker) wait(what string, condition func() bool) {
	b.t.Helper()
	timer := time.AfterFunc(patience, func() {
		b.mu.Lock()
		b.changed.Broadcast()
		b.mu.Unlock()
	})
	defer timer.Stop()
	deadline := time.Now().Add(patience)
	b.mu.Lock()
	defer b.mu.Unlock()
	for !condition() {
		if b.gone {
			b.t.Fatalf("waiting for %s: the host is gone", what)
		}
		if !time.Now().Before(deadline) {
			b.t.Fatalf("waiting for %s: it does not come", what)
		}
		b.changed.Wait()
	}
}

// answer waits for the answer to a request.
func (b *broker) answer(id int64) message {
	b.t.Helper()
	b.wait(fmt.Sprintf("the answer to %d", id), func() bool { _, ok := b.answers[id]; return ok })
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answers[id]
}

// mustCall asks and wants a result.
func (b *broker) mustCall(method string, params, result any) {
	b.t.Helper()
	m := b.answer(b.ask(method, params))
	b.wantResult(method, m, result)
}

func (b *broker) wantResult(method string, m message, result any) {
	b.t.Helper()
	if m.Error != nil {
		b.t.Fatalf("%s: %v", method, m.Error)
	}
	if err := b.v.Check(method+".result", m.Result); err != nil {
		b.t.Fatalf("%s: %s: %v", method, m.Result, err)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatal(err)
		}
	}
}

// wantFailure wants the answer m to be code 1 with this name and reason.
func wantFailure(t testing.TB, m message, name, reason string) {
	t.Helper()
	if m.Error == nil || m.Error.Code != protocol.CodeFailed || m.Error.Data == nil ||
		m.Error.Data.Name != name || m.Error.Data.Reason != reason {
		t.Fatalf("got %s, %v; want %s, %s", m.Result, m.Error, name, reason)
	}
}

// wantCode wants the answer m to be an error of this code.
func wantCode(t testing.TB, m message, code int64) {
	t.Helper()
	if m.Error == nil || m.Error.Code != code {
		t.Fatalf("got %s, %v; want code %d", m.Result, m.Error, code)
	}
}

// tcp returns parameters to open a TCP socket to 127.0.0.1.
func (b *broker) tcp(port int) protocol.TCPOpenParams {
	return protocol.TCPOpenParams{OpenRequest: protocol.OpenRequest{
		SocketID: b.register().id, Origin: "https://page.example", Document: "document",
		Host: "127.0.0.1", Port: int64(port), UserEntered: true, Window: protocol.WindowBytes,
	}}
}

// register makes a socket known before the host may speak of it.
func (b *broker) register() *remote {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := &remote{id: int64(len(b.sockets) + 1), hash: sha256.New()}
	b.sockets[r.id] = r
	return r
}

func (b *broker) remote(id int64) *remote {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sockets[id]
}

// open opens a TCP socket as change says.
func (b *broker) open(port int, change func(*protocol.TCPOpenParams, *remote)) (*remote, protocol.TCPOpenResult) {
	b.t.Helper()
	p := b.tcp(port)
	r := b.remote(p.SocketID)
	if change != nil {
		b.mu.Lock()
		change(&p, r)
		b.mu.Unlock()
	}
	var result protocol.TCPOpenResult
	b.mustCall(protocol.MethodTCPOpen, p, &result)
	b.mu.Lock()
	r.credit += result.Window
	b.mu.Unlock()
	return r, result
}

func keep(_ *protocol.TCPOpenParams, r *remote) { r.keep = true }

// write sends one frame to the host, without an id when id is nil.
func (b *broker) write(r *remote, payload []byte, id *int64) {
	b.mu.Lock()
	r.sent += int64(len(payload))
	b.mu.Unlock()
	text := []byte(`{"jsonrpc":"2.0",`)
	if id != nil {
		text = fmt.Appendf(text, `"id":%d,`, *id)
	}
	text = fmt.Appendf(text, `"method":"socket.write","params":{"socketId":%d,"data":"`, r.id)
	text = base64.StdEncoding.AppendEncode(text, payload)
	b.raw(append(text, `"}}`...))
}

// writeAsk writes with an id and returns it.
func (b *broker) writeAsk(r *remote, payload []byte) int64 {
	b.mu.Lock()
	b.nextID++
	id := b.nextID
	b.mu.Unlock()
	b.write(r, payload, &id)
	return id
}

// send sends any number of bytes as credit allows.
func (b *broker) send(r *remote, payload []byte) {
	b.t.Helper()
	for len(payload) > 0 {
		n := min(len(payload), protocol.ChunkBytes)
		b.wait("credit", func() bool { return r.credit >= int64(n) || r.closed != nil })
		b.mu.Lock()
		r.credit -= int64(n)
		b.mu.Unlock()
		b.write(r, payload[:n], nil)
		payload = payload[n:]
	}
}

// bytes returns what a kept socket has received.
func (b *broker) bytes(r *remote) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Join(r.frames, nil)
}

func (b *broker) waitReceived(r *remote, n int64) {
	b.t.Helper()
	b.wait(fmt.Sprintf("%d bytes", n), func() bool { return r.received >= n })
}

func (b *broker) waitClosed(r *remote) protocol.SocketClosedParams {
	b.t.Helper()
	b.wait("socket.closed", func() bool { return r.closed != nil })
	b.mu.Lock()
	defer b.mu.Unlock()
	return *r.closed
}

func (b *broker) waitEnd(r *remote) {
	b.t.Helper()
	b.wait("socket.end", func() bool { return r.ended })
}

// wantClosed waits for socket.closed with this name and reason.
func (b *broker) wantClosed(r *remote, name, reason string) protocol.SocketClosedParams {
	b.t.Helper()
	got := b.waitClosed(r)
	if got.Name != name || got.Reason != reason {
		b.t.Fatalf("closed with %q, %q; want %q, %q", got.Name, got.Reason, name, reason)
	}
	return got
}

// wantAlive wants a socket whose peer echoes to echo.
func (b *broker) wantAlive(r *remote) {
	b.t.Helper()
	b.mu.Lock()
	before := r.received
	b.mu.Unlock()
	if m := b.answer(b.writeAsk(r, []byte("still there?"))); m.Error != nil {
		b.t.Fatalf("socket %d is dead: %v", r.id, m.Error)
	}
	b.waitReceived(r, before+int64(len("still there?")))
}
