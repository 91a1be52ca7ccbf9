package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/protocol"
)

// watched is a Log in memory, with a clock.
type watched struct {
	out bytes.Buffer
	now time.Time
	log *Log
}

func watch() *watched {
	w := &watched{now: time.Unix(1_800_000_000, 0)}
	w.log = New(&w.out, "s")
	w.log.flood.now = func() time.Time { return w.now }
	return w
}

// entry is what the tests read of a line.
type entry struct {
	Event, Origin, Of, By, Reason, Host string
	Private                             bool
	Lines                               int64
	Since                               time.Time
}

// entries reads all lines of a kind; of every kind when event is empty.
func (w *watched) entries(t *testing.T, event string) []entry {
	t.Helper()
	var list []entry
	for line := range strings.Lines(w.out.String()) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if event == "" || e.Event == event {
			list = append(list, e)
		}
	}
	return list
}

func of(origin string) Subject {
	return Subject{Protocol: "tcp", Origin: origin, Host: "server.example", Port: 993}
}

func TestRefusalsAndFailuresAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		origin func(i int) string
		want   int
	}{
		"one origin":                {func(int) string { return "https://page.example" }, protocol.AuditLinesPerOrigin},
		"origins of one site":       {func(i int) string { return fmt.Sprintf("https://h%d.page.example:%d", i, 1+i%9) }, protocol.AuditLinesPerSite},
		"with a final dot, too":     {func(i int) string { return fmt.Sprintf("https://h%d.page.example%s", i, strings.Repeat(".", i%2)) }, protocol.AuditLinesPerSite},
		"users of one shared host":  {func(i int) string { return fmt.Sprintf("https://user%d.github.io", i%4) }, 4 * protocol.AuditLinesPerOrigin},
		"an address, without names": {func(i int) string { return fmt.Sprintf("http://127.0.0.1:%d", 1+i) }, protocol.AuditLinesPerSite},
		"sites without end":         {func(i int) string { return fmt.Sprintf("https://page%d.example", i) }, protocol.AuditLinesOverall},
		"what is no origin":         {func(int) string { return "null" }, protocol.AuditLinesPerOrigin},
	} {
		for event, write := range map[string]func(*Log, Subject) bool{
			"refuse": func(l *Log, s Subject) bool { return l.Refused(s, "extension", "activation", "") },
			"fail":   func(l *Log, s Subject) bool { return l.Failed(s, "dns", time.Second) },
		} {
			t.Run(name+", "+event, func(t *testing.T) {
				const tries = 2000
				w := watch()
				told := 0
				for i := range tries {
					if write(w.log, of(c.origin(i))) {
						told++
					}
				}
				if n := len(w.entries(t, "")); n != c.want || told != c.want {
					t.Errorf("%d lines, %d were told, want %d", n, told, c.want)
				}
				// The next period has lines again, after the counts of this one.
				w.now = w.now.Add(period)
				write(w.log, of(c.origin(0)))
				var sum int64
				for _, e := range w.entries(t, "omitted") {
					sum += e.Lines
					if e.Of != event || e.Reason == "" || !e.Since.Equal(w.now.Add(-period)) {
						t.Errorf("%+v", e)
					}
				}
				if lines := w.entries(t, event); sum != int64(tries-c.want) || len(lines) != c.want+1 {
					t.Errorf("%d were counted, %d lines", sum, len(lines))
				}
				if n := len(w.entries(t, "omitted")); n > mostCounts+1 {
					t.Errorf("%d lines of counts", n)
				}
			})
		}
	}
}

// However much one site asks for, the sockets of others are written down, and so are
// its own; what is left out of others is counted under their names.
func TestFloodTakesNothingFromOthers(t *testing.T) {
	w := watch()
	for i := range 5000 {
		w.log.Refused(of(fmt.Sprintf("https://h%d.evil.example", i)), "extension", "activation", "")
	}
	if !w.log.Refused(of("https://bank.example"), "host", "policy", "") {
		t.Error("another site's refusal is left out")
	}
	for range 2 * protocol.AuditLinesOverall {
		w.log.Opened(of("https://h1.evil.example"), "203.0.113.9:993", nil, time.Second)
		w.log.Closed(of("https://bank.example"), Traffic{}, "", time.Second)
	}
	if o, c := len(w.entries(t, "open")), len(w.entries(t, "close")); o != 2*protocol.AuditLinesOverall || c != o {
		t.Errorf("%d opens and %d ends are written", o, c)
	}
	for range 100 {
		w.log.Refused(of("https://bank.example"), "host", "policy", "")
	}
	_ = w.log.Close()
	var evil, bank, others int64
	named := 0
	for _, e := range w.entries(t, "omitted") {
		switch {
		case e.Origin == "":
			others += e.Lines
		case strings.HasSuffix(e.Origin, "evil.example"):
			evil += e.Lines
			named++
		case e.Origin == "https://bank.example":
			bank += e.Lines
		}
	}
	if named != mostOfSite || evil+others != 5000-protocol.AuditLinesPerSite || bank != 101-protocol.AuditLinesPerOrigin {
		t.Errorf("counted: %d under %d origins, %d without, %d of the bank", evil, named, others, bank)
	}
}

func TestCountsAreWrittenWhenThePeriodIsOver(t *testing.T) {
	w := watch()
	done := make(chan struct{})
	over := w.log.flood.over
	w.log.flood.over = func() { over(); close(done) }
	for range protocol.AuditLinesPerOrigin + 7 {
		w.log.Refused(of("https://page.example"), "extension", "user", "")
	}
	w.log.MoreRefused(of("https://page.example"), "extension", "user", 1000)
	w.log.MoreRefused(Subject{Protocol: "tcp"}, "extension", "activation", 1)
	w.log.flood.mu.Lock()
	if w.log.flood.timer == nil {
		t.Fatal("nobody waits for the end of the period")
	}
	w.log.flood.timer.Reset(0)
	w.log.flood.mu.Unlock()
	<-done
	got := w.entries(t, "omitted")
	if len(got) != 2 || got[0].Lines != 1007 || got[0].Origin != "https://page.example" || got[0].By != "extension" ||
		got[1].Lines != 1 || got[1].Origin != "" {
		t.Errorf("%+v", got)
	}
	if err := w.log.Close(); err != nil || len(w.entries(t, "omitted")) != 2 {
		t.Errorf("told twice: %v", w.entries(t, "omitted"))
	}
}

// A clock that is set back does not keep the bounds for ever.
func TestClockGoesBack(t *testing.T) {
	w := watch()
	for range 100 {
		w.log.Refused(of("https://page.example"), "host", "policy", "")
	}
	w.now = w.now.Add(-time.Hour)
	if !w.log.Refused(of("https://page.example"), "host", "policy", "") {
		t.Error("left out")
	}
}

func TestCountsOfPrivateWindows(t *testing.T) {
	w := watch()
	for i := range 500 {
		s := of(fmt.Sprintf("https://secret%d.example", i))
		s.Private = true
		w.log.Refused(s, "extension", "user", "")
		w.log.MoreRefused(s, "extension", "user", 5)
	}
	// They have bounds of their own.
	if !w.log.Refused(of("https://page.example"), "extension", "user", "") {
		t.Error("a private window takes lines from the others")
	}
	_ = w.log.Close()
	if strings.Contains(w.out.String(), "secret") || strings.Contains(w.out.String(), "993,") && strings.Contains(w.out.String(), `"private":true,"host"`) {
		t.Error("a private window leaves its origin")
	}
	got := w.entries(t, "omitted")
	if len(got) != 1 || !got[0].Private || got[0].Lines != 500*6-protocol.AuditLinesOverall {
		t.Errorf("%+v", got)
	}
}

func TestCountsHaveNoMoreDetailThanLines(t *testing.T) {
	w := watch()
	w.log.setDetail(Counts, Counted)
	for range 100 {
		w.log.Refused(of("https://page.example"), "host", "policy", "")
	}
	_ = w.log.Close()
	if strings.Contains(w.out.String(), "page.example") || len(w.entries(t, "omitted")) != 1 {
		t.Errorf("%s", &w.out)
	}
}

// An hour of refusals as fast as can be, of all the sites that there are.
func TestFloodInBytes(t *testing.T) {
	w := watch()
	for range 60 {
		for i := range 500 {
			s := of(fmt.Sprintf("https://%s.page%d.example", strings.Repeat("long-", 8), i))
			s.Document, s.Host = strings.Repeat("d", 32), strings.Repeat("h", 60)+".example"
			w.log.Refused(s, "extension", "permissions-policy", "")
		}
		w.now = w.now.Add(time.Minute)
	}
	_ = w.log.Close()
	perMinute := w.out.Len() / 60
	t.Logf("%d bytes a minute, of 500 refusals", perMinute)
	if perMinute > 20_000 {
		t.Errorf("%d bytes a minute", perMinute)
	}
}

// Those who connect to a page take no line away from what the page does, nor from those
// who connect to a private window.
func TestAcceptedHaveLinesOfTheirOwn(t *testing.T) {
	w := watch()
	private := of("https://page.example")
	private.Private = true
	for range protocol.AuditLinesPerOrigin + 7 {
		w.log.Accepted(of("https://page.example"), 1, "192.0.2.1:40000")
	}
	if !w.log.Refused(of("https://page.example"), "host", "policy", "") || !w.log.Accepted(private, 1, "192.0.2.1:40000") {
		t.Error("a line is missing")
	}
	if n := len(w.entries(t, "accept")); n != protocol.AuditLinesPerOrigin+1 {
		t.Errorf("%d lines", n)
	}
	w.log.Close()
	if list := w.entries(t, "omitted"); len(list) != 1 || list[0].Of != "accept" || list[0].Lines != 7 || list[0].Reason != "" {
		t.Errorf("omitted: %+v", list)
	}
}
