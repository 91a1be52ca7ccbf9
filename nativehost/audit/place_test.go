//go:build unix

package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// world is a Log in folders of its own.
type world struct {
	t            *testing.T
	state, named string
	diagnostics  bytes.Buffer
	log          *Log
}

func begin(t *testing.T, s func(*world) Settings) *world {
	t.Helper()
	w := &world{t: t, state: filepath.Join(t.TempDir(), "state"), named: filepath.Join(t.TempDir(), "named.log")}
	w.log = Open(Surroundings{
		Getenv: func(name string) string {
			return map[string]string{"PORTSIDE_STATE_DIR": w.state}[name]
		},
		LastResort: os.Stderr, Diagnostics: zerolog.New(&w.diagnostics),
	}, "s", s(w))
	t.Cleanup(func() { _ = w.log.Close() })
	return w
}

func (w *world) line(id int64) {
	w.log.Closed(Subject{SocketID: id, Protocol: "tcp", Origin: "https://page.example", Host: "server.example", Port: 993}, Traffic{}, "", 0)
}

// ids reads which lines a file has.
func ids(t *testing.T, path string) []int64 {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var list []int64
	for line := range strings.Lines(string(text)) {
		var parsed struct{ SocketID int64 }
		if err := json.Unmarshal([]byte(line), &parsed); err != nil {
			t.Fatalf("torn: %q", line)
		}
		list = append(list, parsed.SocketID)
	}
	return list
}

func (w *world) want(named, own string) {
	w.t.Helper()
	if got := fmt.Sprint(ids(w.t, w.named)); got != named {
		w.t.Errorf("the named file has %s, want %s", got, named)
	}
	if got := fmt.Sprint(ids(w.t, filepath.Join(w.state, "audit.log"))); got != own {
		w.t.Errorf("the own file has %s, want %s", got, own)
	}
}

func TestPlaceChangesWhileOpen(t *testing.T) {
	w := begin(t, func(*world) Settings { return Settings{} })
	w.line(1)
	w.log.Use(Settings{File: w.named})
	w.line(2)
	w.log.Use(Settings{File: w.named, Detail: Counts})
	w.line(3)
	w.log.Use(Settings{})
	w.line(4)
	w.want("[2 3]", "[1 4]")
	info, err := os.Stat(w.named)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if w.diagnostics.Len() > 0 {
		t.Errorf("%s", &w.diagnostics)
	}
}

func TestFileThatCannotBeOpened(t *testing.T) {
	w := begin(t, func(w *world) Settings { return Settings{File: filepath.Join(w.named, "none", "x.log")} })
	w.line(1)
	w.want("[]", "[1]")
	if !strings.Contains(w.diagnostics.String(), "audit file cannot be used") {
		t.Errorf("%s", &w.diagnostics)
	}
	// It is looked for again when the policy changes, and what was there stays.
	w.log.Use(Settings{File: w.named})
	w.line(2)
	w.want("[2]", "[1]")
}

// The administrator's folder comes after the start, as from a network.
func TestFolderThatComesLater(t *testing.T) {
	w := begin(t, func(w *world) Settings {
		w.named = filepath.Join(filepath.Dir(w.named), "later", "x.log")
		return Settings{File: w.named}
	})
	w.line(1)
	w.want("[]", "[1]")
	if err := os.Mkdir(filepath.Dir(w.named), 0o700); err != nil {
		t.Fatal(err)
	}
	w.log.place.keeper.RetryAfter = time.Nanosecond
	var first, last int64
	for last = 2; first == 0; last++ {
		if last > 20_000 {
			t.Fatal("it is not used")
		}
		w.line(last)
		time.Sleep(time.Millisecond)
		if got := ids(t, w.named); len(got) > 0 {
			first = got[0]
		}
	}
	w.line(last)
	if named, own := ids(t, w.named), ids(t, filepath.Join(w.state, "audit.log")); len(named)+len(own) != int(last) || named[len(named)-1] != last {
		t.Errorf("of %d lines the named file has %v, the own %v", last, named, own)
	}
	if said := w.diagnostics.String(); strings.Count(said, "cannot be used") != 1 || strings.Count(said, "takes lines again") != 1 {
		t.Errorf("%s", said)
	}
}

func TestLostLine(t *testing.T) {
	line := parse(t, string(lostLine("s")(7, time.Now())))
	if line["event"] != "lost" || line["lines"] != 7.0 || line["session"] != "s" || line["since"] == nil || line["time"] == nil {
		t.Errorf("%v", line)
	}
}

// The folder goes away while the log is in use.
func TestFileThatFailsLater(t *testing.T) {
	w := begin(t, func(w *world) Settings { return Settings{File: w.named} })
	w.line(1)
	w.want("[1]", "[]")
	w.log.place.keeper.RetryAfter = time.Hour
	if err := os.RemoveAll(filepath.Dir(w.named)); err != nil {
		t.Fatal(err)
	}
	w.line(2)
	w.line(3)
	w.want("[]", "[2 3]")
	if n := strings.Count(w.diagnostics.String(), "takes no lines"); n != 1 {
		t.Errorf("told %d times: %s", n, &w.diagnostics)
	}
	if err := os.Mkdir(filepath.Dir(w.named), 0o700); err != nil {
		t.Fatal(err)
	}
	w.line(4)
	w.want("[]", "[2 3 4]") // not so soon
	w.log.place.keeper.RetryAfter = time.Nanosecond
	w.line(5)
	w.want("[5]", "[2 3 4]")
}

func TestSizeAndNumber(t *testing.T) {
	none, three := 0, 3
	for _, s := range []Settings{{MaxBytes: 65536}, {MaxBytes: 65536, Keep: &none}, {MaxBytes: 65536, Keep: &three}} {
		w := begin(t, func(w *world) Settings { s.File = w.named; return s })
		for i := range int64(4000) {
			w.line(i)
		}
		names, err := filepath.Glob(w.named + "*")
		if err != nil || len(names) != s.options().Keep+1 {
			t.Errorf("%+v: %v, %v", s, names, err)
		}
	}
	if o := (Settings{}).options(); o.MaxBytes != 8<<20 || o.Keep != 1 {
		t.Errorf("%+v", o)
	}
}

// Lines of several goroutines while the place goes to and fro: none is lost.
func TestSwitchingLosesNothing(t *testing.T) {
	w := begin(t, func(*world) Settings { return Settings{} })
	const writers, count = 4, 500
	var all sync.WaitGroup
	for n := range int64(writers) {
		all.Go(func() {
			for i := range int64(count) {
				w.line(n*count + i + 1)
			}
		})
	}
	for i := range 50 {
		w.log.Use([]Settings{{File: w.named}, {}}[i%2])
		time.Sleep(time.Millisecond)
	}
	all.Wait()
	seen := map[int64]bool{}
	for _, id := range append(ids(t, w.named), ids(t, filepath.Join(w.state, "audit.log"))...) {
		seen[id] = true
	}
	if len(seen) != writers*count {
		t.Errorf("%d lines of %d", len(seen), writers*count)
	}
}

func TestDetail(t *testing.T) {
	var out bytes.Buffer
	log := New(&out, "s")
	subject := Subject{SocketID: 7, Protocol: "tcp", Origin: "https://page.example", Document: "doc-1", Host: "server.example", Port: 993, Secure: true}
	for detail, secrets := range map[Detail]struct{ in, out []string }{
		Full:    {[]string{"page.example", "doc-1", "server.example", "993", "203.0.113.9"}, nil},
		Origins: {[]string{"page.example", "doc-1"}, []string{"server.example", "993", "203.0.113.9"}},
		Counts:  {nil, []string{"page.example", "doc-1", "server.example", "993", "203.0.113.9"}},
	} {
		log.setDetail(detail, Counted)
		for name, write := range map[string]func(Subject){
			"open": func(s Subject) {
				log.Opened(s, "203.0.113.9:993", &Peer{Trust: "roots", Name: "server.example"}, time.Second)
			},
			"secure": func(s Subject) { log.Secured(s, &Peer{Trust: "roots", Name: "server.example"}, time.Second) },
			"listen": func(s Subject) { log.Listening(s, "203.0.113.9:993", "network", time.Second) },
			"accept": func(s Subject) { log.Accepted(s, 5, "203.0.113.9:993") },
			"refuse": func(s Subject) { log.Refused(s, "host", "policy", "") },
			"fail":   func(s Subject) { log.Failed(s, "dns", time.Second) },
			"close":  func(s Subject) { log.Closed(s, Traffic{In: 1}, "", time.Second) },
		} {
			out.Reset()
			write(subject)
			for _, secret := range secrets.in {
				if secret != "203.0.113.9" && !strings.Contains(out.String(), secret) {
					t.Errorf("%s, %s: no %s in %s", detail, name, secret, &out)
				}
			}
			for _, secret := range secrets.out {
				if strings.Contains(out.String(), secret) {
					t.Errorf("%s, %s: %s in %s", detail, name, secret, &out)
				}
			}
			if !strings.Contains(out.String(), `"event":"`+name+`"`) || !strings.Contains(out.String(), `"socketId":7`) {
				t.Errorf("%s, %s: %s", detail, name, &out)
			}
			private := subject
			private.Private = true
			out.Reset()
			write(private)
			if strings.Contains(out.String(), "page.example") || strings.Contains(out.String(), "203.0.113.9") {
				t.Errorf("%s, %s: a private window leaves %s", detail, name, &out)
			}
		}
	}
}
