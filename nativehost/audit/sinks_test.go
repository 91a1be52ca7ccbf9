//go:build unix

package audit

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// daemon takes lines, as long as it works.
type daemon struct {
	mu    sync.Mutex
	away  bool
	lines []string
}

func (d *daemon) open() (io.WriteCloser, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return nil, errors.New("nobody is there")
	}
	return d, nil
}

func (d *daemon) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return 0, errors.New("nobody is there")
	}
	d.lines = append(d.lines, string(line))
	return len(line), nil
}

func (d *daemon) Close() error { return nil }

func (d *daemon) set(away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = away
}

func (d *daemon) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.lines)
}

func TestSinks(t *testing.T) {
	var journal, syslog daemon
	w := begin(t, func(*world) Settings { return Settings{} })
	w.log.place.at.Journal, w.log.place.at.Syslog = journal.open, syslog.open
	w.log.Use(Settings{Sink: Journal})
	w.line(1)
	w.log.Use(Settings{Sink: Syslog, File: w.named})
	w.line(2)
	if journal.count() != 1 || syslog.count() != 1 {
		t.Errorf("journal %v, syslog %v", journal.lines, syslog.lines)
	}
	// What a daemon does not take the file takes.
	syslog.set(true)
	w.line(3)
	w.want("[3]", "[]")
	if err := w.log.Failing(); err == nil {
		t.Error("nobody is told that the sink takes no lines")
	}
	if !strings.Contains(w.diagnostics.String(), "syslog takes no lines; they go to the policy's audit file") {
		t.Errorf("%s", &w.diagnostics)
	}
	w.log.Use(Settings{File: w.named})
	if err := w.log.Failing(); err != nil {
		t.Errorf("after another sink was chosen: %v", err)
	}
	w.line(4)
	w.want("[3 4]", "[]")
}

func TestRequired(t *testing.T) {
	var journal daemon
	journal.set(true)
	w := begin(t, func(*world) Settings { return Settings{} })
	w.log.place.at.Journal = journal.open
	w.log.place.keeper.RetryAfter = time.Millisecond
	w.log.Use(Settings{Sink: Journal})
	if w.log.Missing() != nil {
		t.Error("it is missing though nobody requires it")
	}
	w.log.Use(Settings{Sink: Journal, Required: true})
	if w.log.Missing() == nil {
		t.Fatal("it is required, takes no lines, and is not missing")
	}
	// Opens that ask for it find it again, without a line in the file.
	journal.set(false)
	for began := time.Now(); w.log.Missing() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("it is not found again")
		}
	}
	w.want("[]", "[]")
	journal.set(true)
	w.line(1)
	if w.log.Missing() == nil {
		t.Error("it was lost, and is not missing")
	}
	w.want("[]", "[1]")
}

func TestExpand(t *testing.T) {
	for path, want := range map[string]string{
		"/var/log/p/%u.log": "/var/log/p/ann.log", "/x/%h/%u-100%%": "/x/pc-1.lan/ann-100%", "/x/%%u": "/x/%u",
		"/x/%": "", "/x/%H": "",
	} {
		if got, err := Expand(path, "ann", "pc-1.lan"); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	for _, name := range []string{"..", ".", "", "../../etc", "a/b", "DOM\\ann", "ü\n", strings.Repeat("x", 300)} {
		got, err := Expand("/var/log/p/%u/log", name, "")
		if err != nil || filepath.Dir(filepath.Dir(filepath.Clean(got))) != "/var/log/p" || len(got) > 100 || strings.ContainsAny(got, "\\\n") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

func TestFileOfTheUser(t *testing.T) {
	folder := t.TempDir()
	w := begin(t, func(*world) Settings { return Settings{} })
	w.log.place.at.User, w.log.place.at.Host = "ann", "pc"
	w.log.Use(Settings{File: filepath.Join(folder, "%h-%u.log")})
	w.line(1)
	if _, err := os.Stat(filepath.Join(folder, "pc-ann.log")); err != nil {
		t.Error(err)
	}
}
