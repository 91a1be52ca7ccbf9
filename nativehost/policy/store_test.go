//go:build unix

package policy

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// busy is how much later than it should something may be noticed on a computer that has
// much else to do.
const busy = 3 * time.Second

// replace puts a new file in the place of path at once, as package managers do.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// soon waits until Current says so, which it does within two looks, and later only on a
// computer with much else to do.
func soon(t *testing.T, s *Store, what string, right func(*Policy) bool) {
	t.Helper()
	for deadline := time.Now().Add(2*lookEvery + busy); ; time.Sleep(5 * time.Millisecond) {
		if right(s.Current()) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v; %+v", what, 2*lookEvery+busy, s.Current().Sources)
		}
	}
}

func allows(p *Policy) bool  { return p.Judge(to("h.example", 1)).Allowed }
func refuses(p *Policy) bool { return !allows(p) }

func TestReload(t *testing.T) {
	folder := place(t)
	file, dropIn := filepath.Join(folder, "policy.json"), filepath.Join(folder, "policy.d", "10.json")
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
	for _, step := range []struct {
		what  string
		do    func()
		right func(*Policy) bool
	}{
		{"no files", func() {}, allows},
		{"a file appears", func() { write(t, file, blocksAll) }, refuses},
		{"it is edited", func() { write(t, file, blocksNone) }, allows},
		// Two changes within a tick of the clock, of the same length.
		{"edited again", func() { write(t, file, blocksAll+" ") }, refuses},
		{"and back", func() { write(t, file, blocksNone) }, allows},
		{"replaced", func() { replace(t, file, blocksAll) }, refuses},
		{"gone", func() {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}, allows},
		{"policy.d appears", func() { dir(t, filepath.Dir(dropIn), 0o755); write(t, dropIn, blocksAll) }, refuses},
		{"mended", func() { write(t, dropIn, blocksNone) }, allows},
		{"broken", func() { write(t, dropIn, `{"blockedDestinations":[}`) }, refuses},
		{"mended again", func() { replace(t, dropIn, blocksNone) }, allows},
		{"others may write it", func() {
			if err := os.Chmod(dropIn, 0o666); err != nil {
				t.Fatal(err)
			}
		}, refuses},
		{"no more", func() {
			if err := os.Chmod(dropIn, 0o644); err != nil {
				t.Fatal(err)
			}
		}, allows},
		{"others may write the folder", func() { dir(t, folder, 0o777) }, refuses},
		{"nor that", func() { dir(t, folder, 0o755) }, allows},
		{"a link to a blocking one", func() {
			write(t, filepath.Join(folder, "a"), blocksAll)
			write(t, filepath.Join(folder, "b"), blocksNone)
			if err := os.Symlink("a", file); err != nil {
				t.Fatal(err)
			}
		}, refuses},
		{"the link leads elsewhere", func() {
			if err := os.Symlink("b", file+".new"); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(file+".new", file); err != nil {
				t.Fatal(err)
			}
		}, allows},
		{"its target changes", func() { write(t, filepath.Join(folder, "b"), blocksAll) }, refuses},
		{"everything gone", func() {
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}, allows},
	} {
		step.do()
		soon(t, s, step.what, step.right)
	}
}

// A file may change twice between two ticks of the file system's clock, and look the
// same from outside.
func TestSameTimeAndSizeAreNotTrustedAtOnce(t *testing.T) {
	folder := place(t)
	file := filepath.Join(folder, "policy.json")
	write(t, file, `{"enabled":true }`)
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
	if !s.again {
		t.Fatal("a file of this moment is trusted to show its next change")
	}
	write(t, file, `{"enabled":false}`)
	// As if nothing of the file but its text had changed.
	s.mu.Lock()
	s.print = find(folder, Options{Owner: os.Geteuid()}).print
	s.mu.Unlock()
	soon(t, s, "changed", refuses)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	before := s.Current()
	soon(t, s, "no new policy for an old text", func(p *Policy) bool { return p == before })
}

func TestManaged(t *testing.T) {
	folder := place(t)
	write(t, filepath.Join(folder, "policy.json"), `{"prompt":"ask","audit":{"detail":"counts"}}`)
	var log bytes.Buffer
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.New(&log)})
	for _, c := range []struct {
		settings string
		valid    bool
		want     Verdict
	}{
		{"", true, Verdict{Allowed: true, Prompt: Ask, By: filepath.Join(folder, "policy.json") + ": prompt"}},
		{"{}", true, Verdict{Allowed: true, Prompt: Ask, By: filepath.Join(folder, "policy.json") + ": prompt"}},
		{`{"prompt":"always"}`, true, Verdict{Allowed: true, Prompt: Always, By: "managed storage: prompt"}},
		{`{"blockedDestinations":[{"ports":["1"]}]}`, true, Verdict{Prompt: Forbid, By: "managed storage: blockedDestinations[0]"}},
		{`{"blockedDestinations":[{"prots":["1"]}]}`, false,
			Verdict{Prompt: Forbid, By: "managed storage: line 1, column 26: blockedDestinations[0]: there is no such setting"}},
		{`{"audit":{"detail":"full","file":"/tmp/x"},"dnsServers":["192.0.2.1"]}`, true,
			Verdict{Allowed: true, Prompt: Ask, By: filepath.Join(folder, "policy.json") + ": prompt"}},
	} {
		if valid := s.SetManaged([]byte(c.settings)); valid != c.valid {
			t.Errorf("%s: valid is %v", c.settings, valid)
		}
		if got := s.Current().Judge(to("h.example", 1)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.settings, got, c.want)
		}
		if got := s.Current().Settings.Audit; got.Value.Detail != "counts" {
			t.Errorf("%s: the audit is %+v", c.settings, got)
		}
	}
	if !strings.Contains(log.String(), "managed storage: audit is ignored") || len(s.Current().Notes) != 2 {
		t.Errorf("%s, %v", &log, s.Current().Notes)
	}
	alone := Open("", Options{Validator: validator(t), Log: zerolog.Nop()})
	alone.SetManaged([]byte(`{"audit":{"detail":"counts"},"dnsServers":["192.0.2.1"]}`))
	if got := alone.Current().Settings.Audit; got.By != "" || got.Value.Detail != "" {
		t.Errorf("managed storage sets the audit log: %+v", got)
	}
	if got := alone.Current().Settings.DNSServers; got.By != "managed storage: dnsServers" {
		t.Errorf("%+v", got)
	}
	// Beside a file they may choose no name servers.
	if got := s.Current().Settings.DNSServers; got.By != "" {
		t.Errorf("%+v", got)
	}
}

func TestWatch(t *testing.T) {
	folder := place(t)
	file := filepath.Join(folder, "policy.json")
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(t.Context())
	heard := make(chan *Policy, 16)
	var owner sync.WaitGroup
	watch := s.Watch(func(p *Policy) { heard <- p })
	owner.Go(func() { watch(ctx) })
	hear := func(what string, limit time.Duration, right func(*Policy) bool) {
		t.Helper()
		select {
		case p := <-heard:
			if !right(p) {
				t.Fatalf("%s: %+v", what, p.Sources)
			}
		case <-time.After(limit):
			t.Fatalf("%s: not heard within %v", what, limit)
		}
	}
	s.SetManaged([]byte(`{"enabled":false}`))
	hear("managed", watchEvery*9/10, refuses)
	s.SetManaged(nil)
	hear("not managed", watchEvery*9/10, allows)
	replace(t, file, blocksAll)
	hear("a file", watchEvery+2*lookEvery+busy, refuses)
	replace(t, file, blocksAll) // nothing new
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	hear("no file", 2*watchEvery+busy, allows)
	cancel()
	owner.Wait()
	if len(s.watchers) != 0 || len(heard) != 0 {
		t.Errorf("%d watchers, %d left over", len(s.watchers), len(heard))
	}
}

// However a good file is replaced by another good one, and whenever somebody looks,
// it never counts as broken: a rename, as administrators' tools do it; removed and
// written anew, as install(1) does it; and written over, in two parts.
func TestGoodFilesThatChangeAreNeverBroken(t *testing.T) {
	texts := []string{blocksNone, `{"blockedDestinations":[{"host":"elsewhere.example"}]}`}
	rename := func(path, text string) error {
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
	part := func(path, text string, flags int, mode os.FileMode) error {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flags, mode)
		if err != nil {
			return err
		}
		defer file.Close()
		for _, half := range []string{text[:len(text)/2], text[len(text)/2:]} {
			if _, err := file.WriteString(half); err != nil {
				return err
			}
		}
		return file.Chmod(0o600)
	}
	for _, c := range []struct {
		what  string
		write func(path, text string) error
		rest  time.Duration // the writer's, so that the file is a good one most of the time
	}{
		{"renamed over", rename, 0},
		{"removed and written", func(path, text string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return part(path, text, os.O_EXCL, 0)
		}, 15 * time.Millisecond},
		{"written over", func(path, text string) error { return part(path, text, os.O_TRUNC, 0o600) }, 15 * time.Millisecond},
	} {
		t.Run(c.what, func(t *testing.T) {
			folder := place(t)
			path := filepath.Join(folder, "policy.json")
			write(t, path, texts[0])
			s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
			var writer sync.WaitGroup
			var stop atomic.Bool
			writes := 0
			writer.Go(func() {
				for ; !stop.Load(); writes++ {
					if err := c.write(path, texts[writes%2]); err != nil {
						t.Error(err)
						return
					}
					time.Sleep(c.rest)
				}
			})
			looks, changes := 0, 0
			last := s.policy.Load()
			for end := time.Now().Add(10 * time.Second); changes < 15 && time.Now().Before(end); looks++ {
				s.looked.Store(0)
				now := s.Current()
				if now.broken != "" || len(now.Sources) != 1 {
					t.Errorf("after %d looks: %d files, %s", looks, len(now.Sources), now.broken)
					break
				}
				if now != last {
					last = now
					changes++
				}
			}
			stop.Store(true)
			writer.Wait()
			if changes < 15 {
				t.Errorf("%d changes seen, of %d: this tells nothing", changes, writes)
			}
			t.Logf("%d looks saw %d changes, of %d", looks, changes, writes)
		})
	}
}

// Where somebody removes a file to write it anew, the time in between is not without
// rules.
func TestFileThatComesBackIsNotGone(t *testing.T) {
	folder := place(t)
	path := filepath.Join(folder, "policy.json")
	write(t, path, blocksAll)
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
	remove := func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		s.looked.Store(0)
	}
	remove()
	var writer sync.WaitGroup
	writer.Go(func() {
		time.Sleep(2 * settle)
		write(t, path, blocksAll)
	})
	if allows(s.Current()) {
		t.Error("allowed while the file was away")
	}
	writer.Wait()
	remove()
	if refuses(s.Current()) {
		t.Error("refused though the file is gone")
	}
}

// A file that is broken for good is told as that without much delay, also the first
// time that anybody looks.
func TestBrokenFilesAreToldSoon(t *testing.T) {
	folder := place(t)
	write(t, filepath.Join(folder, "policy.json"), `{"enabled":`)
	began := time.Now()
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
	if took := time.Since(began); s.policy.Load().broken == "" || took > time.Second {
		t.Errorf("%q after %v", s.policy.Load().broken, took)
	}
	// What is known to be broken is not tried again and again.
	took := time.Hour
	for range 5 { // one may be slow on a busy computer
		s.looked.Store(0)
		began = time.Now()
		s.Current()
		took = min(took, time.Since(began))
	}
	if took >= patience*settle {
		t.Errorf("the looks after it took at least %v", took)
	}
}

// Run with -race.
func TestManyGoroutinesShareAStore(t *testing.T) {
	folder := place(t)
	file := filepath.Join(folder, "policy.json")
	write(t, file, blocksAll)
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 300 {
				if allows(s.Current()) {
					t.Error("allowed")
					return
				}
				if i == 0 && n%50 == 0 {
					s.SetManaged(fmt.Appendf(nil, `{"limits":{"openOverall":%d}}`, n+1))
				}
				if i == 1 && n%50 == 0 {
					replace(t, file, blocksAll+strings.Repeat(" ", n))
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	all.Wait()
}

func BenchmarkLookAtThreeFiles(b *testing.B) {
	folder := b.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "policy.d"), 0o755); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"policy.json", "policy.d/1.json", "policy.d/2.json"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(blocksNone), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if len(find(folder, Options{Owner: os.Geteuid()}).files) != 3 {
			b.Fatal("files are missing")
		}
	}
}

// What changes between Watch and the moment when somebody listens is heard as well.
func TestWatchBeginsAtOnce(t *testing.T) {
	s := Open("", Options{Validator: validator(t), Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var heard *Policy
	watch := s.Watch(func(p *Policy) { heard = p; cancel() })
	if !s.SetManaged([]byte(`{"enabled": false}`)) {
		t.Fatal("not valid")
	}
	watch(ctx)
	if heard != s.Current() {
		t.Error("the change was not heard")
	}
}
