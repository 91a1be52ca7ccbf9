package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/auditschema"
)

// everything has each member that a socket's line can have, as long as it can be.
func everything() Subject {
	s := Subject{
		SocketID: 1 << 53, Protocol: "tcp", Origin: "https://" + strings.Repeat("o", 504), Document: strings.Repeat("d", 128),
		Host: strings.Repeat("h", 255), Port: 65535, Secure: true, StartTLS: true, UserEntered: true,
		Admitted: "remembered", Policy: strings.Repeat("a", 64),
	}
	for i := range 40 {
		s.Rules = append(s.Rules, fmt.Sprintf("/etc/portside/policy.d/%s: allowedDestinations[%d]", strings.Repeat("ü\"\\\n", 200), i))
		s.Addresses = append(s.Addresses, netip.MustParseAddr(fmt.Sprintf("2001:db8:1111:2222:3333:4444:5555:%x", 0x1000+i)))
	}
	return s
}

func each(l *Log, s Subject) {
	peer := &Peer{Trust: "roots", Name: strings.Repeat("n", 255), Version: "1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", ALPN: strings.Repeat("\"", 255), Certificate: strings.Repeat("c", 64)}
	l.Opened(s, "[2001:db8::1]:65535", peer, time.Second)
	l.Secured(s, peer, time.Second)
	l.Refused(s, "host", "policy", "/etc/portside/policy.json: blockedDestinations[3]")
	l.Failed(s, "dns", time.Second)
	l.Reported(s, "/etc/portside/policy.json: blockedDestinations[3]")
	l.Accepted(s, 3, "[2001:db8::1]:65535")
	l.MoreRefused(s, "extension", "user", 5)
	l.Closed(s, Traffic{In: 1, Out: 2, Dropped: 3, Accepted: 4, TurnedAway: 5}, "reset", time.Minute)
	s.Local = true
	l.Listening(s, "[::]:40000", "anybody", time.Second)
	l.Bound(s, "[::]:40000", "network", "named", time.Second)
}

// TestLinesFitTheirSchema has the longest lines there can be, of all kinds, details and
// windows.
func TestLinesFitTheirSchema(t *testing.T) {
	seen := map[string]bool{}
	for _, detail := range []Detail{Full, Origins, Counts} {
		for _, windows := range []PrivateWindows{Unwritten, Counted, AsOthers} {
			for _, private := range []bool{false, true} {
				var out bytes.Buffer
				log := New(&out, NewSession())
				log.setDetail(detail, windows)
				long := strings.Repeat("\"ü", 400)
				log.Identify(Facts{UID: "1000", User: long, Machine: long, MachineID: strings.Repeat("0", 32), PID: 1, Family: "firefox", ExtensionID: long,
					Program: long, Profile: long, Host: long, Policy: strings.Repeat("b", 64), Managed: strings.Repeat("c", 64)})
				log.Greeted("1.2.3", "Firefox 150")
				s := everything()
				s.Private = private
				each(log, s)
				_ = log.Close()
				out.Write(lostLine("s")(3, time.Now()))
				for line := range strings.Lines(out.String()) {
					if err := auditschema.Check(line); err != nil {
						t.Errorf("%s, %s: %v", detail, windows, err)
					}
					if len(line) > longestLine {
						t.Errorf("%d bytes: %s", len(line), line)
					}
					var one struct{ Event string }
					_ = json.Unmarshal([]byte(line), &one)
					seen[one.Event] = true
				}
			}
		}
	}
	if len(seen) != 12 {
		t.Errorf("not all events are tried: %v", seen)
	}
	for _, wrong := range []string{`{"event":"open"}`, `{"session":"s","time":"2026-01-01T00:00:00Z","event":"opened"}`, `{"session":"s","time":"2026-01-01T00:00:00Z","event":"lost","lines":1,"since":"2026-01-01T00:00:00Z","x":1}`} {
		if auditschema.Check(wrong) == nil {
			t.Errorf("%s passes", wrong)
		}
	}
}

func TestPrivateWindows(t *testing.T) {
	for windows, want := range map[PrivateWindows]struct{ lines, told bool }{
		Unwritten: {false, false}, Counted: {true, false}, AsOthers: {true, true},
	} {
		var out bytes.Buffer
		log := New(&out, "s")
		log.setDetail(Full, windows)
		s := everything()
		s.Private = true
		each(log, s)
		_ = log.Close()
		if lines := out.Len() > 0; lines != want.lines {
			t.Errorf("%s: there are lines: %v", windows, lines)
		}
		for _, secret := range []string{s.Host, s.Origin, s.Document, "2001:db8", "allowedDestinations", "blockedDestinations", "nnnn", "cccc", "aaaa", "remembered"} {
			if told := strings.Contains(out.String(), secret); told != want.told {
				t.Errorf("%s: %.20s is told: %v", windows, secret, told)
			}
		}
		// Other windows are nothing to it.
		out.Reset()
		New(&out, "s").Closed(everything(), Traffic{}, "", 0)
		if !strings.Contains(out.String(), s.Host) {
			t.Errorf("%s: %s", windows, &out)
		}
	}
}

func facts(t *testing.T, text string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(text) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		if one["event"] == "session" {
			found = append(found, one)
		}
	}
	return found
}

func TestSessionFacts(t *testing.T) {
	var out bytes.Buffer
	log := New(&out, "s")
	now := time.Now()
	log.flood.now = func() time.Time { return now }
	write := func() { log.Closed(Subject{SocketID: 1, Protocol: "tcp"}, Traffic{}, "", 0) }
	count := func(want int, when string) map[string]any {
		t.Helper()
		list := facts(t, out.String())
		if len(list) != want {
			t.Fatalf("%s there are %d lines about the session, want %d", when, len(list), want)
		}
		if want == 0 {
			return nil
		}
		return list[want-1]
	}
	log.Greeted("1.0", "Chromium 156")
	write()
	count(0, "where nothing is known")
	out.Reset()
	log.Identify(Facts{UID: "1000", Host: "2.0", Policy: "p1"})
	count(0, "before any line")
	write()
	if !strings.Contains(strings.SplitN(out.String(), "\n", 2)[0], `"event":"session"`) {
		t.Errorf("the facts are not first: %s", &out)
	}
	count(1, "after a line")
	write()
	count(1, "after two lines")
	log.Greeted("1.0", "Chromium 156")
	write()
	if line := count(2, "after hello"); line["extension"] != "1.0" || line["browser"] != "Chromium 156" || line["uid"] != "1000" || line["format"] != 1.0 {
		t.Errorf("%v", line)
	}
	log.Governed("p1", "")
	write()
	count(2, "after the same policy")
	log.Governed("p2", "m")
	write()
	if line := count(3, "after a policy"); line["policy"] != "p2" || line["managed"] != "m" {
		t.Errorf("%v", line)
	}
	now = now.Add(factsEvery)
	write()
	count(4, "after an hour")
	for range factsLines {
		write()
	}
	count(5, "after many lines")
	now = now.Add(-48 * time.Hour)
	write()
	count(6, "after the clock was set back")
}

func TestSessionsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewSession()
		if len(id) != 32 || seen[id] {
			t.Fatal(id)
		}
		seen[id] = true
	}
}
