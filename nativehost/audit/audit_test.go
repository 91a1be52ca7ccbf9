package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestLines(t *testing.T) {
	subject := Subject{
		SocketID: 7, Protocol: "tcp", Origin: "https://page.example", Document: "doc-1",
		Host: "server.example", Port: 993, Secure: true, UserEntered: true,
	}
	for name, c := range map[string]struct {
		write func(*Log, Subject)
		want  map[string]any
	}{
		"open": {func(l *Log, s Subject) {
			l.Opened(s, "203.0.113.9:993", &Peer{Trust: "roots", Name: "server.example"}, 1500*time.Microsecond)
		},
			map[string]any{"event": "open", "remote": "203.0.113.9:993", "ms": 1.0, "tls": true, "trust": "roots", "verifiedName": "server.example", "userEntered": true}},
		"open, pinned": {func(l *Log, s Subject) { l.Opened(s, "203.0.113.9:993", &Peer{Trust: "hash"}, 0) },
			map[string]any{"event": "open", "trust": "hash", "verifiedName": nil}},
		"secure": {func(l *Log, s Subject) { l.Secured(s, &Peer{Trust: "roots", Name: "server.example"}, time.Second) },
			map[string]any{"event": "secure", "trust": "roots", "verifiedName": "server.example", "ms": 1000.0}},
		"listen": {func(l *Log, s Subject) {
			s.Local = true
			l.Listening(s, "203.0.113.9:40000", "network", time.Second)
		},
			map[string]any{"event": "listen", "at": "203.0.113.9:40000", "reach": "network", "local": true, "ms": 1000.0}},
		"accept": {func(l *Log, s Subject) { l.Accepted(s, 3, "203.0.113.9:40000") },
			map[string]any{"event": "accept", "listener": 3.0, "remote": "203.0.113.9:40000", "local": nil}},
		"close of a listener": {func(l *Log, s Subject) { l.Closed(s, Traffic{Accepted: 4, TurnedAway: 5}, "", time.Second) },
			map[string]any{"event": "close", "accepted": 4.0, "turnedAway": 5.0, "dropped": nil}},
		"refuse": {func(l *Log, s Subject) { l.Refused(s, "host", "origin", "") },
			map[string]any{"event": "refuse", "by": "host", "reason": "origin"}},
		"fail": {func(l *Log, s Subject) { l.Failed(s, "dns", time.Second) },
			map[string]any{"event": "fail", "reason": "dns", "ms": 1000.0}},
		"close": {func(l *Log, s Subject) { l.Closed(s, Traffic{In: 1, Out: 2, Dropped: 3}, "reset", time.Minute) },
			map[string]any{"event": "close", "bytesIn": 1.0, "bytesOut": 2.0, "dropped": 3.0, "reason": "reset", "ms": 60000.0}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := New(&out, "session-1")
			c.write(log, subject)
			line := parse(t, out.String())
			c.want["origin"], c.want["host"], c.want["port"] = subject.Origin, subject.Host, 993.0
			c.want["session"], c.want["socketId"], c.want["private"], c.want["document"] = "session-1", 7.0, false, "doc-1"
			for member, want := range c.want {
				if line[member] != want {
					t.Errorf("%s is %v, want %v", member, line[member], want)
				}
			}
			if at, err := time.Parse(time.RFC3339, line["time"].(string)); err != nil || time.Since(at) > time.Minute {
				t.Errorf("time %v", line["time"])
			}

			out.Reset()
			private := subject
			private.Private = true
			c.write(log, private)
			line = parse(t, out.String())
			for _, secret := range []string{"page.example", "doc-1", "server.example", "203.0.113.9", "993"} {
				if strings.Contains(out.String(), secret) {
					t.Errorf("a private window leaves %s in %s", secret, out.String())
				}
			}
			if line["private"] != true || line["event"] != c.want["event"] {
				t.Errorf("%v", line)
			}
		})
	}
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Fatalf("not one line: %q", text)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatal(err)
	}
	return line
}
