// Package hosttest plays the browser's side of a session, for tests: a broker over real
// pipes, which checks everything that the host says against the schemas; documents that
// bring lanes; and peers in the network.
package hosttest

import (
	"bytes"
	"cmp"
	"context"
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
	"github.com/portside/portside/nativehost/internal/auditschema"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/session"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/nativehost/trust"
	"github.com/portside/portside/protocol"
)

// Patience is how long a test waits for what must happen. It is long, since it is
// only ever used up by a test that fails.
const Patience = 20 * time.Second

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

	Mu        sync.Mutex // guards what follows
	Changed   *sync.Cond
	NextID    int64
	Answers   map[int64]Message
	WithoutID []Message // errors without an id
	Sockets   map[int64]*Remote
	Found     []protocol.ResolveFoundParams
	Reports   []protocol.ReopenReportParams
	Sequence  []string // what came, in order, when remembering
	Remember  bool
	Gone      bool // the host's stdout has ended
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
	Told   bool // they may, of the origin that the extension tells
	// Patience with peers that acknowledge nothing.
	Patience time.Duration
	Log      io.Writer
	// AuditLog takes the place of one in memory.
	AuditLog *audit.Log
	// PolicyChanged is called with each new policy.
	PolicyChanged func()
	Browse        func(*discover.Browser, context.Context, discover.Query, func(discover.Device)) error
}

// Start begins a session, which the end of the test ends, and says hello to it.
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
	store := policy.Open(o.Folder, policy.Options{Validator: v, Owner: owner(t), Log: zerolog.Nop()})
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
		Caps: caps, Audit: cmp.Or(o.AuditLog, audit.New(b.Audit, "test")), Log: log, Window: o.Window, Patience: o.Patience, Browse: o.Browse,
	})
	if o.Lanes {
		s.LaneOrigin = laneOrigin
	}
	s.LaneOriginTold = o.Told
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
		for _, line := range b.Audit.All() {
			if err := auditschema.Check(line); line != "" && err != nil {
				t.Errorf("the audit log: %v", err)
			}
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

// Lines is an audit log in memory.
type Lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// All returns the lines so far.
func (l *Lines) All() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}

// owner is whose policy files the host trusts beside root's. An ordinary user who is root in
// a namespace of their own sees another owner of what the system's root has.
func owner(t testing.TB) int {
	t.Helper()
	info, err := os.Stat("/")
	if err != nil {
		t.Fatal(err)
	}
	if uid, _, ok := trust.Owner(info); ok && uid != 0 && os.Geteuid() == 0 {
		return uid
	}
	return os.Geteuid()
}
