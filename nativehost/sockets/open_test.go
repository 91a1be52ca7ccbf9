package sockets_test

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

func TestOpenFailsWithItsReason(t *testing.T) {
	closed := closedPort(t)
	b := hosttest.Start(t, hosttest.Options{})
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
			p := b.TCP(closed)
			c.change(&p)
			hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), c.name, c.reason)
			// Nothing is left behind.
			gone := b.Answer(b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID}))
			hosttest.WantFailure(t, gone, "InvalidStateError", "gone")
		})
	}
}

func TestBlackHoleTimesOut(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	p := b.TCP(hosttest.BlackHole(t))
	p.Timeout = 200
	began := time.Now()
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), "NetworkError", "timeout")
	if took := time.Since(began); took < 200*time.Millisecond || took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestCloseGivesUpOpening(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	p := b.TCP(hosttest.BlackHole(t))
	b.Mu.Lock()
	b.Remember = true
	b.Mu.Unlock()
	open := b.Ask(protocol.MethodTCPOpen, p)
	first := b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID})
	hosttest.WantFailure(t, b.Answer(open), "AbortError", "aborted")
	b.WantResult(protocol.MethodSocketClose, b.Answer(first), nil)
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if got := strings.Join(b.Sequence, ", "); got != "answer 2, answer 3" {
		t.Errorf("in the order %s", got)
	}
}

// The answers to an open and a close that cross are right in either order of
// events: aborted and then closed, or open and then closed.
func TestCloseRacesWithOpen(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, hosttest.Echo)
	for range 200 {
		p := b.TCP(port)
		open := b.Ask(protocol.MethodTCPOpen, p)
		closing := b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID, Reset: true})
		m := b.Answer(open)
		b.WantResult(protocol.MethodSocketClose, b.Answer(closing), nil)
		if m.Error != nil {
			hosttest.WantFailure(t, m, "AbortError", "aborted")
			continue
		}
		b.WaitClosed(b.Remote(p.SocketID))
	}
}

func TestLimits(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Caps: &limits.Caps{Overall: 4, PerOrigin: 3, PendingPerOrigin: 2}})
	port, hole := hosttest.Serve(t, hosttest.Echo), hosttest.BlackHole(t)
	from := func(origin string, port int) (protocol.TCPOpenParams, hosttest.Message) {
		p := b.TCP(port)
		p.Origin = origin
		return p, b.Answer(b.Ask(protocol.MethodTCPOpen, p))
	}
	var first protocol.TCPOpenParams
	for i := range 3 {
		p, m := from("https://a.example", port)
		b.WantResult(protocol.MethodTCPOpen, m, nil)
		if i == 0 {
			first = p
		}
	}
	_, m := from("https://a.example", port)
	hosttest.WantFailure(t, m, "QuotaExceededError", "limit")
	_, m = from("https://b.example", port)
	b.WantResult(protocol.MethodTCPOpen, m, nil)
	_, m = from("https://c.example", port)
	hosttest.WantFailure(t, m, "NotAllowedError", "limit")
	// A socket that has gone makes room at once.
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: first.SocketID}, nil)
	b.WaitClosed(b.Remote(first.SocketID))
	_, m = from("https://a.example", port)
	b.WantResult(protocol.MethodTCPOpen, m, nil)

	pending := hosttest.Start(t, hosttest.Options{Caps: &limits.Caps{Overall: 10, PerOrigin: 10, PendingPerOrigin: 2}})
	for range 2 {
		pending.Ask(protocol.MethodTCPOpen, pending.TCP(hole))
	}
	hosttest.WantFailure(t, pending.Answer(pending.Ask(protocol.MethodTCPOpen, pending.TCP(port))), "QuotaExceededError", "limit")
}

// Whatever windows of one kind have used up, those of the other have all of theirs: of
// sockets, of those that are opening, and of attempts, of the same origin and in all.
func TestPrivateWindowsAreCountedApart(t *testing.T) {
	caps := limits.Caps{Overall: 4, PerOrigin: 2, PendingPerOrigin: 2, AttemptBurst: 4, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 40}
	b := hosttest.Start(t, hosttest.Options{Caps: &caps})
	port := hosttest.Serve(t, hosttest.Echo)
	from := func(origin string, private bool) hosttest.Message {
		p := b.TCP(port)
		p.Origin, p.Private = origin, private
		return b.Answer(b.Ask(protocol.MethodTCPOpen, p))
	}
	for _, private := range []bool{false, true} {
		// The second time, nothing of what the first has done can be told.
		for _, origin := range []string{"https://a.example", "https://b.example"} {
			for range caps.PerOrigin {
				b.WantResult(protocol.MethodTCPOpen, from(origin, private), nil)
			}
			hosttest.WantFailure(t, from(origin, private), "QuotaExceededError", "limit")
		}
		hosttest.WantFailure(t, from("https://c.example", private), "NotAllowedError", "limit")
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
			b := hosttest.Start(t, hosttest.Options{Caps: &caps})
			var asked []int64
			for range 3 {
				p := b.TCP(9)
				fails(&p)
				asked = append(asked, b.Ask(protocol.MethodTCPOpen, p))
				if p.UserEntered {
					// The network has to say so first. Refusals are known at once, and told
					// after the refusal delay, in which a token comes back.
					b.Answer(asked[len(asked)-1])
				}
			}
			for i, id := range asked {
				answer := b.Answer(id)
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
	log := &hosttest.Lines{}
	b := hosttest.Start(t, hosttest.Options{Log: log})
	fail := func(private bool) {
		p := b.TCP(closedPort(t))
		p.Private = private
		hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), "NetworkError", "refused")
	}
	fail(true)
	for _, line := range log.All() {
		if strings.Contains(line, "127.0.0.1") || strings.Contains(line, "not opened") {
			t.Errorf("a private window leaves %s", line)
		}
	}
	fail(false)
	if !slices.ContainsFunc(log.All(), func(line string) bool { return strings.Contains(line, "127.0.0.1") }) {
		t.Errorf("the log lacks the cause: %q", log.All())
	}
}

// Opens without end that are refused turn neither log over.
func TestFloodOfRefusalsInTheLogs(t *testing.T) {
	log := &hosttest.Lines{}
	b := hosttest.Start(t, hosttest.Options{Log: log})
	const tries = 3 * protocol.AuditLinesPerOrigin
	var asked []int64
	for range tries {
		p := b.TCP(9)
		p.Origin = "http://insecure.example"
		asked = append(asked, b.Ask(protocol.MethodTCPOpen, p))
	}
	for _, id := range asked {
		hosttest.WantFailure(t, b.Answer(id), "NotAllowedError", "origin")
	}
	// What the extension has counted is no line, either.
	b.Notify(protocol.MethodAuditRefused, protocol.AuditRefusedParams{Origin: "https://page.example", Protocol: "tcp", Rule: "user", More: 1})
	b.In.Close()
	<-b.Ended
	b.Ended <- nil
	diagnostics := slices.DeleteFunc(log.All(), func(line string) bool { return !strings.Contains(line, "not opened") })
	if a, d := len(b.Audit.All()), len(diagnostics); a != protocol.AuditLinesPerOrigin || d != a {
		t.Errorf("%d refusals are %d lines in the audit log, %d in the host's log", tries, a, d)
	}
}

func TestAuditTellsAllButPrivateWindows(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, hosttest.Echo)
	r, _ := b.Open(port, nil)
	b.Write(r, []byte("12345"), nil)
	b.WaitReceived(r, 5)
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
	b.WaitClosed(r)
	refused := b.TCP(port)
	refused.Origin = "http://insecure.example"
	b.Answer(b.Ask(protocol.MethodTCPOpen, refused))
	b.Notify(protocol.MethodAuditRefused, protocol.AuditRefusedParams{
		Origin: "https://asked.example", Protocol: "udp", Host: "host.example", Port: 53, Rule: "user",
	})
	b.Notify(protocol.MethodAuditRefused, protocol.AuditRefusedParams{
		Origin: "https://asked.example", Protocol: "tcp", Local: true, Host: "0.0.0.0", Port: 40000, Rule: "user",
	})
	private, _ := b.Open(port, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) {
		p.Private, p.Origin, p.Document = true, "https://secret.example", "secret-document"
	})
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: private.ID}, nil)
	b.WaitClosed(private)
	b.Notify(protocol.MethodAuditRefused, protocol.AuditRefusedParams{
		Origin: "https://secret.example", Protocol: "tcp", Host: "secret-host.example", Port: 4242, Private: true, Rule: "limit",
	})
	b.In.Close()
	<-b.Ended
	b.Ended <- nil

	var events []string
	for _, line := range b.Audit.All() {
		if strings.Contains(line, "secret") || strings.Contains(line, "4242") {
			t.Errorf("a private window leaves %s", line)
		}
		var entry struct {
			Event, Origin, Host, By, Reason string
			BytesIn, BytesOut               int64
			Private, Local                  bool
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
		if entry.Local != (entry.Host == "0.0.0.0") {
			t.Errorf("whose address it is, is told wrongly: %s", line)
		}
		events = append(events, strings.TrimSpace(entry.Event+" "+entry.By+" "+entry.Reason))
	}
	want := "open|close|refuse host origin|refuse extension user|refuse extension user|open|close|refuse extension limit"
	if got := strings.Join(events, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
