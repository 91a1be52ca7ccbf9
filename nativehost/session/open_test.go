package session

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

func TestOpenFailsWithItsReason(t *testing.T) {
	closed := closedPort(t)
	b := start(t, options{})
	for _, c := range []struct {
		what         string
		change       func(*protocol.TCPOpenParams)
		name, reason string
	}{
		{"refused", func(*protocol.TCPOpenParams) {}, "NetworkError", "refused"},
		{"no such name", func(p *protocol.TCPOpenParams) { p.Host = "no-such-name.invalid" }, "NetworkError", "dns"},
		{"no name at all", func(p *protocol.TCPOpenParams) { p.Host = "not a name" }, "NetworkError", "dns"},
		{"no address of this family", func(p *protocol.TCPOpenParams) { p.DNSQueryType = "ipv6" }, "NetworkError", "dns"},
		{"http origin", func(p *protocol.TCPOpenParams) { p.Origin = "http://page.example" }, "NotAllowedError", "origin"},
		{"opaque origin", func(p *protocol.TCPOpenParams) { p.Origin = "null" }, "NotAllowedError", "origin"},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := b.tcp(closed)
			c.change(&p)
			wantFailure(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), c.name, c.reason)
			// Nothing is left behind.
			gone := b.answer(b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID}))
			wantFailure(t, gone, "InvalidStateError", "gone")
		})
	}
}

func TestBlackHoleTimesOut(t *testing.T) {
	b := start(t, options{})
	p := b.tcp(blackHole(t))
	p.Timeout = 200
	began := time.Now()
	wantFailure(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), "NetworkError", "timeout")
	if took := time.Since(began); took < 200*time.Millisecond || took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestCloseGivesUpOpening(t *testing.T) {
	b := start(t, options{})
	p := b.tcp(blackHole(t))
	b.mu.Lock()
	b.remember = true
	b.mu.Unlock()
	open := b.ask(protocol.MethodTCPOpen, p)
	first := b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID})
	wantFailure(t, b.answer(open), "AbortError", "aborted")
	b.wantResult(protocol.MethodSocketClose, b.answer(first), nil)
	b.mu.Lock()
	defer b.mu.Unlock()
	if got := strings.Join(b.sequence, ", "); got != "answer 2, answer 3" {
		t.Errorf("in the order %s", got)
	}
}

// The answers to an open and a close that cross are right in either order of
// events: aborted and then closed, or open and then closed.
func TestCloseRacesWithOpen(t *testing.T) {
	b := start(t, options{})
	port := serve(t, echo)
	for range 200 {
		p := b.tcp(port)
		open := b.ask(protocol.MethodTCPOpen, p)
		closing := b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID, Reset: true})
		m := b.answer(open)
		b.wantResult(protocol.MethodSocketClose, b.answer(closing), nil)
		if m.Error != nil {
			wantFailure(t, m, "AbortError", "aborted")
			continue
		}
		b.waitClosed(b.remote(p.SocketID))
	}
}

func TestLimits(t *testing.T) {
	b := start(t, options{caps: &limits.Caps{Overall: 4, PerOrigin: 3, PendingPerOrigin: 2}})
	port, hole := serve(t, echo), blackHole(t)
	from := func(origin string, port int) (protocol.TCPOpenParams, message) {
		p := b.tcp(port)
		p.Origin = origin
		return p, b.answer(b.ask(protocol.MethodTCPOpen, p))
	}
	var first protocol.TCPOpenParams
	for i := range 3 {
		p, m := from("https://a.example", port)
		b.wantResult(protocol.MethodTCPOpen, m, nil)
		if i == 0 {
			first = p
		}
	}
	_, m := from("https://a.example", port)
	wantFailure(t, m, "QuotaExceededError", "limit")
	_, m = from("https://b.example", port)
	b.wantResult(protocol.MethodTCPOpen, m, nil)
	_, m = from("https://c.example", port)
	wantFailure(t, m, "NotAllowedError", "limit")
	// A socket that has gone makes room at once.
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: first.SocketID}, nil)
	b.waitClosed(b.remote(first.SocketID))
	_, m = from("https://a.example", port)
	b.wantResult(protocol.MethodTCPOpen, m, nil)

	pending := start(t, options{caps: &limits.Caps{Overall: 10, PerOrigin: 10, PendingPerOrigin: 2}})
	for range 2 {
		pending.ask(protocol.MethodTCPOpen, pending.tcp(hole))
	}
	wantFailure(t, pending.answer(pending.ask(protocol.MethodTCPOpen, pending.tcp(port))), "QuotaExceededError", "limit")
}

// Whatever windows of one kind have used up, those of the other have all of theirs: of
// sockets, of those that are opening, and of attempts, of the same origin and in all.
func TestPrivateWindowsAreCountedApart(t *testing.T) {
	caps := limits.Caps{Overall: 4, PerOrigin: 2, PendingPerOrigin: 2, AttemptBurst: 4, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 40}
	b := start(t, options{caps: &caps})
	port := serve(t, echo)
	from := func(origin string, private bool) message {
		p := b.tcp(port)
		p.Origin, p.Private = origin, private
		return b.answer(b.ask(protocol.MethodTCPOpen, p))
	}
	for _, private := range []bool{false, true} {
		// The second time, nothing of what the first has done can be told.
		for _, origin := range []string{"https://a.example", "https://b.example"} {
			for range caps.PerOrigin {
				b.wantResult(protocol.MethodTCPOpen, from(origin, private), nil)
			}
			wantFailure(t, from(origin, private), "QuotaExceededError", "limit")
		}
		wantFailure(t, from("https://c.example", private), "NotAllowedError", "limit")
	}
}

// Whatever an attempt fails at, it costs its origin a second token.
func TestFailedAttemptsCostDouble(t *testing.T) {
	for what, fails := range map[string]func(*protocol.TCPOpenParams){
		"nobody listens": func(p *protocol.TCPOpenParams) { p.Port = int64(closedPort(t)) },
		"the rules":      func(p *protocol.TCPOpenParams) { p.UserEntered = false },
	} {
		t.Run(what, func(t *testing.T) {
			caps := limits.Standard()
			caps.AttemptBurst = 4
			b := start(t, options{caps: &caps})
			var asked []int64
			for range 3 {
				p := b.tcp(9)
				fails(&p)
				asked = append(asked, b.ask(protocol.MethodTCPOpen, p))
				if p.UserEntered {
					// The network has to say so first. Refusals are known at once, and told
					// on the beat, in which a token comes back.
					b.answer(asked[len(asked)-1])
				}
			}
			for i, id := range asked {
				answer := b.answer(id)
				if answer.Error == nil || (answer.Error.Data.Reason == "rate") != (i == 2) {
					t.Errorf("attempt %d: %+v", i, answer.Error)
				}
			}
		})
	}
}

// closedPort returns a port of this computer that nobody listens on.
func closedPort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// What went wrong names the destination; of a private window the log has none.
func TestLogKeepsPrivateWindowsOut(t *testing.T) {
	log := &lines{}
	b := start(t, options{log: log})
	fail := func(private bool) {
		p := b.tcp(closedPort(t))
		p.Private = private
		wantFailure(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), "NetworkError", "refused")
	}
	fail(true)
	for _, line := range log.all() {
		if strings.Contains(line, "127.0.0.1") || strings.Contains(line, "not opened") {
			t.Errorf("a private window leaves %s", line)
		}
	}
	fail(false)
	if !slices.ContainsFunc(log.all(), func(line string) bool { return strings.Contains(line, "127.0.0.1") }) {
		t.Errorf("the log lacks the cause: %q", log.all())
	}
}

// Opens without end that are refused turn neither log over.
func TestFloodOfRefusalsInTheLogs(t *testing.T) {
	log := &lines{}
	b := start(t, options{log: log})
	const tries = 3 * protocol.AuditLinesPerOrigin
	var asked []int64
	for range tries {
		p := b.tcp(9)
		p.Origin = "http://insecure.example"
		asked = append(asked, b.ask(protocol.MethodTCPOpen, p))
	}
	for _, id := range asked {
		wantFailure(t, b.answer(id), "NotAllowedError", "origin")
	}
	// What the extension has counted is no line, either.
	b.notify(protocol.MethodAuditRefused, protocol.AuditRefusedParams{Origin: "https://page.example", Protocol: "tcp", Rule: "user", More: 1})
	b.in.Close()
	<-b.ended
	b.ended <- nil
	diagnostics := slices.DeleteFunc(log.all(), func(line string) bool { return !strings.Contains(line, "not opened") })
	if a, d := len(b.audit.all()), len(diagnostics); a != protocol.AuditLinesPerOrigin || d != a {
		t.Errorf("%d refusals are %d lines in the audit log, %d in the host's log", tries, a, d)
	}
}

func TestAuditTellsAllButPrivateWindows(t *testing.T) {
	b := start(t, options{})
	port := serve(t, echo)
	r, _ := b.open(port, nil)
	b.write(r, []byte("12345"), nil)
	b.waitReceived(r, 5)
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id}, nil)
	b.waitClosed(r)
	refused := b.tcp(port)
	refused.Origin = "http://insecure.example"
	b.answer(b.ask(protocol.MethodTCPOpen, refused))
	b.notify(protocol.MethodAuditRefused, protocol.AuditRefusedParams{
		Origin: "https://asked.example", Protocol: "udp", Host: "host.example", Port: 53, Rule: "user",
	})
	private, _ := b.open(port, func(p *protocol.TCPOpenParams, _ *remote) {
		p.Private, p.Origin, p.Document = true, "https://secret.example", "secret-document"
	})
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: private.id}, nil)
	b.waitClosed(private)
	b.notify(protocol.MethodAuditRefused, protocol.AuditRefusedParams{
		Origin: "https://secret.example", Protocol: "tcp", Host: "secret-host.example", Port: 4242, Private: true, Rule: "limit",
	})
	b.in.Close()
	<-b.ended
	b.ended <- nil

	var events []string
	for _, line := range b.audit.all() {
		if strings.Contains(line, "secret") || strings.Contains(line, "4242") {
			t.Errorf("a private window leaves %s", line)
		}
		var entry struct {
			Event, Origin, Host, By, Reason string
			BytesIn, BytesOut               int64
			Private                         bool
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if entry.Private && (entry.Origin != "" || entry.Host != "") {
			t.Errorf("a private window leaves %s", line)
		}
		if entry.Event == "close" && !entry.Private && (entry.BytesIn != 5 || entry.BytesOut != 5 || entry.Host != "127.0.0.1") {
			t.Errorf("closed with %s", line)
		}
		events = append(events, strings.TrimSpace(entry.Event+" "+entry.By+" "+entry.Reason))
	}
	want := "open|close|refuse host origin|refuse extension user|open|close|refuse extension limit"
	if got := strings.Join(events, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
